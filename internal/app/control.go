package app

import (
	"context"
	"errors"

	"kitebot/internal/ops"
)

// serveControl makes the socket on which bot backup and bot healthcheck ask this
// process. The bot works without it.
func (r *rooms) serveControl(ctx context.Context) {
	if r.Dial != nil {
		return
	}
	path := ops.SocketPath(r.StorePath)
	l, err := ops.ListenSocket(path)
	if err != nil {
		r.Logger.Warn("no control socket: bot backup works only while the bot is stopped, and bot healthcheck asks HTTP_ADDR",
			"socket", path, "err", err, "cure", cureOf(err))
		return
	}
	r.beside.Go(func() { ops.Serve(ctx, l, ops.Control(r.health, r.file, r.Logger), r.Logger) })
}

func cureOf(err error) string {
	switch {
	case errors.Is(err, ops.ErrSocketTooLong):
		return "a shorter STORE_PATH"
	case errors.Is(err, ops.ErrSocketTaken), errors.Is(err, ops.ErrNoSocket):
		return "move away what is there, and start again"
	default:
		return "STORE_PATH in a folder where sockets can be made"
	}
}
