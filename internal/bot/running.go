package bot

import (
	"context"
	"fmt"
	"sync"
)

// errCancelled says that a person has cancelled a command.
var errCancelled = fmt.Errorf("the person pressed Cancel: %w", context.Canceled)

// running are the commands that work now, by their person, who has one at a time.
type runningCommands struct {
	mu  sync.Mutex
	all map[int64]work
}

type work struct {
	command string
	stop    context.CancelCauseFunc
}

// begin returns the context of a command's work, and what ends it.
func (r *runningCommands) begin(ctx context.Context, person int64, command string) (context.Context, func()) {
	ctx, stop := context.WithCancelCause(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all == nil {
		r.all = map[int64]work{}
	}
	r.all[person] = work{command, stop}
	return ctx, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.all, person)
		stop(nil)
	}
}

// cancel stops a person's command. It reports whether that one is under way.
func (r *runningCommands) cancel(person int64, command string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	w, found := r.all[person]
	found = found && w.command == command
	if found {
		w.stop(errCancelled)
	}
	return found
}
