package app_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"syscall"
	"time"
)

// network is the two hosts that the bot talks to, within the process: nothing of
// it is known to the kernel, so that a bubble sees when everybody waits. What is
// written is kept until it is read, without a limit.
type network struct{ hosts map[string]*host }

func newNetwork(addresses ...string) *network {
	n := &network{hosts: map[string]*host{}}
	for _, a := range addresses {
		n.hosts[a] = &host{
			address: a, arrivals: make(chan net.Conn), closed: make(chan struct{}),
			changed: make(chan struct{}), lines: map[*line]bool{},
		}
	}
	return n
}

// plug is one process's way into the network.
type plug struct {
	*network
	mu     sync.Mutex
	pulled bool
	lines  []*line
}

// dialTime is how long a dial waits for a host that says nothing, as the bot's
// own dialers do.
const dialTime = 10 * time.Second

func (p *plug) dial(ctx context.Context, network, address string) (net.Conn, error) {
	fail := func(err error) error { return &net.OpError{Op: "dial", Net: network, Err: err} }
	h := p.hosts[address]
	if h == nil {
		return nil, fail(errors.New("no such host"))
	}
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	if err := h.reach(ctx); err != nil {
		return nil, fail(err)
	}
	l := newLine(h)
	if !p.join(l) {
		return nil, fail(syscall.ENETUNREACH)
	}
	select {
	case h.arrivals <- l.far():
		return l.near(), nil
	case <-h.closed:
		return nil, fail(syscall.ECONNREFUSED)
	case <-ctx.Done():
		return nil, fail(ctx.Err())
	}
}

func (p *plug) join(l *line) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lines = append(p.lines, l)
	return !p.pulled
}

// pull cuts the process off: both ends of its lines find them broken, and it
// gets no new ones.
func (p *plug) pull() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pulled = true
	for _, l := range p.lines {
		l.cut()
	}
}

// host is one address. It is the net.Listener of what serves there.
type host struct {
	address  string
	arrivals chan net.Conn
	closing  sync.Once
	closed   chan struct{}

	mu      sync.Mutex
	refuses bool
	frozen  bool
	changed chan struct{} // closed and replaced when either of them changes
	lines   map[*line]bool
}

func (h *host) Accept() (net.Conn, error) {
	select {
	case c := <-h.arrivals:
		return c, nil
	case <-h.closed:
		return nil, net.ErrClosed
	}
}

func (h *host) Close() error   { h.closing.Do(func() { close(h.closed) }); return nil }
func (h *host) Addr() net.Addr { return place(h.address) }

// reach waits until the host takes connections, or says that it does not.
func (h *host) reach(ctx context.Context) error {
	for {
		h.mu.Lock()
		refuses, frozen, changed := h.refuses, h.frozen, h.changed
		h.mu.Unlock()
		switch {
		case refuses:
			return syscall.ECONNREFUSED
		case !frozen:
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// reachable reports whether the host answers just now.
func (h *host) reachable() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return !h.refuses && !h.frozen
}

// set changes how the host behaves, to new lines and to those that are open.
func (h *host) set(refuses, frozen bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.refuses, h.frozen = refuses, frozen
	close(h.changed)
	h.changed = make(chan struct{})
	for l := range h.lines {
		l.up.hold(frozen)
		l.down.hold(frozen)
	}
	if refuses {
		h.cutAll()
	}
}

// down: nobody listens there any more, and open lines are reset. silent: no byte
// passes and nothing is closed. up is the end of either.
func (h *host) down()   { h.set(true, false) }
func (h *host) silent() { h.set(false, true) }
func (h *host) up()     { h.set(false, false) }

// cut resets the open lines.
func (h *host) cut() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cutAll()
}

func (h *host) cutAll() {
	for l := range h.lines {
		l.cut()
	}
	clear(h.lines)
}
