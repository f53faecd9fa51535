package bot

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"kitebot/internal/bot/account"
	"kitebot/internal/bot/command"
	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/dialog"
	"kitebot/internal/kite"
)

// invocation is a routed update: what to run, and for whom.
type invocation struct {
	to        recipient
	request   *command.Request
	run       command.Handler
	ack       string // shown for a moment when a button was pressed
	again     bool   // a failure replaces the pressed message too
	overtakes string // what it is named among those that do; see [Action]
	look      string // the command that shows what it changed
	cancels   bool   // it cancels the command that it names
	press     bool   // it came by a press that is to be acknowledged
	paste     bool   // its message has to go from the chat, whatever becomes of it
	update    Update
}

// route decides what an update asks for. false: nothing, stay silent. That is
// all that a blocked person ever gets. again: an earlier process took it, so
// it was within the rate.
func (b *Bot) route(u Update, again bool) (invocation, bool) {
	name, args, addressed := command.Parse(u.Text, b.Username)
	if u.Blocked || b.access.IsBlocked(u.From) {
		return invocation{}, false
	}
	if u.Private && u.Chat != u.From || !u.Private && (!addressed || u.Press != "") {
		return invocation{}, false
	}
	if b.outside(u) {
		return b.routeUnauthorized(u, name, args)
	}
	if !again {
		if ok, tell := b.limits.allow(u.From, b.Now()); !ok {
			if isPaste(u) {
				inv := b.invocationOf(u, b.loginCommand(), "")
				inv.run, inv.paste = command.LoginPasteTooFast(tell), true
				return inv, true
			}
			return b.answerOnce(u, dialog.TooFast()), tell
		}
	}
	if u.Press != "" {
		inv := b.routePress(u)
		inv.press = true
		return inv, true
	}
	if isPaste(u) {
		inv := b.invocationOf(u, b.loginCommand(), u.Text)
		inv.run, inv.paste = command.LoginPaste, true
		return inv, true
	}
	if u.Unread != "" {
		ok, _ := b.unread[u.Unread].allow(u.From, b.Now())
		return b.answerOnce(u, dialog.NotText(u.Unread == Edited)), ok
	}
	if name == "" {
		name, args = b.commandsOf(u.From).Read(u.Text)
	}
	if name == "" {
		return b.answerOnce(u, dialog.NotACommand(u.Text)), true
	}
	if c, known := b.commandsOf(u.From).Find(name); known {
		return b.invocationOf(u, c, args), true
	}
	return b.answerOnce(u, dialog.UnknownCommand(name, b.commandsOf(u.From).Nearest(name), args)), true
}

// unreadRate is how often a person reads that their messages are not read, for
// either reason: an album of ten pictures is ten messages.
var unreadRate = Rate{N: 1, Per: time.Minute}

// same identifies repetitions: the same words, or a press of the same button. "" for what counts each time.
func (inv invocation) same() string {
	switch {
	case inv.paste, inv.overtakes != "", inv.request.Command == "":
		return ""
	case inv.press:
		return fmt.Sprintf("%s on %d", inv.update.Data, inv.update.Message)
	default:
		return inv.update.Text
	}
}

// isPaste reports whether a person sends the address at which a login by OAuth
// ended, by itself, to some command, or as something that looks like one.
func isPaste(u Update) bool {
	return u.Private && u.Press == "" && kite.LooksLikeRedirect(u.Text)
}

// invocationOf is a command as it is typed.
func (b *Bot) invocationOf(u Update, c command.Command, args string) invocation {
	inv := invocation{update: u, to: recipient{chat: u.Chat, person: u.From, anyone: c.Public}, request: b.request(u, c, args), run: c.Run, look: cmp.Or(c.Shows, c.Name)}
	if c.Overtakes {
		inv.overtakes = c.Name
	}
	return inv
}

// loginCommand is /login, whose handlers take pasted addresses.
func (b *Bot) loginCommand() command.Command {
	c, _ := b.public.Find("login")
	return c
}

// commandsOf are the commands that a person may know of.
func (b *Bot) commandsOf(person int64) command.List {
	if b.access.Admin(person) {
		return b.commands
	}
	return b.public
}

// asksForPublic reports whether an update asks for what even people may use who
// may not use the bot.
func (b *Bot) asksForPublic(u Update, typed string) bool {
	name := typed
	if u.Press != "" {
		name, _, _ = strings.Cut(u.Data, ":")
	}
	c, _ := b.public.Find(name)
	return c.Public
}

// refuse answers an unlisted person, puts them on the waiting list, and notifies the
// operators.
func (b *Bot) refuse(u Update) invocation {
	answer := dialog.NotLetIn(u.From)
	if b.access.Unclaimed {
		answer = dialog.NoOperatorYet(u.From)
	}
	inv := b.answerOnce(u, answer)
	inv.run = func(_ context.Context, r *command.Request) (command.Reply, error) {
		asked, err := b.access.RequestAccess(u.From, u.Name, r.Now)
		if err != nil {
			return command.Reply{}, err
		}
		if !asked {
			return command.Say(answer), nil
		}
		if news, _ := b.unauthorized.notified.allow(u.From, r.Now); news {
			b.notify(noticeAccess, dialog.AsksToBeLetIn(u.From, u.Name), dialog.ManyAskToBeLetIn())
		}
		return command.Say(answer), nil
	}
	return inv
}

// routePress finds the action of a button. Callback data is whatever a client
// sends: anything that is not a button of today's answers kindly and does nothing.
func (b *Bot) routePress(u Update) invocation {
	name, rest, _ := strings.Cut(u.Data, ":")
	action, args, _ := strings.Cut(rest, ":")
	c, known := b.commandsOf(u.From).Find(name)
	if !known {
		return b.answerOnce(u, dialog.OldButton())
	}
	inv := b.invocationOf(u, c, args)
	switch a, ok := c.Actions[action]; {
	case ok:
		inv.request.Data, inv.run, inv.ack, inv.overtakes = u.Data, a.Run, a.Ack, ""
		if a.Overtakes {
			inv.overtakes = name + ":" + action
		}
		return inv
	case action == "cancel":
		inv.cancels = true
		return inv
	case action == "run":
		inv.request.Args, inv.request.Pressed = "", 0
		return inv
	case action == "again":
		inv.run = func(ctx context.Context, r *command.Request) (command.Reply, error) {
			reply, err := c.Run(ctx, r)
			// An edit cannot protect a message that was sent without protection.
			reply.InPlace = reply.Message != nil && !reply.Message.Protect
			return reply, err
		}
		inv.ack, inv.again = "One moment…", true
		return inv
	default:
		return b.answerOnce(u, dialog.OldButton())
	}
}

// request is what a handler gets of an update.
func (b *Bot) request(u Update, c command.Command, args string) *command.Request {
	r := &command.Request{
		Account: account.New(&b.accounts, u.From), Name: u.Name, Command: c.Name, Args: strings.TrimSpace(args),
		Now: b.Now(), Commands: b.commandsOf(u.From), Painter: b.Painter,
	}
	if u.Press != "" {
		r.Pressed = u.Message
	} else {
		r.Typed = u.Message
	}
	r.Forget = func(ctx context.Context) (command.Forgotten, error) {
		r.Account.Changing()
		return b.erase(ctx, u.From, b.Accounts.Logout, false)
	}
	if c.Admin {
		r.Admin = operator{bot: b, request: r, person: u.From, version: u.Entry.Sequence}
	}
	return r
}

// answerOnce is an invocation that sends m.
func (b *Bot) answerOnce(u Update, m view.Message) invocation {
	return invocation{
		update:  u,
		to:      recipient{chat: u.Chat, person: u.From, anyone: true},
		request: b.request(u, command.Command{}, ""),
		run:     func(context.Context, *command.Request) (command.Reply, error) { return command.Say(m), nil },
	}
}

// outside reports whether an update comes from a group or an unauthorized person.
func (b *Bot) outside(u Update) bool { return !u.Private || !b.access.Allowed(u.From) }

// routeUnauthorized decides what an unauthorized chat is answered. false: nothing.
func (b *Bot) routeUnauthorized(u Update, name, args string) (invocation, bool) {
	open := u.Private && b.asksForPublic(u, name)
	limits := b.unauthorized.answers
	if open {
		limits = b.unauthorized.forgets
	}
	if ok, _ := limits.allow(u.Chat, b.Now()); !ok {
		return invocation{}, false
	}
	var inv invocation
	switch {
	case !u.Private:
		inv = b.answerOnce(u, dialog.GroupOnly(b.Username))
	case !open:
		inv = b.refuse(u)
	case u.Press != "":
		inv = b.routePress(u)
	default:
		c, _ := b.public.Find(name)
		inv = b.invocationOf(u, c, args)
	}
	inv.to.outside, inv.overtakes = true, ""
	return inv, true
}
