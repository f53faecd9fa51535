package kite

import (
	"context"
	"sync"
)

// hold is what is reserved for answers that are not decoded yet.
type hold struct {
	mu       sync.Mutex
	over     bool
	releases []func()
}

// holdKey is the key of a hold in a context.
type holdKey struct{}

// HoldAnswers returns a context that keeps what is reserved for the answers asked
// for within it until release is called, by the caller that has decoded them.
// Without it an answer is released as soon as it is handed out.
func HoldAnswers(ctx context.Context) (held context.Context, release func()) {
	h := &hold{}
	return context.WithValue(ctx, holdKey{}, h), func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, release := range h.releases {
			release()
		}
		h.over, h.releases = true, nil
	}
}

// Held has the hold of ctx call release in the end. It reports false when there
// is none, or not any more.
func Held(ctx context.Context, release func()) bool {
	h, ok := ctx.Value(holdKey{}).(*hold)
	if !ok {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.over {
		h.releases = append(h.releases, release)
	}
	return !h.over
}

// Holds reports whether anything is held for ctx.
func Holds(ctx context.Context) bool {
	h, ok := ctx.Value(holdKey{}).(*hold)
	if !ok {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.releases) > 0
}
