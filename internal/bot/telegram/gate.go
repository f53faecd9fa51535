package telegram

import (
	"context"
	"sync"
	"time"

	"kitebot/internal/clock"
)

// everyone stands for all chats in a gate; no chat has id 0.
const everyone int64 = 0

// gate keeps messages to one chat in order and holds them back for as long as
// Telegram asked, and no longer: its limits move, so none is guessed.
type gate struct {
	clock clock.Clock

	mu     sync.Mutex
	lanes  map[int64]*lane
	closed map[int64]time.Time // until when; of everyone, or of one chat
}

// lane is the queue before one chat. Blocked senders on a channel are served
// in the order they came, which is all the queue we need.
type lane struct {
	turn  chan struct{}
	users int // inside or waiting; the last one takes the lane away
}

func newGate(c clock.Clock) *gate {
	return &gate{clock: c, lanes: map[int64]*lane{}, closed: map[int64]time.Time{}}
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
		if err := wait(ctx, g.clock, held); err != nil {
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

// shut holds a chat back, or everyone. Past entries go at the same time; a 429
// is rare enough for that walk.
func (g *gate) shut(chat int64, d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.clock.Now()
	for id, until := range g.closed {
		if !until.After(now) {
			delete(g.closed, id)
		}
	}
	if until := now.Add(d); until.After(g.closed[chat]) {
		g.closed[chat] = until
	}
}
