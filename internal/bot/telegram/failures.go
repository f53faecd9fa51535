package telegram

import (
	"context"
	"log/slog"
	"time"

	"kitebot/internal/clock"

	"math/rand/v2"
)

// failureLog logs the first of a row of failures and the recovery. It belongs to
// one goroutine.
type failureLog struct {
	log      *slog.Logger
	clock    clock.Clock
	kind     string // what fails now, "" for nothing
	since    time.Time
	said     time.Time
	attempts int
}

// report is one failed attempt.
type report struct {
	kind  string // failures of one kind share a line
	level slog.Level
	every time.Duration // log it again this often; 0 for never
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

const (
	firstBackoff = 100 * time.Millisecond
	lastBackoff  = 5 * time.Second
)

// backoff is exponential with full jitter: each wait is drawn from the whole of a
// span that doubles from 100 ms to 5 s.
type backoff struct{ attempts int }

// next draws the wait before the next attempt; it is never zero.
func (b *backoff) next() time.Duration {
	span := min(firstBackoff<<min(b.attempts, 6), lastBackoff)
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
