package bot

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"kitebot/internal/bot/access"
	"kitebot/internal/bot/account"
	"kitebot/internal/bot/chart"
	"kitebot/internal/bot/command"
	"kitebot/internal/kite/session"
	"kitebot/internal/panics"
)

// Options are what a Bot is made of. The first nine are required, and Access.Store.
type Options struct {
	ID        int64  // the bot's own user id
	Username  string // without the @
	Accounts  *session.Pool
	Messenger Messenger
	Presses   Acknowledger
	Journal   Journal
	Prefs     account.PrefStore
	Memory    Memory
	Painter   *chart.Painter

	Access access.Policy
	Rate   Rate // commands per person; zero = no limit
	Meter  Meter
	Now    func() time.Time // nil = time.Now
	Logger *slog.Logger     // nil = discard
	NewRef func() string    // reference ids; nil = random

	Operations Operations // what /admin shows of the process; nil = nothing
	// Unauthorized shows messages to people who may not use the bot, and to groups, in a
	// way that delays no one else; nil = Messenger.
	Unauthorized Messenger
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

// A press is acknowledged, and a message past a full mailbox deleted, by one of a
// few workers, or not at all.
const (
	pressWorkers = 8
	pressQueue   = 64
)

// mailboxLimit is how many commands of one person may wait.
const mailboxLimit = 20

// Bot answers updates. Its methods may be called from any goroutine.
type Bot struct {
	Options
	commands        command.List // all
	public          command.List // without those of operators
	accounts        account.Backend
	access          *access.List
	mail            *mailboxes
	limits          *limits
	running         runningCommands
	unread          map[Unread]*limits // see unreadRate
	stats           commandStats
	pace            *pacer
	presses         *workers // which acknowledge them
	pastes          *workers // which delete those that no mailbox has room for
	unauthorized    *unauthorized
	notices         *limits // by their kind
	outageAnnounced bool    // see Outage
	takenEarly      takenEarly
	files           atomic.Int64    // bytes of them on their way, see holdFiles
	tasks           sync.WaitGroup  // what else runs
	ctx             context.Context // ends with Close
	stop            context.CancelFunc
}

// background runs fn in a goroutine that Close waits for.
func (b *Bot) background(fn func()) { panics.Spawn(&b.tasks, b.logPanic, fn) }

// logPanic logs a panic that has no request to answer.
func (b *Bot) logPanic(err error) {
	if crash, ok := errors.AsType[*panics.Error](err); ok {
		b.Logger.Error("a job panicked", crash.Log...)
	}
}

// Queue returns how many jobs wait behind others, and for how many people one is
// being done.
func (b *Bot) Queue() (waiting, busy int) {
	b.mail.mu.Lock()
	defer b.mail.mu.Unlock()
	for _, box := range b.mail.boxes {
		waiting += len(box.waiting)
	}
	return waiting, len(b.mail.boxes)
}
