package bot

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
)

// commandRun is a command that is done with.
type commandRun struct {
	ref                   string
	start, answered, done time.Time
	err                   error // of the command
	undelivered           error // of its answer
	outside               bool  // for an outsider: what does not arrive soon is not sent any more
}

// outcome names what it came to, for the log, the meter and operators: one of
// [Outcomes]. Who may not be told any more, or gave another order, has not waited
// for an answer.
func (d commandRun) outcome() string {
	switch {
	case errors.Is(d.undelivered, errUnwelcome), errors.Is(d.undelivered, errOvertaken), d.outside && later(d.undelivered):
		return "cancelled"
	case d.undelivered != nil:
		return "undelivered"
	case d.err != nil:
		return outcomeOf(d.err)
	default:
		return "ok"
	}
}

// trouble reports whether an operator may want to look into it. That a login is
// over when its time has come is no trouble, nor that a person blocked the bot.
func (d commandRun) trouble() bool {
	if d.undelivered != nil {
		return d.outcome() == "undelivered" && !causedBy(d.undelivered, DeliveryGone)
	}
	doubt, doubtful := errors.AsType[*session.DoubtError](d.err)
	return !usual(d.outcome()) && !(doubtful && doubt.Over)
}

// note tells of a command that is done with: one line in the log, a count for
// those who measure, and a place among the last errors if it went wrong. The line
// says neither who asked nor what.
func (b *Bot) note(ctx context.Context, o order, d commandRun) {
	command, outcome := o.request.Command, d.outcome()
	b.Meter.Command(command, outcome, d.done.Sub(o.request.Now))
	level, name := slog.LevelInfo, command
	if d.trouble() {
		level = slog.LevelWarn
	}
	if name == "" {
		name = "none" // talk, an old button, a stranger
	}
	attrs := []slog.Attr{
		slog.String("ref", d.ref), slog.String("command", name), slog.String("outcome", outcome),
		slog.Duration("waited", d.start.Sub(o.request.Now)), slog.Duration("took", d.answered.Sub(d.start)),
		slog.Duration("delivery", d.done.Sub(d.answered)),
	}
	why, cause := d.why(), kite.CauseOf(d.err)
	if why != "" {
		attrs = append(attrs, slog.String("err", why))
	}
	if cause != "" {
		attrs = append(attrs, slog.String("cause", cause))
		why += " (cause: " + cause + ")"
	}
	var m *mishap
	if d.trouble() {
		m = &mishap{
			at: d.done, ref: d.ref, command: command, outcome: outcome, took: d.done.Sub(d.start),
			text: scrub(why, o.request.Account.person),
		}
	}
	b.tally.count(d.done, command, m) // first: who reads the line may ask /admin for it
	b.Logger.LogAttrs(ctx, level, "command", attrs...)
}

// why is the error's text on one line, "" for none.
func (d commandRun) why() string {
	if err := errors.Join(d.err, d.undelivered); err != nil {
		return strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	return ""
}
