package telegram

import (
	"context"
	"maps"
	"math"
	"sync"
	"time"

	"kitebot/internal/clock"
)

// What is no chat, but can be held back like one. No chat has these ids.
const (
	everyone int64 = 0             // all chats
	itself   int64 = math.MinInt64 // the bot's own profile and menu, which Telegram limits apart
)

// Telegram has a limit for all chats together, and does not say which one a
// refusal is about. So many different chats refused within so short a time are
// taken for that one. It stays a guess, so it holds everyone back briefly: if it
// was right, the next refusals say so again.
const (
	crowdSize    = 3
	crowdWithin  = 10 * time.Second
	longestGuess = time.Minute
)

// gate keeps messages to one chat in order and holds them back for as long as
// Telegram asked, and no longer: its limits move, so no pace is guessed.
type gate struct {
	clock  clock.Clock
	waited func(time.Duration) // told how long a call was held back

	mu     sync.Mutex
	lanes  map[int64]*lane
	closed map[int64]time.Time // until when; of everyone, or of one chat
	hits   map[int64]time.Time // which chats were refused lately, and when
}

// lane is the queue before one chat. Blocked senders on a channel are served
// in the order they came, which is all the queue we need.
type lane struct {
	turn  chan struct{}
	users int // inside or waiting; the last one takes the lane away
}

func newGate(c clock.Clock) *gate {
	return &gate{clock: c, waited: deaf{}.TelegramWaited, lanes: map[int64]*lane{}, closed: map[int64]time.Time{}, hits: map[int64]time.Time{}}
}

// enter waits for the caller's turn in a chat. The caller must leave.
func (g *gate) enter(ctx context.Context, chat int64) (leave func(), err error) {
	l := g.join(chat)
	select {
	case l.turn <- struct{}{}:
		return func() {
			<-l.turn
			g.part(chat, l)
		}, nil
	case <-ctx.Done():
		g.part(chat, l)
		return nil, ctx.Err()
	}
}

func (g *gate) join(chat int64) *lane {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.lanes[chat]
	if l == nil {
		l = &lane{turn: make(chan struct{}, 1)}
		g.lanes[chat] = l
	}
	l.users++
	return l
}

func (g *gate) part(chat int64, l *lane) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if l.users--; l.users == 0 {
		delete(g.lanes, chat)
	}
}

// idle says that nothing is being sent or held back in a chat.
func (g *gate) idle(chat int64) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.lanes[chat] == nil && g.heldFor(chat) <= 0
}

// pass waits until Telegram wants to hear of this chat again.
func (g *gate) pass(ctx context.Context, chat int64) error {
	for {
		g.mu.Lock()
		held := g.heldFor(chat)
		g.mu.Unlock()
		if held <= 0 {
			return ctx.Err()
		}
		began := g.clock.Now()
		err := wait(ctx, g.clock, held)
		g.waited(g.clock.Since(began))
		if err != nil {
			return err
		}
	}
}

// heldFor is how long a chat is held back from now on. The lock is held.
func (g *gate) heldFor(chat int64) time.Duration {
	until := g.closed[chat]
	if all := g.closed[everyone]; all.After(until) {
		until = all
	}
	return g.clock.Until(until)
}

// shut holds a chat back, or everyone: for d, or briefly where many chats were
// refused at once. It reports whether everyone is held back by it who was not
// before. Past entries go at the same time; a 429 is rare enough for that walk.
func (g *gate) shut(chat int64, d time.Duration) (all bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.clock.Now()
	maps.DeleteFunc(g.closed, func(_ int64, until time.Time) bool { return !until.After(now) })
	maps.DeleteFunc(g.hits, func(_ int64, at time.Time) bool { return now.Sub(at) > crowdWithin })
	_, before := g.closed[everyone]
	g.hold(chat, now.Add(d))
	if chat != everyone && chat != itself {
		g.hits[chat] = now
	}
	if len(g.hits) >= crowdSize {
		clear(g.hits)
		g.hold(everyone, now.Add(min(d, longestGuess)))
	}
	_, after := g.closed[everyone]
	return after && !before
}

// hold never shortens a wait. The lock is held.
func (g *gate) hold(chat int64, until time.Time) {
	if until.After(g.closed[chat]) {
		g.closed[chat] = until
	}
}
