package bot

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"kitebot/internal/bot/view"
	"kitebot/internal/kite"
)

// order is a routed update: what to run, for whom.
type order struct {
	to        audience
	request   *Request
	run       Handler
	ack       string // shown for a moment when a button was pressed
	again     bool   // a failure replaces the pressed message too
	overtakes string // what it is named among those that do; see [Action]
	look      string // the command that shows what it changed
	cancels   bool   // it cancels the command that it names
	press     bool   // it came by a press that is to be acknowledged
	paste     bool   // its message has to go from the chat, whatever becomes of it
	update    Update // zero for what no update asked for
}

// route decides what an update asks for. false: nothing, stay silent. That is
// all that somebody who is blocked ever gets. again: an earlier process took it, so
// the rate has let it in already.
func (b *Bot) route(u Update, again bool) (order, bool) {
	name, args, addressed := parseCommand(u.Text, b.Username)
	if u.Blocked || b.access.blocked(u.From) {
		return order{}, false
	}
	if u.Private && u.Chat != u.From || !u.Private && (!addressed || u.Press != "") {
		return order{}, false
	}
	if b.outside(u) {
		return b.routeOutside(u, name, args)
	}
	if !again {
		if ok, tell := b.limits.allow(u.From, b.Clock.Now()); !ok {
			if isPaste(u) {
				o := b.orderOf(u, b.commands["login"], "")
				o.run, o.paste = loginPasteTooFast(tell), true
				return o, true
			}
			return b.answerOnce(u, view.TooFast()), tell
		}
	}
	if u.Press != "" {
		o := b.routePress(u)
		o.press = true
		return o, true
	}
	if isPaste(u) {
		o := b.orderOf(u, b.commands["login"], u.Text)
		o.run, o.paste = loginPaste, true
		return o, true
	}
	if u.Unread != "" {
		ok, _ := b.unread[u.Unread].allow(u.From, b.Clock.Now())
		return b.answerOnce(u, view.Unread(u.Unread == Edited)), ok
	}
	if name == "" {
		name, args = b.spoken(u.Text, u.From)
	}
	if name == "" {
		return b.answerOnce(u, view.NotACommand(u.Text)), true
	}
	if c, known := b.command(name, u.From); known {
		return b.orderOf(u, c, args), true
	}
	meant, _ := b.nearest(name, u.From)
	return b.answerOnce(u, view.UnknownCommand(name, meant.Name, args)), true
}

// unreadRate is how often a person is told that their messages are not read, for
// either reason: an album of ten pictures is ten messages.
var unreadRate = Rate{N: 1, Per: time.Minute}

// same names what an order is the repetition of, when it is given again: the same
// words, or a press of the same button. "" for what counts each time.
func (o order) same() string {
	switch {
	case o.paste, o.overtakes != "", o.request.Command == "":
		return ""
	case o.press:
		return fmt.Sprintf("%s on %d", o.update.Data, o.update.Message)
	default:
		return o.update.Text
	}
}

// isPaste reports whether a person sends the address at which a login by OAuth
// ended, by itself, to some command, or as something that looks like one.
func isPaste(u Update) bool {
	return u.Private && u.Press == "" && kite.LooksLikeRedirect(u.Text)
}

// orderOf is a command as it is typed.
func (b *Bot) orderOf(u Update, c Command, args string) order {
	o := order{to: audienceOf(u, c), request: b.request(u, c.Name, args), run: c.Run, look: cmp.Or(c.Shows, c.Name)}
	if c.Overtakes {
		o.overtakes = c.Name
	}
	return o
}

// command finds a command that the person may know of.
func (b *Bot) command(name string, person int64) (Command, bool) {
	c, known := b.commands[name]
	return c, known && (!c.Admin || b.access.Admin(person))
}

// forStrangers reports whether an update asks for what even those may use who
// are not let in.
func (b *Bot) forStrangers(u Update, typed string) bool {
	name := typed
	if u.Press != "" {
		name, _, _ = strings.Cut(u.Data, ":")
	}
	return b.commands[name].Strangers
}

// turnAway answers a stranger, writes down that they asked, and tells the operators.
func (b *Bot) turnAway(u Update) order {
	answer := view.Stranger(u.From)
	if b.Access.Nobody {
		answer = view.Unclaimed(u.From)
	}
	o := b.answerOnce(u, answer)
	o.run = func(_ context.Context, r *Request) (Reply, error) {
		asked, err := b.access.ask(u.From, u.Name, r.Now)
		if err != nil {
			return Reply{}, err
		}
		if !asked {
			return say(answer), nil
		}
		if news, _ := b.outsiders.told.allow(u.From, r.Now); news {
			b.notify(aboutPeople, view.AsksIn(u.From, u.Name), view.ManyAskIn())
		}
		return say(answer), nil
	}
	return o
}

func audienceOf(u Update, c Command) audience {
	return audience{chat: u.Chat, person: u.From, anyone: c.Strangers}
}

// routePress finds the action of a button. Callback data is whatever a client
// sends: anything that is not a button of today's answers kindly and does nothing.
func (b *Bot) routePress(u Update) order {
	name, rest, _ := strings.Cut(u.Data, ":")
	action, args, _ := strings.Cut(rest, ":")
	c, known := b.command(name, u.From)
	if !known {
		return b.answerOnce(u, view.OldButton())
	}
	o := b.orderOf(u, c, args)
	switch a, ok := c.Actions[action]; {
	case ok:
		o.request.data, o.run, o.ack, o.overtakes = u.Data, a.Run, a.Ack, ""
		if a.Overtakes {
			o.overtakes = name + ":" + action
		}
		return o
	case action == "cancel":
		o.cancels = true
		return o
	case action == "run":
		o.request.Args, o.request.Pressed = "", 0
		return o
	case action == "again":
		o.run = func(ctx context.Context, r *Request) (Reply, error) {
			reply, err := c.Run(ctx, r)
			// An edit cannot protect a message that was sent without protection.
			reply.InPlace = reply.Message != nil && !reply.Message.Protect
			return reply, err
		}
		o.ack, o.again = "One moment…", true
		return o
	default:
		return b.answerOnce(u, view.OldButton())
	}
}

func (b *Bot) request(u Update, command, args string) *Request {
	acted := new(bool)
	return &Request{
		Account: Account{b.Accounts, u.From, acted, b.Meter}, acted: acted, version: u.Entry.Sequence, Name: u.Name, Command: command, Args: strings.TrimSpace(args),
		Pressed: pressed(u), Typed: typed(u), Now: b.Clock.Now(), prefs: b.Prefs, painter: b.Painter, bot: b,
	}
}

func typed(u Update) int {
	if u.Press != "" {
		return 0
	}
	return u.Message
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
		to:      audience{chat: u.Chat, person: u.From, anyone: true},
		request: b.request(u, "", ""),
		run:     func(context.Context, *Request) (Reply, error) { return say(m), nil },
	}
}
