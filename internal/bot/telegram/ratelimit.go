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

// sendSlots bounds the messages in flight. Each holds its upload twice: as the
// message, and as the request's body.
const sendSlots = 30

// outsiderShare is the part of the send rate that outsiders get in addition: with
// 25 messages a second for people who are let in, all together stay below the
// 30 a second that Telegram documents.
const outsiderShare = 1.0 / 6

// queue holds the calls that share a limit. They leave it in the order in which
// they came, at its pace, and its slots bound the calls in flight.
type queue struct {
	key   int64         // what a 429 blocks together with the chat of the call
	head  chan struct{} // held by the call that leaves next; blocked senders are served in order
	slots chan struct{} // held by the calls under way
	pace  *rate.Limiter
	after *queue // its waiting calls go first; nil for none

	// Guarded by the lock of the rateLimiter.
	waiting int           // calls that wait for head, the pace or a slot
	empty   chan struct{} // closed when no call waits any more
}

func newQueue(key int64, slots int, perSecond rate.Limit, after *queue) *queue {
	return &queue{key: key, head: make(chan struct{}, 1), slots: make(chan struct{}, slots), pace: rate.NewLimiter(perSecond, 1), after: after}
}

// pass waits until a call may go out: its chat and its queue are not blocked, and
// it is first in the queue. The caller must call done once the call is over, and
// after block if it was refused with a 429. passed says that Telegram answered
// and no limit was met.
func (g *rateLimiter) pass(ctx context.Context, q *queue, chat int64) (done func(passed bool), err error) {
	for {
		if err := g.waitRetryAfter(ctx, q, chat); err != nil {
			return nil, err
		}
		if done, err := g.start(ctx, q, chat); done != nil || err != nil {
			return done, err
		}
	}
}

// waitRetryAfter waits while the chat or the queue is blocked. It holds no place in
// the queue, so that one blocked chat delays no other.
func (g *rateLimiter) waitRetryAfter(ctx context.Context, q *queue, chat int64) error {
	for {
		held := g.blockedFor(q, chat)
		if held <= 0 {
			return ctx.Err()
		}
		began := g.clock.Now()
		err := wait(ctx, g.clock, held)
		g.onWait(g.clock.Since(began))
		if err != nil {
			return err
		}
	}
}

// start waits for the head of the queue, the pace and a slot. It returns nil if a
// 429 blocked the call meanwhile. While the limit of the last 429 is in doubt,
// the call keeps the head until it is over: one call alone finds out.
func (g *rateLimiter) start(ctx context.Context, q *queue, chat int64) (done func(passed bool), err error) {
	defer g.count(q)()
	if err := acquire(ctx, q.head); err != nil {
		return nil, err
	}
	defer func() {
		if done == nil {
			<-q.head
		}
	}()
	if g.blockedFor(q, chat) > 0 {
		return nil, nil
	}
	if err := g.waitPace(ctx, q); err != nil {
		return nil, err
	}
	if err := g.waitForPriority(ctx, q); err != nil {
		return nil, err
	}
	if err := acquire(ctx, q.slots); err != nil {
		return nil, err
	}
	if g.blockedFor(q, chat) > 0 {
		<-q.slots
		return nil, nil
	}
	if !g.inDoubt(q) {
		<-q.head
		return func(bool) { <-q.slots }, nil
	}
	return func(passed bool) {
		if passed {
			g.settleDoubt()
		}
		<-q.slots
		<-q.head
	}, nil
}

// try is pass for a call that is made at once or not at all.
func (g *rateLimiter) try(chat int64) (done func(), ok bool) {
	if !g.idle(chat) || g.inDoubt(g.people) {
		return nil, false
	}
	select {
	case g.people.slots <- struct{}{}:
	default:
		return nil, false
	}
	if !g.people.pace.AllowN(g.clock.Now(), 1) {
		<-g.people.slots
		return nil, false
	}
	return func() { <-g.people.slots }, true
}

// waitPace waits until the queue's rate allows the next call.
func (g *rateLimiter) waitPace(ctx context.Context, q *queue) error {
	now := g.clock.Now()
	next := q.pace.ReserveN(now, 1)
	delay := next.DelayFrom(now)
	if delay <= 0 {
		return nil
	}
	if err := wait(ctx, g.clock, delay); err != nil {
		next.CancelAt(g.clock.Now())
		return err
	}
	return nil
}

// waitForPriority waits while calls wait in the queue that goes first.
func (g *rateLimiter) waitForPriority(ctx context.Context, q *queue) error {
	for q.after != nil {
		g.mu.Lock()
		waiting, empty := q.after.waiting, q.after.empty
		g.mu.Unlock()
		if waiting == 0 {
			break
		}
		select {
		case <-empty:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// count counts a waiting call until end is called.
func (g *rateLimiter) count(q *queue) (end func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if q.waiting++; q.waiting == 1 {
		q.empty = make(chan struct{})
	}
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if q.waiting--; q.waiting == 0 {
			close(q.empty)
		}
	}
}

// acquire puts a token into a channel, or returns ctx's error.
func acquire(ctx context.Context, tokens chan struct{}) error {
	select {
	case tokens <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// doubt is a recent 429 of a chat, as long as it is unknown whether the limit is
// the chat's own or that of all chats.
type doubt struct {
	chat  int64 // allChats: the limit was that of all chats, and may be still
	until time.Time
}

func (g *rateLimiter) inDoubt(q *queue) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return q == g.people && g.doubt.until.After(g.clock.Now())
}

// settleDoubt notes that another call passed: the limit was the chat's own.
func (g *rateLimiter) settleDoubt() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.blocked[allChats].After(g.clock.Now()) { // else an earlier call was refused meanwhile
		g.doubt = doubt{}
	}
}
