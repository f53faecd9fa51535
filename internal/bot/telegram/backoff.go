package telegram

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"kitebot/internal/clock"
)

const (
	firstBackoff = 100 * time.Millisecond
	lastBackoff  = 5 * time.Second
)

// backoff spreads repeated attempts: each wait is drawn from the whole of a
// span that doubles from 100 ms to 5 s, so that many clients do not return at
// the same moment.
type backoff struct{ attempts int }

// next draws the wait before the next attempt; it is never zero.
func (b *backoff) next() time.Duration {
	span := lastBackoff
	if b.attempts < 6 { // 100 ms << 6 is beyond the last span
		span = min(firstBackoff<<b.attempts, lastBackoff)
	}
	b.attempts++
	return 1 + rand.N(span)
}

// after is next, or what Telegram asked for with a 429.
func (b *backoff) after(f *apiError) time.Duration {
	if f.kind == rateLimited {
		return f.retryAfter
	}
	return b.next()
}

func (b *backoff) reset() { b.attempts = 0 }

// wait returns nil after d, or ctx's error.
func wait(ctx context.Context, c clock.Clock, d time.Duration) error {
	timer := c.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.Chan():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// failureLog says once that something fails and once that it is over, however
// many attempts lie between. It belongs to one goroutine.
type failureLog struct {
	log      *slog.Logger
	clock    clock.Clock
	kind     string // what is failing now, "" for nothing
	since    time.Time
	said     time.Time
	attempts int
}

// report is one failed attempt.
type report struct {
	kind  string // attempts of one kind share a line
	level slog.Level
	every time.Duration // say it again this often; 0 for never
	text  string
	err   error
}

func (t *failureLog) report(ctx context.Context, r report) {
	now := t.clock.Now()
	if t.kind == "" {
		t.since, t.attempts = now, 0
	}
	t.attempts++
	again := r.every > 0 && now.Sub(t.said) >= r.every
	if r.kind == t.kind && !again {
		return
	}
	t.kind, t.said = r.kind, now
	t.log.Log(ctx, r.level, r.text, "error", r.err, "attempts", t.attempts, "for", now.Sub(t.since))
}

func (t *failureLog) recovered(ctx context.Context, text string) {
	if t.kind == "" {
		return
	}
	t.kind = ""
	t.log.InfoContext(ctx, text, "attempts", t.attempts, "after", t.clock.Since(t.since))
}
