package telegram

import (
	"context"
	"maps"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"kitebot/internal/clock"
)

// Keys of limits that are not those of one chat. No chat has these ids.
const (
	allChats   int64 = 0              // all chats
	botProfile int64 = math.MinInt64  // the bot's profile and menu, which have a limit of their own
	callbacks  int64 = botProfile + 1 // the answers to callback queries
	outsiders  int64 = botProfile + 2 // all chats with people who are not let in, and groups
)

// maxSharedWait bounds how long a 429 of one chat blocks other chats. Telegram does
// not say which limit a call met, so the conclusion may be wrong. If it was
// right, the next 429 says so again.
const maxSharedWait = time.Minute

// rateLimiter keeps messages to one chat in order and obeys every retry_after.
// Calls that share a limit share a queue.
type rateLimiter struct {
	clock     clock.Clock
	onWait    func(time.Duration) // called with how long a call was blocked
	people    *queue              // what goes to people who are let in
	outsiders *queue              // what goes to everyone else
	callbacks *queue
	profile   *queue

	mu      sync.Mutex
	lanes   map[int64]*lane
	blocked map[int64]time.Time // until when; of allChats, a queue or one chat
	doubt   doubt
}

// lane is the lock of one chat. Blocked senders on a channel are served in the
// order they came, so it also is the chat's queue.
type lane struct {
	lock  chan struct{}
	users int // that hold the lock or wait for it; the last one deletes the lane
}

// newRateLimiter returns a rateLimiter with at most perSecond messages a second to
// people who are let in; 0 for no limit.
func newRateLimiter(c clock.Clock, perSecond float64) *rateLimiter {
	g := &rateLimiter{clock: c, onWait: noopMeter{}.TelegramWaited, lanes: map[int64]*lane{}, blocked: map[int64]time.Time{}}
	pace := rate.Limit(perSecond)
	if perSecond == 0 {
		pace = rate.Inf
	}
	g.people = newQueue(allChats, sendSlots, pace, nil)
	g.outsiders = newQueue(outsiders, 1, pace*outsiderShare, g.people)
	g.callbacks = newQueue(callbacks, 1, rate.Inf, nil)
	g.profile = newQueue(botProfile, 1, rate.Inf, nil)
	return g
}

// enter locks a chat, in the order of the calls. The caller must call leave.
func (g *rateLimiter) enter(ctx context.Context, chat int64) (leave func(), err error) {
	l := g.join(chat)
	select {
	case l.lock <- struct{}{}:
		return func() {
			<-l.lock
			g.part(chat, l)
		}, nil
	case <-ctx.Done():
		g.part(chat, l)
		return nil, ctx.Err()
	}
}

func (g *rateLimiter) join(chat int64) *lane {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.lanes[chat]
	if l == nil {
		l = &lane{lock: make(chan struct{}, 1)}
		g.lanes[chat] = l
	}
	l.users++
	return l
}

func (g *rateLimiter) part(chat int64, l *lane) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if l.users--; l.users == 0 {
		delete(g.lanes, chat)
	}
}

// idle says that no call to a chat is in flight, waits or is blocked.
func (g *rateLimiter) idle(chat int64) bool {
	g.mu.Lock()
	busy := g.lanes[chat] != nil
	g.mu.Unlock()
	return !busy && g.blockedFor(g.people, chat) <= 0
}

// blockedFor is how long a call is blocked from now on.
func (g *rateLimiter) blockedFor(q *queue, chat int64) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	until := g.blocked[chat]
	for _, key := range []int64{q.key, allChats} {
		if g.blocked[key].After(until) {
			until = g.blocked[key]
		}
	}
	return g.clock.Until(until)
}

// block obeys a 429: it blocks the chat for d, and what shares a limit with it for
// a minute at most. For outsiders, callback queries and the profile that is their
// queue. People who are let in wait for each other only once a second chat is
// refused while the first 429 is in doubt. block reports whether all chats are
// blocked now that were not before. It also deletes past entries; a 429 is rare
// enough for that.
func (g *rateLimiter) block(q *queue, chat int64, d time.Duration) (all bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.clock.Now()
	maps.DeleteFunc(g.blocked, func(_ int64, until time.Time) bool { return !until.After(now) })
	_, before := g.blocked[allChats]
	short := now.Add(min(d, maxSharedWait))
	if q != g.callbacks { // no callback query can be answered after that time
		g.blockUntil(chat, now.Add(d))
	}
	switch {
	case q != g.people:
		g.blockUntil(q.key, short)
	case !g.doubt.until.After(now), g.doubt.chat == chat:
		g.doubt = doubt{chat: chat, until: short}
	default:
		g.blockUntil(allChats, short)
		g.doubt = doubt{chat: allChats, until: short.Add(maxSharedWait)}
	}
	_, after := g.blocked[allChats]
	return after && !before
}

// blockUntil never shortens a wait. The lock is held.
func (g *rateLimiter) blockUntil(chat int64, until time.Time) {
	if until.After(g.blocked[chat]) {
		g.blocked[chat] = until
	}
}
