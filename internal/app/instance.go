package app

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"sync"
	"time"

	"kitebot/internal/kite/mcpconn"
	"kitebot/internal/kite/session"
	"kitebot/internal/ops"
	"kitebot/internal/store"
)

// Options are what a test or the demo changes about a run.
type Options struct {
	Logger  *slog.Logger     // nil = discard
	Now     func() time.Time // nil = time.Now
	Version string
	Ready   func() // called once the bot takes updates in; nil: not called
	// Dial makes the connections to both far ends; nil = the real network. With a
	// made one there is no control socket either.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Listen takes a TCP address to serve at; nil = the real network.
	Listen func(address string) (net.Listener, error)
	// Timing is how patient the sessions are; what is zero is as shipped, or set.
	Timing session.Timing
}

// instance is one run of the bot, with its parts.
type instance struct {
	Config
	Options
	dialer  *mcpconn.Dialer
	file    *store.Store
	health  *ops.Health
	metrics *ops.Metrics
	logins  finisher       // of logins by OAuth
	tasks   sync.WaitGroup // what runs concurrently with the intake
}

// timing is how patient the sessions are: as the settings have it, unless this
// run has its own.
func (r *instance) timing() session.Timing {
	t := r.Timing
	t.Idle = cmp.Or(t.Idle, r.SessionIdle)
	return t
}
