// Package command is what people can ask of the bot: one file per command or
// group of commands, and the list of them in all.go.
//
// A command gets a [Request] and returns a [Reply]. It reaches the asker's own
// account and nothing else: not the sessions, the store, or Telegram. Operators'
// commands have [Admin] besides.
package command

import (
	"context"
	"time"

	"kitebot/internal/bot/access"
	"kitebot/internal/bot/account"
	"kitebot/internal/bot/chart"
	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/dialog"
	"kitebot/internal/kite/session"
)

// Command is one thing a person can ask for. From the list of commands come
// dispatch, /help, the menu registered with Telegram and the routing of
// buttons: a command is one file and one line in [All].
type Command struct {
	Name    string // "holdings", without the slash
	Usage   string // how to type it, "/holdings"
	Summary string // a few words for /help and the menu
	Hidden  bool   // in neither
	Admin   bool   // for operators; for everyone else it does not exist
	// Public: people who may not use the bot may use it, too.
	Public bool
	// Overtakes: it stops what runs and drops what waits, see [Action].
	Overtakes bool
	Run       Handler
	// Filters: words behind it keep the rows that fit, "/orders open".
	Filters bool
	// Shows is the command that shows what this one changed; "" for itself.
	Shows string
	// Actions are what the command's buttons do, by the name in the button's
	// data ("holdings:page:2" → "page"). Every command has two more: "run"
	// answers as if it had been typed, "again" does the same in place.
	Actions map[string]Action
}

// List is a list of commands, in the order of /help.
type List []Command

// Handler answers one request. An error becomes words in one place, see [Explain].
type Handler func(ctx context.Context, r *Request) (Reply, error)

// Action is what one of a command's buttons does.
type Action struct {
	Ack string // shown for a moment when the button is pressed; "" for nothing
	Run Handler
	// Overtakes: the person does not want to wait. What runs for them is stopped,
	// what is being delivered to them is broken off, and what waits is dropped.
	Overtakes bool
}

// Request is what a person asked for. All that it holds is that person's own.
type Request struct {
	Account  *account.Account
	Prefs    account.Prefs // as they were when the request was taken up
	Name     string        // first name: data
	Command  string        // "holdings"
	Args     string        // what followed the command, or the button's argument
	Data     string        // what the button carried; "" for what was typed, or does the same
	Pressed  int           // the message whose button was pressed; 0 for a typed command
	Typed    int           // the message that was written; 0 for a press
	Now      time.Time
	Commands List // those that the asker may know of
	Painter  *chart.Painter
	// Forget erases the asker: their login, their preferences, what waits for them.
	Forget func(ctx context.Context) (Forgotten, error)
	// Admin is nil but for a command of operators.
	Admin  Admin
	filter string // the words that narrow a list, see withFilterWords
}

// Forgotten is what was known of a person who was erased.
type Forgotten struct {
	Record   session.Record
	Status   session.Status // after it, unconfirmed by Kite: LoggingOut
	Prefs    account.Prefs
	Standing access.Standing
	Allowed  bool // they may use the bot all the same
}

// Admin is what an operator can see and decide. It takes ids of people, and gives
// neither their figures nor their sessions.
type Admin interface {
	// Access returns what was decided about people, the oldest decision first.
	Access() []access.Record
	// Decide gives a person another standing, if theirs is one of from.
	Decide(person int64, to access.Standing, from []access.Standing) (Decision, error)
	// Overview is how the bot is, at one glance.
	Overview(ctx context.Context) dialog.OpsView
	// Errors are the last errors, the newest first.
	Errors() []dialog.OpsError
}

// Decision is what has become of an operator's decision.
type Decision struct {
	Outcome access.Outcome
	Before  access.Standing
	Was, Is bool // whether the person could use the bot before it, and can now
}

// Change changes the asker's preferences for good; r.Prefs is then what holds.
func (r *Request) Change(change func(*account.Prefs)) (err error) {
	r.Prefs, err = r.Account.ChangePrefs(r.Prefs, change)
	return err
}

// Then is what to answer after a login that this request turned out to need: a
// command as it is typed, or what a button carries.
func (r *Request) Then() string {
	switch {
	case r.Data != "":
		return r.Data
	case r.Args == "":
		return "/" + r.Command
	default:
		return "/" + r.Command + " " + r.Args
	}
}

// Reply is what a request comes to. The zero Reply shows nothing.
type Reply struct {
	Message *view.Message
	InPlace bool // replaces the message whose button was pressed
	// More are messages sent after it.
	More []view.Message
	// Sent is called with the id of the message that was sent; nil for nothing.
	Sent func(message int) error
	// Also are earlier messages that change along, in the same chat.
	Also []Replacement
	// Delete is an earlier message of the chat, a private one, that is taken off
	// before anything is said: it holds what should not stay there. 0 for none. A
	// handler that fails may name one, too.
	Delete int
	// Undeleted is sent after the rest where that did not work: it asks the person
	// to do it. nil for nothing.
	Undeleted *view.Message
	// Placeholder is an earlier message that says that this one is to come. It is
	// deleted where this one cannot be shown. 0 for none.
	Placeholder int
}

// Replacement is new content for an earlier message.
type Replacement struct {
	Message int
	View    view.Message
}

// Say is a reply of one new message.
func Say(m view.Message) Reply { return Reply{Message: &m} }

// inPlace is a reply that replaces the message whose button was pressed.
func inPlace(m view.Message) Reply { return Reply{Message: &m, InPlace: true} }

// How old an answer may be that is used again, by what the person does.
const (
	fresh    = 3 * time.Second  // asks, or presses Refresh: a second tap costs nothing
	glance   = 10 * time.Second // opens a card out of a list
	browsing = time.Minute      // turns pages, sorts, goes back
)

// SlowAfter is how long a command works before its person reads that Kite is slow.
const SlowAfter = 8 * time.Second

// RefLength is how many letters and digits a reference has: few enough to be
// read out, and enough to be found in a log.
const RefLength = 6
