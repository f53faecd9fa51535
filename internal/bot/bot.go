// Package bot is what the bot does: commands, their dispatch, the rules of
// delivery. It speaks its own Update, Request and Reply; Telegram, MCP and the
// store stay behind the interfaces in ports.go.
package bot

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"kitebot/internal/bot/chart"
	"kitebot/internal/clock"
	"kitebot/internal/kite/session"
)

// Options are what a Bot is made of. The first nine are required, and Access.Book.
type Options struct {
	ID        int64  // the bot's own user id
	Username  string // without the @
	Accounts  *session.Pool
	Messenger Messenger
	Presses   Acknowledger
	Journal   Journal
	Prefs     PrefStore
	Memory    Memory
	Painter   *chart.Painter

	Access Access
	Rate   Rate          // commands per person; zero = no limit
	Meter  Meter         // nil = nobody
	Clock  clock.Clock   // nil = the real one
	Logger *slog.Logger  // nil = discard
	NewRef func() string // reference ids; nil = random

	Operations Operations // what /admin tells of the process; nil = nothing
	// Outsiders shows messages to people who are not let in, and to groups, in a way
	// that delays no one else; nil = Messenger.
	Outsiders Messenger
}

// How long things may take. The person waits for the first; the second allows
// for a Telegram that is down for a while; the fourth is how long a reply waits for
// the deletion before it; the last is part of the 8 s in which the
// process is gone after SIGTERM.
const (
	commandTime  = 60 * time.Second
	deliveryTime = 10 * time.Minute
	ackTime      = 15 * time.Second
	removeTime   = 20 * time.Second
	typingAfter  = 300 * time.Millisecond
	typingLasts  = 4500 * time.Millisecond
	shutdownTime = 5 * time.Second
)

// refLength is how many letters and digits a reference has: few enough to be
// read out, and enough to be found in a log.
const refLength = 6

// A press is acknowledged, and a message past a full mailbox deleted, by one of a
// few workers, or not at all.
const (
	pressWorkers = 8
	pressRoom    = 64
)

// mailboxLimit is how many commands of one person may wait.
const mailboxLimit = 20

// Bot answers updates. Its methods may be called from any goroutine.
type Bot struct {
	Options
	commands  map[string]Command
	access    *accessList
	mail      *mailboxes
	limits    *limits
	underWay  underWay
	unread    map[Unread]*limits // see unreadRate
	tally     tally
	pace      *pacer
	presses   *workers // which acknowledge them
	pastes    *workers // which delete those that no mailbox has room for
	outsiders *outsiders
	notices   *limits // of what operators are told, by its kind
	awayTold  bool    // that Kite is; see Outage
	early     early
	files     atomic.Int64    // bytes of them on their way, see holdFiles
	tasks     sync.WaitGroup  // what else runs
	ctx       context.Context // ends with Close
	stop      context.CancelFunc
}

// New makes a Bot. It reads the book of guests, and does nothing else until
// Resume, Dispatch or Notify is called.
func New(o Options) *Bot {
	if o.Clock == nil {
		o.Clock = clock.Real()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Meter == nil {
		o.Meter = deaf{}
	}
	if o.NewRef == nil {
		o.NewRef = func() string { return rand.Text()[:refLength] }
	}
	if o.Outsiders == nil {
		o.Outsiders = o.Messenger
	}
	b := &Bot{Options: o, commands: map[string]Command{}, access: newAccessList(o.Access), limits: newLimits(o.Rate), notices: newLimits(noticeRate), pace: newPacer()}
	b.unread = map[Unread]*limits{NoText: newLimits(unreadRate), Edited: newLimits(unreadRate)}
	b.ctx, b.stop = context.WithCancel(context.Background())
	b.mail = newMailboxes(mailboxLimit, b.caught)
	b.presses = &workers{most: pressWorkers, room: pressRoom, caught: b.caught}
	b.pastes = &workers{most: pressWorkers, room: pressRoom, caught: b.caught}
	b.outsiders = newOutsiders(b.caught)
	for _, c := range Commands() {
		b.commands[c.Name] = c
	}
	return b
}

// Close lets what runs finish for a few seconds and returns when no goroutine
// of the bot is left. What was not answered stays in the journal.
func (b *Bot) Close() {
	b.stop()
	b.mail.close(shutdownTime)
	b.presses.close()
	b.pastes.close()
	b.outsiders.close()
	b.tasks.Wait()
	if err := b.Journal.Stopped(b.ID); err != nil {
		b.Logger.Warn("the journal does not know that this was a clean stop: what is unanswered counts as an attempt that failed", "err", err)
	}
}
