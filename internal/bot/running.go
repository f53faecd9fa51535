package bot

import (
	"context"
	"fmt"
	"sync"
)

// errCancelled says that a person has cancelled a command.
var errCancelled = fmt.Errorf("the person pressed Cancel: %w", context.Canceled)

// underWay are the commands that work now, by their person, who has one at a time.
type underWay struct {
	mu  sync.Mutex
	all map[int64]work
}

type work struct {
	command string
	stop    context.CancelCauseFunc
}

// begin returns the context of a command's work, and what ends it.
func (u *underWay) begin(ctx context.Context, person int64, command string) (context.Context, func()) {
	ctx, stop := context.WithCancelCause(ctx)
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.all == nil {
		u.all = map[int64]work{}
	}
	u.all[person] = work{command, stop}
	return ctx, func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		delete(u.all, person)
		stop(nil)
	}
}

// cancel stops a person's command. It reports whether that one is under way.
func (u *underWay) cancel(person int64, command string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	w, found := u.all[person]
	found = found && w.command == command
	if found {
		w.stop(errCancelled)
	}
	return found
}
