package bot

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"kitebot/internal/bot/view"
	"kitebot/internal/kite"
)

// Dispatch takes one update and returns at once; the answer comes from the
// sender's mailbox. Every update that was dispatched is marked as answered in
// the end, unless the process stops first.
func (b *Bot) Dispatch(u Update) { b.dispatch(u, true) }

func (b *Bot) dispatch(u Update, acknowledge bool) {
	answered := func() {
		if u.ID != 0 {
			b.Journal.Answered(b.ID, u.ID)
		}
	}
	order, ok := b.route(u)
	if u.Press != "" && acknowledge {
		b.acknowledge(u.Press, order.ack)
	}
	if !ok {
		answered()
		return
	}
	j := job{dropped: answered, run: func(ctx context.Context) {
		if b.perform(ctx, u.Chat, order) {
			answered()
		}
	}}
	if order.request.Command == "logout" {
		b.mail.interrupt(u.From)
		j.dropped = nil // not even by another /logout
	}
	if !b.mail.put(u.From, j) {
		b.acks.Go(func() { b.sayBusy(u.Chat); answered() })
	}
}

// order is a routed update: what to run, for whom.
type order struct {
	request *Request
	run     Handler
	ack     string // shown for a moment when a button was pressed
	again   bool   // a failure replaces the pressed message too
}

// route decides what an update asks for. false: nothing, stay silent.
func (b *Bot) route(u Update) (order, bool) {
	name, args, addressed := parseCommand(u.Text, b.Username)
	if u.Blocked || u.Private && u.Chat != u.From || !u.Private && (!addressed || u.Press != "") {
		return order{}, false
	}
	if ok, tell := b.limits.allow(u.From, b.Clock.Now()); !ok {
		return b.answerOnce(u, view.TooFast()), tell && u.Private
	}
	if !u.Private {
		return b.answerOnce(u, view.GroupOnly(b.Username)), true
	}
	if !b.Allowed(u.From) {
		return b.answerOnce(u, view.Stranger(u.From)), true
	}
	if u.Press != "" {
		return b.routePress(u), true
	}
	if name == "" && kite.LooksLikeSymbol(u.Text) {
		name, args = "quote", strings.TrimSpace(u.Text)
	}
	if name == "" {
		return b.answerOnce(u, view.NotACommand()), true
	}
	c, known := b.commands[name]
	if !known {
		return b.answerOnce(u, view.UnknownCommand(name)), true
	}
	return order{request: b.request(u, c.Name, args), run: c.Run}, true
}

// routePress finds the action of a button. Callback data is whatever a client
// sends: anything that is not a button of today's answers kindly and does nothing.
func (b *Bot) routePress(u Update) order {
	name, rest, _ := strings.Cut(u.Data, ":")
	action, args, _ := strings.Cut(rest, ":")
	c, known := b.commands[name]
	if !known {
		return b.answerOnce(u, view.OldButton())
	}
	r := b.request(u, c.Name, args)
	switch a, ok := c.Actions[action]; {
	case ok:
		r.data = u.Data
		return order{request: r, run: a.Run, ack: a.Ack}
	case action == "run":
		r.Args, r.Pressed = "", 0
		return order{request: r, run: c.Run}
	case action == "again":
		run := func(ctx context.Context, r *Request) (Reply, error) {
			reply, err := c.Run(ctx, r)
			// An edit cannot protect a message that was sent without protection.
			reply.InPlace = reply.Message != nil && !reply.Message.Protect
			return reply, err
		}
		return order{request: r, run: run, ack: "One moment…", again: true}
	default:
		return b.answerOnce(u, view.OldButton())
	}
}

func (b *Bot) request(u Update, command, args string) *Request {
	return &Request{
		Account: Account{b.Accounts, u.From}, Name: u.Name, Command: command, Args: strings.TrimSpace(args),
		Pressed: pressed(u), Now: b.Clock.Now(), prefs: b.Prefs, painter: b.Painter,
	}
}

func pressed(u Update) int {
	if u.Press == "" {
		return 0
	}
	return u.Message
}

// answerOnce is an order that says one thing and asks nobody.
func (b *Bot) answerOnce(u Update, m view.Message) order {
	return order{
		request: b.request(u, "", ""),
		run:     func(context.Context, *Request) (Reply, error) { return say(m), nil },
	}
}

// parseCommand splits "/holdings@kite_bot args". addressed: the command names
// this bot. A command for another bot is none. Names are lower-cased, since
// phones capitalise.
func parseCommand(text, username string) (name, args string, addressed bool) {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "/") {
		return "", "", false
	}
	name, args, _ = strings.Cut(text[1:], " ")
	if before, after, found := strings.Cut(name, "\n"); found {
		name, args = before, after+" "+args
	}
	name, to, found := strings.Cut(name, "@")
	if found && !strings.EqualFold(to, username) {
		return "", "", false
	}
	return strings.ToLower(name), strings.TrimSpace(args), found
}

// acknowledge ends a press's spinner at once, outside the mailbox.
func (b *Bot) acknowledge(press, text string) {
	b.acks.Go(func() {
		ctx, cancel := context.WithTimeout(b.mail.ctx, ackTime)
		defer cancel()
		if err := b.Presses.Acknowledge(ctx, press, text); err != nil {
			b.Logger.Warn("a button press was not acknowledged", "err", err)
		}
	})
}

func (b *Bot) sayBusy(chat int64) {
	ctx, cancel := context.WithTimeout(b.mail.ctx, ackTime)
	defer cancel()
	if _, err := b.Messenger.Send(ctx, chat, view.Busy()); err != nil {
		b.Logger.Warn("a full mailbox was not announced", "err", err)
	}
}

// perform runs an order and delivers what it comes to. It reports whether that
// is done with: not when a shutdown cut it short, or Telegram took nothing for
// long; then the next process answers.
func (b *Bot) perform(ctx context.Context, chat int64, o order) (done bool) {
	start, ref := b.Clock.Now(), b.NewRef()
	reply, err := b.run(ctx, chat, o)
	outcome := "ok"
	if err != nil {
		outcome = outcomeOf(err)
		reply = b.explain(ctx, o, err, ref)
	}
	answered := b.Clock.Now()
	undelivered := b.deliver(ctx, chat, o.request.Pressed, reply)
	if undelivered != nil {
		outcome = "undelivered"
		b.Logger.Warn("a reply was not delivered", "ref", ref, "command", o.request.Command, "err", undelivered)
	}
	attrs := []slog.Attr{
		slog.String("ref", ref), slog.String("command", o.request.Command), slog.String("outcome", outcome),
		slog.Duration("took", answered.Sub(start)), slog.Duration("delivery", b.Clock.Since(answered)),
	}
	level := slog.LevelInfo
	if err != nil {
		attrs = append(attrs, slog.Any("err", err))
		level = slog.LevelWarn
	}
	b.Logger.LogAttrs(ctx, level, "command", attrs...)
	cutShort := err != nil && b.mail.ctx.Err() != nil
	return !cutShort && !later(undelivered)
}

// run calls the handler with a deadline, shows typing when it takes long, and
// turns a panic into an error: one person's bug must not silence everybody.
func (b *Bot) run(ctx context.Context, chat int64, o order) (reply Reply, err error) {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	stop := b.typing(ctx, chat)
	defer stop()
	defer func() {
		if p := recover(); p != nil {
			err = &panicError{value: fmt.Sprint(p), stack: stack()}
		}
	}()
	o.request.Prefs = b.prefsOf(o.request.Account.person)
	return o.run(ctx, o.request)
}

// prefsOf loads a person's preferences. Where they cannot be read nobody knows
// whether amounts were to be hidden: then they are.
func (b *Bot) prefsOf(person int64) Prefs {
	p, err := b.Prefs.LoadPrefs(person)
	if err != nil {
		b.Logger.Error("a person's preferences cannot be read; amounts are hidden", "person", person, "err", err)
		return Prefs{Hide: true}
	}
	return p
}
