package telegram

import (
	"context"
	"log/slog"
	"time"

	"kitebot/internal/clock"
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
