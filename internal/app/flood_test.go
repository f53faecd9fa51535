package app

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// page is a log.
type page struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *page) Write(line []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(line)
}

func (p *page) lines() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Split(strings.TrimSpace(p.text.String()), "\n")
}

// want compares the messages of the log so far.
func (p *page) want(t *testing.T, want ...string) {
	t.Helper()
	lines := p.lines()
	if len(lines) != len(want) {
		t.Fatalf("%d lines, want %d:\n%s", len(lines), len(want), strings.Join(lines, "\n"))
	}
	for i, part := range want {
		if !strings.Contains(lines[i], part) {
			t.Errorf("line %d is %q, want %q in it", i, lines[i], part)
		}
	}
}

// withGate runs a test with a log behind a gate, in a time of its own.
func withGate(t *testing.T, test func(t *testing.T, p *page, gate *floodgate, log *slog.Logger)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := &page{}
		gate := newFloodgate(slog.NewTextHandler(p, &slog.HandlerOptions{Level: slog.LevelDebug}))
		defer gate.Close()
		test(t, p, gate, slog.New(gate))
	})
}

// minute lets the time pass in which a warning stands for others.
func minute() {
	time.Sleep(floodWindow)
	synctest.Wait()
}

// A warning that repeats is one line a minute, with the count of the others and
// the last of them. When it is over for a minute, the next one is news again.
func TestAFloodIsALineAMinute(t *testing.T) {
	withGate(t, func(t *testing.T, p *page, _ *floodgate, log *slog.Logger) {
		for i := range 241 {
			log.Warn("kite is away", "err", fmt.Errorf("port %d", i), "person", i)
		}
		p.want(t, "port 0")
		minute()
		p.want(t, "port 0", "kite is away\" held_back=240 err=\"port 240")
		log.Warn("kite is away", "err", "port 241")
		minute()
		p.want(t, "port 0", "port 240", "held_back=1 err=\"port 241")
		minute()
		log.Warn("kite is away", "err", "port 242")
		p.want(t, "port 0", "port 240", "port 241", "kite is away\" err=\"port 242")
	})
}

// What is news is never held back: another warning, an error with another text,
// whatever is no warning, and the line of a command, whose reference a person
// was shown.
func TestNewsPasses(t *testing.T) {
	withGate(t, func(t *testing.T, p *page, _ *floodgate, log *slog.Logger) {
		for range 2 {
			log.Info("info")
			log.Debug("debug")
			log.Warn("command", "ref", "K7QX2M", "outcome", "failed")
			log.Warn("an event", "event", "logged in")
			log.Warn("an event", "event", "link dead")
			log.Error("the store", "err", errors.New("no space left"))
			log.Error("the store", "err", errors.New("read-only"))
			log.With("component", "store").Warn("away")
			log.With("component", "kite").Warn("away")
			log.WithGroup("g").Warn("away")
		}
		p.want(t, "info", "debug", "ref=K7QX2M", "logged in", "link dead", "no space left", "read-only", "component=store", "component=kite", "msg=away",
			"info", "debug", "ref=K7QX2M")
	})
}

// At the end nothing is kept back, and what comes after it is written as it comes.
func TestCloseFlushesTheCounts(t *testing.T) {
	withGate(t, func(t *testing.T, p *page, gate *floodgate, log *slog.Logger) {
		for range 3 {
			log.Warn("a")
		}
		log.Warn("b")
		gate.Close()
		p.want(t, "msg=a", "msg=b", "msg=a held_back=2")
		log.Warn("b")
		log.Warn("b")
		p.want(t, "msg=a", "msg=b", "held_back=2", "msg=b", "msg=b")
		gate.Close()
	})
}

// Kinds are bounded: beyond that nothing is kept, nor held back.
func TestManyKinds(t *testing.T) {
	withGate(t, func(t *testing.T, p *page, gate *floodgate, log *slog.Logger) {
		for i := range mostKinds + 5 {
			log.Warn(fmt.Sprint("kind ", i))
		}
		log.Warn(fmt.Sprint("kind ", mostKinds+1))
		log.Warn("kind 0")
		if lines := p.lines(); len(lines) != mostKinds+6 || len(gate.recent.kinds) != mostKinds {
			t.Errorf("%d lines, %d kinds", len(lines), len(gate.recent.kinds))
		}
	})
}
