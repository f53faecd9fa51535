package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kitebot/internal/app"
	"kitebot/internal/ops"
)

// probeTime is less than a container's health check is given.
const probeTime = 3 * time.Second

// errNotReady is said after a report that says why.
var errNotReady = errors.New("the bot is not ready: people are not served")

// healthcheck asks whether the bot is alive or, with "ready", prints how its
// parts are and whether it serves people.
func (p program) healthcheck(ctx context.Context, what string) error {
	if what == "" {
		return p.inquire(ctx, ops.ProbeSocket, ops.Probe)
	}
	var report ops.Report
	from := func(ask func(context.Context, string) (ops.Report, error)) probe {
		return func(ctx context.Context, place string) (err error) {
			report, err = ask(ctx, place)
			return err
		}
	}
	if err := p.inquire(ctx, from(ops.ReadySocket), from(ops.Ready)); err != nil {
		return err
	}
	if _, err := fmt.Fprint(p.stdout, report.Text()); err != nil {
		return err
	}
	if report.Status == ops.StatusNotReady {
		return errNotReady
	}
	return nil
}

// probe asks a bot at a place.
type probe func(ctx context.Context, place string) error

// inquire asks over the control socket, which needs no open port, or on
// HTTP_ADDR where nobody answers on the socket.
func (p program) inquire(ctx context.Context, socket, http probe) error {
	c, err := app.Load(p.env, "STORE_PATH", "HTTP_ADDR")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	err = socket(ctx, ops.SocketPath(c.StorePath))
	switch {
	case !errors.Is(err, ops.ErrNoAnswer):
		return err
	case c.HTTPAddr == "":
		return fmt.Errorf("%w, and HTTP_ADDR is off", err)
	default:
		return http(ctx, c.HTTPAddr)
	}
}
