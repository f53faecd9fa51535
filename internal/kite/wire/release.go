package wire

import (
	"context"
	"sync"
)

// deferred is what is reserved for answers that are not decoded yet.
type deferred struct {
	mu       sync.Mutex
	over     bool
	releases []func()
}

// deferredKey is its key in a context.
type deferredKey struct{}

// DeferRelease returns a context that keeps what is reserved for the answers asked
// for within it until release is called, by the caller that has decoded them.
// Without it an answer is released as soon as it is handed out.
func DeferRelease(ctx context.Context) (deferring context.Context, release func()) {
	h := &deferred{}
	return context.WithValue(ctx, deferredKey{}, h), func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, release := range h.releases {
			release()
		}
		h.over, h.releases = true, nil
	}
}

// OnRelease has ctx call release in the end. It reports false when nothing is deferred
// there, or not any more.
func OnRelease(ctx context.Context, release func()) bool {
	h, ok := ctx.Value(deferredKey{}).(*deferred)
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

// ReleasePending reports whether ctx has anything to release.
func ReleasePending(ctx context.Context) bool {
	h, ok := ctx.Value(deferredKey{}).(*deferred)
	if !ok {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.releases) > 0
}
