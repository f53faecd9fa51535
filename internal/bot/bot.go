// Package bot is what the bot does: commands, their dispatch, the rules of
// delivery. It speaks its own Update, Request and Reply; Telegram, MCP and the
// store stay behind the interfaces in ports.go.
package bot

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"kitebot/internal/bot/chart"
	"kitebot/internal/clock"
	"kitebot/internal/kite/session"
)

// Options are what a Bot is made of. The first eight are required.
type Options struct {
	ID        int64  // the bot's own user id
	Username  string // without the @
	Accounts  *session.Pool
	Messenger Messenger
	Presses   Acknowledger
	Journal   Journal
	Prefs     PrefStore
	Painter   *chart.Painter

	Allowed func(person int64) bool // nil = nobody
	Rate    Rate                    // commands per person; zero = no limit
	Clock   clock.Clock             // nil = the real one
	Logger  *slog.Logger            // nil = discard
	NewRef  func() string           // reference ids; nil = random
}

// How long things may take. The person waits for the first; the second allows
// for a Telegram that is down for a while; the last is part of the 8 s in which the
// process is gone after SIGTERM.
const (
	commandTime  = 60 * time.Second
	deliveryTime = 10 * time.Minute
	ackTime      = 15 * time.Second
	typingAfter  = 300 * time.Millisecond
	typingLasts  = 4500 * time.Millisecond
	shutdownTime = 5 * time.Second
)

// mailboxLimit is how many commands of one person may wait.
const mailboxLimit = 20

// Bot answers updates. Its methods may be called from any goroutine.
type Bot struct {
	Options
	commands map[string]Command
	mail     *mailboxes
	limits   *limits
	acks     sync.WaitGroup
}

// New makes a Bot. It does nothing until Dispatch or Notify is called.
func New(o Options) *Bot {
	if o.Clock == nil {
		o.Clock = clock.Real()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.NewRef == nil {
		o.NewRef = func() string { return rand.Text()[:6] }
	}
	if o.Allowed == nil {
		o.Allowed = func(int64) bool { return false }
	}
	b := &Bot{Options: o, commands: map[string]Command{}, limits: newLimits(o.Rate)}
	b.mail = newMailboxes(mailboxLimit, func(bug any) {
		b.Logger.Error("a job panicked", "panic", fmt.Sprint(bug), "stack", string(stack()))
	})
	for _, c := range Commands() {
		b.commands[c.Name] = c
	}
	return b
}

// Resume dispatches what an earlier process took but did not answer.
func (b *Bot) Resume() error {
	left, err := b.Journal.Unanswered(b.ID)
	if err != nil {
		return err
	}
	for _, u := range left {
		b.dispatch(u, false) // its press was acknowledged when it was taken
	}
	return nil
}

// Close lets what runs finish for a few seconds and returns when no goroutine
// of the bot is left. What was not answered stays in the journal.
func (b *Bot) Close() {
	b.mail.close(shutdownTime)
	b.acks.Wait()
}
