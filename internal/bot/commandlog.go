package bot

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"kitebot/internal/bot/view/dialog"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
	"kitebot/internal/panics"
)

// commandRun is a command that is done with.
type commandRun struct {
	ref                   string
	start, answered, done time.Time
	err                   error // of the command
	undelivered           error // of its answer
	outside               bool  // for an unauthorized chat: what does not arrive soon is not sent any more
}

// outcome names what it came to, for the log, the meter and operators: one of
// [Outcomes]. A person who may not use the bot any more, or sent a command that
// overtakes, has not waited for an answer.
func (d commandRun) outcome() string {
	switch {
	case errors.Is(d.undelivered, errNotAllowed), errors.Is(d.undelivered, errOvertaken), d.outside && retryable(d.undelivered):
		return "cancelled"
	case d.undelivered != nil:
		return "undelivered"
	case d.err != nil:
		return outcomeOf(d.err)
	default:
		return "ok"
	}
}

// needsAttention reports whether an operator may want to look into it. That a login is
// over when its time has come needs none, nor that a person blocked the bot.
func (d commandRun) needsAttention() bool {
	if d.undelivered != nil {
		return d.outcome() == "undelivered" && !causedBy(d.undelivered, DeliveryGone)
	}
	doubt, doubtful := errors.AsType[*session.DoubtError](d.err)
	return !expectedOutcome(d.outcome()) && !(doubtful && doubt.Over)
}

// logCommand records a command that is done with: one line in the log, one
// measurement, and a place among the last errors if it went wrong. The line
// says neither who asked nor what.
func (b *Bot) logCommand(ctx context.Context, inv invocation, d commandRun) {
	name, outcome := inv.request.Command, d.outcome()
	if b.Meter.Command != nil {
		b.Meter.Command(name, outcome, d.done.Sub(inv.request.Now))
	}
	level, logged := slog.LevelInfo, name
	if d.needsAttention() {
		level = slog.LevelWarn
	}
	if logged == "" {
		logged = "none" // talk, an old button, an unauthorized person
	}
	attrs := []slog.Attr{
		slog.String("ref", d.ref), slog.String("command", logged), slog.String("outcome", outcome),
		slog.Duration("waited", d.start.Sub(inv.request.Now)), slog.Duration("took", d.answered.Sub(d.start)),
		slog.Duration("delivery", d.done.Sub(d.answered)),
	}
	why, cause := d.why(), wire.CauseOf(d.err)
	if why != "" {
		attrs = append(attrs, slog.String("err", why))
	}
	if cause != "" {
		attrs = append(attrs, slog.String("cause", cause))
		why += " (cause: " + cause + ")"
	}
	var failure *dialog.OpsError
	if d.needsAttention() {
		failure = &dialog.OpsError{At: d.done, Ref: d.ref, Command: name, Outcome: outcome, Took: d.done.Sub(d.start), Text: scrub(why, inv.to.person)}
	}
	b.stats.count(d.done, name, failure) // first: a reader of the line may ask /admin for it
	b.Logger.LogAttrs(ctx, level, "command", attrs...)
}

// why is the error's text on one line, "" for none.
func (d commandRun) why() string {
	if err := errors.Join(d.err, d.undelivered); err != nil {
		return strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	return ""
}

// Outcomes lists what a command can come to, in the words of the log.
func Outcomes() []string {
	all := []string{"too slow", "undelivered"}
	for _, o := range outcomes {
		all = append(all, o.name)
	}
	for _, k := range wire.Kinds() {
		all = append(all, k.String())
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// outcomeOf names an error for the log: few words, no data. What an error says of
// the login counts more than what it wraps: a call that Kite did not answer in
// time is "unreachable", and "too slow" is what ran out of time here.
func outcomeOf(err error) string {
	for _, o := range outcomes {
		if o.is(err) {
			return o.name
		}
	}
	if kind := wire.KindOf(err); kind != wire.KindUnknown || !errors.Is(err, context.DeadlineExceeded) {
		return kind.String()
	}
	return "too slow"
}

// outcomes are tried in this order: an error may be several of them.
var outcomes = []struct {
	name string
	is   func(error) bool
}{
	{"panic", hasType[*panics.Error]},
	{"cancelled", hasAnyType(context.Canceled)},
	{"ok", hasAnyType(session.ErrBound)},
	{"cancelled", hasAnyType(session.ErrLoggedOut)},
	{"no login", hasAnyType(session.ErrNoLogin)},
	{"login ended", hasAnyType(session.ErrEnded)},
	{"unconfirmed", hasAnyType(session.ErrUnconfirmed)},
	{"usurped", hasType[*session.UsurpedError]},
	{"doubtful", hasType[*session.DoubtError]},
	{"queued", hasType[*session.QueuedError]},
	{"crowded", hasType[*session.CrowdedError]},
	{"queued", hasAnyType(session.ErrUnread)},
	{"code refused", hasAnyType(session.ErrCodeRefused)},
	{"code lost", hasAnyType(session.ErrCodeLost)},
	{"code not awaited", hasAnyType(session.ErrNoAttempt, session.ErrOtherAttempt, session.ErrCodeUsed)},
}

func hasType[T error](err error) bool {
	_, ok := errors.AsType[T](err)
	return ok
}

func hasAnyType(targets ...error) func(error) bool {
	return func(err error) bool {
		return slices.ContainsFunc(targets, func(t error) bool { return errors.Is(err, t) })
	}
}

// expectedOutcome reports whether an outcome is part of life with logins rather than
// something that an operator should look into.
func expectedOutcome(outcome string) bool {
	return slices.Contains([]string{"ok", "no login", "login ended", "unconfirmed", "usurped", "queued", "code not awaited", "cancelled"}, outcome)
}
