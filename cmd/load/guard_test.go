package main

import (
	"context"
	"testing"
)

// What the whole bot may take, over TLS and HTTP/2, in a process of its own: a quarter more than it takes now. Times
// are no good for a guard, these are the same on every machine. A bound that is met by far is to be lowered.
const (
	sessionBytes  = 25_000 // heap and stacks in use, of a login with a stream
	commandAllocs = 2_300  // of one /holdings with forty rows, each of them compared with the P&L that Kite states
)

// How that is measured.
const (
	guardPeople   = 200
	guardHoldings = 40
	guardCommands = 1000
	guardAtOnce   = 8
)

func TestTheBotStaysSmall(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector takes memory, too")
	}
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	l, err := newLoad(options{people: guardPeople, known: guardPeople, rate: 1, lasts: 1, holdings: guardHoldings})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.close)
	r, err := l.startBot(ctx, "", neverPark, 0)
	if err != nil {
		t.Fatal(err)
	}
	guardSessions(ctx, t, r, l.users(guardPeople))
	guardAllocs(ctx, t, r, l.users(guardPeople))
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
}

// guardSessions measures what is in use for people who have logged in.
func guardSessions(ctx context.Context, t *testing.T, r *runningBot, people []*user) {
	t.Helper()
	one, err := r.sessionCost(ctx, people)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("a session: %d bytes of heap, %d of stacks", one.Heap, one.Stacks)
	if took := one.Heap + one.Stacks; took > sessionBytes {
		t.Errorf("a session takes %d bytes, at most %d", took, sessionBytes)
	}
}

// guardAllocs measures what commands allocate.
func guardAllocs(ctx context.Context, t *testing.T, r *runningBot, people []*user) {
	t.Helper()
	if err := r.moveClock(ctx, linkExpiry, 1); err != nil {
		t.Fatal(err)
	}
	if err := r.warmUp(ctx, people); err != nil {
		t.Fatal(err)
	}
	var turns []*user
	for i := range guardCommands {
		turns = append(turns, people[i%len(people)])
	}
	if err := r.atPace(ctx, askInterval); err != nil {
		t.Fatal(err)
	}
	before, err := r.memory(ctx)
	if err != nil {
		t.Fatal(err)
	}
	seen := r.counts().tools
	if err := r.askOnce(ctx, turns, guardAtOnce); err != nil {
		t.Fatal(err)
	}
	after, err := r.memory(ctx)
	if err != nil {
		t.Fatal(err)
	}
	each := (after.Mallocs - before.Mallocs) / guardCommands
	t.Logf("a command: %d allocations, Kite was asked %d times for %d", each, r.counts().tools-seen, guardCommands)
	if each > commandAllocs {
		t.Errorf("a command takes %d allocations, at most %d", each, commandAllocs)
	}
}
