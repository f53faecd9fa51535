package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain lets the test binary be a measured process.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && !strings.HasPrefix(os.Args[1], "-") {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// testTimeout bounds a failure, not a success.
const testTimeout = time.Minute

func newTestLoad(t *testing.T) *load {
	t.Helper()
	l, err := newLoad(options{people: 6, known: 6, rate: 20, lasts: 500 * time.Millisecond, holdings: 12})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.close)
	return l
}

// A few people, half a second: everything that measures does measure. What comes out says nothing on a machine that
// runs tests.
func TestAFewPeople(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	l := newTestLoad(t)
	floor, err := l.floorLoops(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if floor.paced.p99 == 0 || floor.answers == 0 {
		t.Errorf("the floor came to %+v", floor)
	}
	r, err := l.startBot(ctx, "", neverPark, 0)
	if err != nil {
		t.Fatal(err)
	}
	people := l.users(l.options.people)
	for _, step := range []func() error{
		func() error { return l.sessionMemory(ctx, r, people) },
		func() error { return r.moveClock(ctx, linkExpiry, 1) },
		func() error { return r.warmUp(ctx, people) },
		func() error { return l.measureLatency(ctx, r, people, floor.paced) },
		func() error { return l.throughput(ctx, r, people, floor) },
		func() error { return l.networkBreak(ctx, r, people) },
		r.stop,
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	var text strings.Builder
	if err := l.print(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"own share of /holdings", "connections opened per command", "6 streams cut"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, &text)
		}
	}
}

// People who are known are answered after a start, each with one extra question, and one for them all: which tools
// there are.
func TestKnownPeople(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	l := newTestLoad(t)
	store := filepath.Join(l.folder, "known.db")
	if size, err := l.writeStore(store, 6); err != nil || size == 0 {
		t.Fatal(size, err)
	}
	r, err := l.startBot(ctx, store, parkAfter, linkExpiry)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.extraQuestions(ctx, l.users(6), "a restart", 1); err != nil {
		t.Fatal(err)
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if r := l.rows[0]; r.ours != "1.00" || r.reached != "yes" {
		t.Errorf("the first command after a restart: %+v", r)
	}
}

func TestOptions(t *testing.T) {
	var said strings.Builder
	for args, ok := range map[string]bool{
		"": true, "-only live": true,
		"-only nothing": false, "-people 0": false, "-people 5 -known 4": false, "live": false, "-rate -1": false,
	} {
		if _, err := parseOptions(strings.Fields(args), &said); (err == nil) != ok {
			t.Errorf("%q: %v", args, err)
		}
	}
}

func TestPercentile(t *testing.T) {
	var took []time.Duration
	for i := range 200 {
		took = append(took, time.Duration(i+1)*time.Millisecond)
	}
	if p50, p99 := percentile(took, 50), percentile(took, 99); p50 != 100*time.Millisecond || p99 != 198*time.Millisecond {
		t.Errorf("p50 %v, p99 %v", p50, p99)
	}
	if one := percentile(took[:1], 99); one != time.Millisecond {
		t.Errorf("of one value: %v", one)
	}
}
