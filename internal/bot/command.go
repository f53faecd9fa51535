package bot

import (
	"context"
	"fmt"
	"time"

	"kitebot/internal/bot/chart"
	"kitebot/internal/bot/view"
)

// Command is one thing a person can ask for. From the list of commands come
// dispatch, /help, the menu registered with Telegram and the routing of
// buttons: a command is one file and one line in [Commands].
type Command struct {
	Name    string // "holdings", without the slash
	Usage   string // how to type it, "/holdings"
	Summary string // a few words for /help and the menu
	Hidden  bool   // in neither: whoever reads them has no use for it
	Admin   bool   // for operators; for everybody else it does not exist
	// Strangers: people who are not let in may use it, too.
	Strangers bool
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

// Handler answers one request. An error becomes words in one place (explain).
type Handler func(ctx context.Context, r *Request) (Reply, error)

// Action is what one of a command's buttons does.
type Action struct {
	Ack string // shown for a moment when the button is pressed; "" for nothing
	Run Handler
	// Overtakes: whoever presses it does not want to wait. What runs for them is
	// stopped, what is being told them is broken off, and what waits is dropped.
	Overtakes bool
}

// Commands is the list, in the order of /help.
func Commands() []Command {
	return []Command{
		portfolioCommand(),
		holdingsCommand(),
		positionsCommand(),
		ordersCommand(),
		tradesCommand(),
		fundsCommand(),
		mutualFundsCommand(),
		gttCommand(),
		profileCommand(),
		quoteCommand(),
		quotesCommand(),
		watchCommand(),
		chartCommand(),
		allocationCommand(),
		moversCommand(),
		searchCommand(),
		hideCommand(),
		showCommand(),
		settingsCommand(),
		toolsCommand(),
		toolCommand(),
		loginCommand(),
		statusCommand(),
		logoutCommand(),
		forgetCommand(),
		helpCommand(),
		startCommand(),
		adminCommand(),
	}
}

// Request is what a person asked for.
type Request struct {
	Account Account // the asker's own, and nobody else's
	Name    string  // first name: data
	Command string  // "holdings"
	Args    string  // what followed the command, or the button's argument
	Pressed int     // the message whose button was pressed; 0 for a typed command
	Typed   int     // the message that was written; 0 for a press
	filter  string  // the words that narrow a list, see filtered
	data    string  // what the button carried; "" for what was typed, or does the same
	Now     time.Time
	Prefs   Prefs // the asker's, as they were when the request was taken up
	prefs   PrefStore
	painter *chart.Painter
	// acted is set by whatever changes something for good, before it does. Then the
	// request is done with once it has run, whether its answer arrives or not:
	// carried out again by a later process it would undo what was done since.
	acted   *bool
	version uint64 // the journal's number of the update; 0 for what no update asked for
	// bot is for what concerns people rather than an account: /admin, /forget, the
	// nearest command. No command of the account uses it.
	bot *Bot
}

// Change changes the asker's preferences for good; r.Prefs is then what holds.
func (r *Request) Change(change func(*Prefs)) error {
	*r.acted = true
	p, err := r.prefs.LoadPrefs(r.Account.person)
	if err != nil {
		p = r.Prefs // what was stored cannot be read: it is replaced
	}
	change(&p)
	if err := r.prefs.SavePrefs(r.Account.person, p); err != nil {
		return fmt.Errorf("remember the choice: %w", err)
	}
	r.Prefs = p
	return nil
}

// Then is what to answer after a login that this request turned out to need: a
// command as it is typed, or what a button carries.
func (r *Request) Then() string {
	switch {
	case r.data != "":
		return r.data
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
	// Sent is told the id of the message that was sent; nil if nobody cares.
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
	slow      int // the message that told that Kite is slow, where this takes its place
}

// Replacement is new content for an earlier message.
type Replacement struct {
	Message int
	View    view.Message
}

// say is a reply of one new message.
func say(m view.Message) Reply { return Reply{Message: &m} }

// inPlace is a reply that replaces the message whose button was pressed.
func inPlace(m view.Message) Reply { return Reply{Message: &m, InPlace: true} }
