package app

import (
	"context"
	"errors"
	"fmt"

	"kitebot/internal/ops"
	"kitebot/internal/store"
)

// checkAlone returns [store.ErrLocked] when another process listens on the control
// socket of a store. The file's lock says the same, but not on a file system that
// grants each lock, as some network ones do.
func checkAlone(storePath string) error {
	if err := ops.CheckSocket(ops.SocketPath(storePath)); errors.Is(err, ops.ErrSocketTaken) {
		return fmt.Errorf("open store %s: %w", storePath, store.ErrLocked)
	}
	return nil
}

// serveControl makes the socket on which bot backup and bot healthcheck ask this
// process. The bot works without it, but not where another process has it.
func (r *rooms) serveControl(ctx context.Context) error {
	if r.Dial != nil {
		return nil
	}
	path := ops.SocketPath(r.StorePath)
	l, err := ops.ListenSocket(path)
	if errors.Is(err, ops.ErrSocketTaken) {
		return fmt.Errorf("open store %s: %w", r.StorePath, store.ErrLocked)
	}
	if err != nil {
		r.Logger.Warn("no control socket: bot backup works only while the bot is stopped, and bot healthcheck asks HTTP_ADDR",
			"socket", path, "err", err, "cure", cureOf(err))
		return nil
	}
	r.tasks.Go(func() { ops.Serve(ctx, l, ops.Control(r.health, r.file, r.Logger), r.Logger) })
	return nil
}

func cureOf(err error) string {
	switch {
	case errors.Is(err, ops.ErrSocketTooLong):
		return "a shorter STORE_PATH"
	case errors.Is(err, ops.ErrNoSocket):
		return "move away what is there, and start again"
	default:
		return "STORE_PATH in a folder where sockets can be made"
	}
}
