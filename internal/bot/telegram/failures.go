package telegram

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"
)

// failureLog logs the first of a row of failures and the recovery. It belongs to
// one goroutine.
type failureLog struct {
	log      *slog.Logger
	kind     string // what fails now, "" for nothing
	since    time.Time
	logged   time.Time
	attempts int
}

// report is one failed attempt.
type report struct {
	kind  string // failures of one kind share a line
	level slog.Level
	every time.Duration // log it again this often; 0 for never
	text  string

	effect string // what follows
	action string // what an operator should do, "" for nothing
	err    error
}

func (l *failureLog) report(ctx context.Context, r report) {
	now := time.Now()
	if l.kind == "" {
		l.since, l.attempts = now, 0
	}
	l.attempts++
	again := r.every > 0 && now.Sub(l.logged) >= r.every
	if r.kind == l.kind && !again {
		return
	}
	l.kind, l.logged = r.kind, now
	attrs := []any{"effect", r.effect}
	if r.action != "" {
		attrs = append(attrs, "action", r.action)
	}
	l.log.Log(ctx, r.level, r.text, append(attrs, "error", r.err, "attempts", l.attempts, "for", now.Sub(l.since))...)
}

func (l *failureLog) recovered(ctx context.Context, text string) {
	if l.kind != "" {
		l.kind = ""
		l.log.InfoContext(ctx, text, "attempts", l.attempts, "after", time.Since(l.since))
	}
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
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
