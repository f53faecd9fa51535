package telegram

import (
	"context"
	"maps"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Keys of limits that are not those of one chat. No chat has these ids.
const (
	allChats          int64 = 0              // all chats
	botProfile        int64 = math.MinInt64  // the bot's profile and menu, which have a limit of their own
	callbacks         int64 = botProfile + 1 // the answers to callback queries
	unauthorizedChats int64 = botProfile + 2 // all chats with people who are not let in, and groups
)

// maxSharedWait bounds how long a 429 of one chat blocks other chats. Telegram does
// not say which limit a call met, so the conclusion may be wrong. If it was
// right, the next 429 says so again.
const maxSharedWait = time.Minute

// rateLimiter keeps messages to one chat in order and obeys every retry_after.
// Calls that share a limit share a queue.
type rateLimiter struct {
	meter        Meter
	people       *queue // what goes to people who are let in
	unauthorized *queue // what goes to everyone else
	callbacks    *queue
	profile      *queue

	mu        sync.Mutex
	locks     map[int64]*chatLock
	blocked   map[int64]time.Time // until when; of allChats, a queue or one chat
	suspected suspectedLimit
}

// chatLock is the lock of one chat. Blocked senders on a channel are served in the
// order they came, so it also is the chat's queue.
type chatLock struct {
	lock  chan struct{}
	users int // that hold the lock or wait for it; the last one deletes it
}

// newRateLimiter returns a rateLimiter with at most perSecond messages a second to
// people who are let in; 0 for no limit.
func newRateLimiter(perSecond float64, meter Meter) *rateLimiter {
	l := &rateLimiter{meter: meter, locks: map[int64]*chatLock{}, blocked: map[int64]time.Time{}}
	pace := rate.Limit(perSecond)
	if perSecond == 0 {
		pace = rate.Inf
	}
	l.people = newQueue(allChats, sendSlots, pace, nil)
	l.unauthorized = newQueue(unauthorizedChats, 1, pace*unauthorizedShare, l.people)
	l.callbacks = newQueue(callbacks, 1, rate.Inf, nil)
	l.profile = newQueue(botProfile, 1, rate.Inf, nil)
	return l
}

// lockChat locks a chat, in the order of the calls. The caller must call leave.
func (l *rateLimiter) lockChat(ctx context.Context, chat int64) (leave func(), err error) {
	k := l.chatLockOf(chat)
	if err := acquire(ctx, k.lock); err != nil {
		l.releaseLock(chat, k)
		return nil, err
	}
	return func() {
		<-k.lock
		l.releaseLock(chat, k)
	}, nil
}

func (l *rateLimiter) chatLockOf(chat int64) *chatLock {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.locks[chat]
	if k == nil {
		k = &chatLock{lock: make(chan struct{}, 1)}
		l.locks[chat] = k
	}
	k.users++
	return k
}

func (l *rateLimiter) releaseLock(chat int64, k *chatLock) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if k.users--; k.users == 0 {
		delete(l.locks, chat)
	}
}

// idle says that no call to a chat is in flight, waits or is blocked.
func (l *rateLimiter) idle(chat int64) bool {
	l.mu.Lock()
	busy := l.locks[chat] != nil
	l.mu.Unlock()
	return !busy && l.blockedFor(l.people, chat) <= 0
}

// blockedFor is how long a call is blocked from now on.
func (l *rateLimiter) blockedFor(q *queue, chat int64) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	until := l.blocked[chat]
	for _, key := range []int64{q.key, allChats} {
		if l.blocked[key].After(until) {
			until = l.blocked[key]
		}
	}
	return time.Until(until)
}

// block obeys a 429: it blocks the chat for d, and what shares a limit with it for
// a minute at most. For unauthorized people, callback queries and the profile that is their
// queue. People who are let in wait for each other only once a second chat is
// refused while the first 429 is in doubt. block reports whether all chats are
// blocked now that were not before. It also deletes past entries; a 429 is rare
// enough for that.
func (l *rateLimiter) block(q *queue, chat int64, d time.Duration) (all bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	maps.DeleteFunc(l.blocked, func(_ int64, until time.Time) bool { return !until.After(now) })
	_, before := l.blocked[allChats]
	short := now.Add(min(d, maxSharedWait))
	if q != l.callbacks { // no callback query can be answered after that time
		l.blockUntil(chat, now.Add(d))
	}
	switch {
	case q != l.people:
		l.blockUntil(q.key, short)
	case !l.suspected.until.After(now), l.suspected.chat == chat:
		l.suspected = suspectedLimit{chat: chat, until: short}
	default:
		l.blockUntil(allChats, short)
		l.suspected = suspectedLimit{chat: allChats, until: short.Add(maxSharedWait)}
	}
	_, after := l.blocked[allChats]
	return after && !before
}

// blockUntil never shortens a wait. The lock is held.
func (l *rateLimiter) blockUntil(chat int64, until time.Time) {
	if until.After(l.blocked[chat]) {
		l.blocked[chat] = until
	}
}

// sendSlots bounds the messages in flight. Each holds its upload twice: as the
// message, and as the request's body.
const sendSlots = 30

// unauthorizedShare is the part of the send rate that unauthorized people get in addition: with
// 25 messages a second for people who are let in, all together stay below the
// 30 a second that Telegram documents.
const unauthorizedShare = 1.0 / 6

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

// admit waits until a call may go out: its chat and its queue are not blocked, and
// it is first in the queue. The caller must call done once the call is over, and
// after block if it was refused with a 429. passed says that Telegram answered
// and no limit was met.
func (l *rateLimiter) admit(ctx context.Context, q *queue, chat int64) (done func(passed bool), err error) {
	for {
		if err := l.waitRetryAfter(ctx, q, chat); err != nil {
			return nil, err
		}
		if done, err := l.start(ctx, q, chat); done != nil || err != nil {
			return done, err
		}
	}
}

// waitRetryAfter waits while the chat or the queue is blocked. It holds no place in
// the queue, so that one blocked chat delays no other.
func (l *rateLimiter) waitRetryAfter(ctx context.Context, q *queue, chat int64) error {
	for {
		held := l.blockedFor(q, chat)
		if held <= 0 {
			return ctx.Err()
		}
		began := time.Now()
		err := wait(ctx, held)
		l.meter.waited(time.Since(began))
		if err != nil {
			return err
		}
	}
}

// start waits for the head of the queue, the pace and a slot. It returns nil if a
// 429 blocked the call meanwhile. While the limit of the last 429 is in doubt,
// the call keeps the head until it is over: one call alone finds out.
func (l *rateLimiter) start(ctx context.Context, q *queue, chat int64) (done func(passed bool), err error) {
	defer l.count(q)()
	if err := acquire(ctx, q.head); err != nil {
		return nil, err
	}
	defer func() {
		if done == nil {
			<-q.head
		}
	}()
	if l.blockedFor(q, chat) > 0 {
		return nil, nil
	}
	if err := q.pace.Wait(ctx); err != nil {
		return nil, err
	}
	if err := l.waitForPriority(ctx, q); err != nil {
		return nil, err
	}
	if err := acquire(ctx, q.slots); err != nil {
		return nil, err
	}
	if l.blockedFor(q, chat) > 0 {
		<-q.slots
		return nil, nil
	}
	if !l.isSuspected(q) {
		<-q.head
		return func(bool) { <-q.slots }, nil
	}
	return func(passed bool) {
		if passed {
			l.clearSuspected()
		}
		<-q.slots
		<-q.head
	}, nil
}

// try is pass for a call that is made at once or not at all.
func (l *rateLimiter) try(chat int64) (done func(), ok bool) {
	if !l.idle(chat) || l.isSuspected(l.people) {
		return nil, false
	}
	select {
	case l.people.slots <- struct{}{}:
	default:
		return nil, false
	}
	if !l.people.pace.Allow() {
		<-l.people.slots
		return nil, false
	}
	return func() { <-l.people.slots }, true
}

// waitForPriority waits while calls wait in the queue that goes first.
func (l *rateLimiter) waitForPriority(ctx context.Context, q *queue) error {
	for q.after != nil {
		l.mu.Lock()
		waiting, empty := q.after.waiting, q.after.empty
		l.mu.Unlock()
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
func (l *rateLimiter) count(q *queue) (end func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if q.waiting++; q.waiting == 1 {
		q.empty = make(chan struct{})
	}
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
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

// suspectedLimit is a recent 429 of a chat, as long as it is unknown whether the limit is
// the chat's own or that of all chats.
type suspectedLimit struct {
	chat  int64 // allChats: the limit was that of all chats, and may be still
	until time.Time
}

func (l *rateLimiter) isSuspected(q *queue) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return q == l.people && l.suspected.until.After(time.Now())
}

// clearSuspected notes that another call passed: the limit was the chat's own.
func (l *rateLimiter) clearSuspected() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.blocked[allChats].After(time.Now()) { // else an earlier call was refused meanwhile
		l.suspected = suspectedLimit{}
	}
}
