package mcpconn_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/kite/mcpconn"
	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

// networked returns a Dialer whose connections are made by dial.
func networked(t *testing.T, dial func(context.Context) (net.Conn, error)) *mcpconn.Dialer {
	d, err := mcpconn.New(mcpconn.Options{URL: home + "/sse", Dial: func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

// asks is the failure of a question over a connection of its own.
func asks(ctx context.Context, d *mcpconn.Dialer) error {
	_, err := d.Resume(credential(session.NewID("kitemcp-made-up")), nil).Call(ctx, query.Profile())
	return err
}

// Where no caller has a connection, few at a time. A caller that
// waits for the others waits no longer than it wants to.
func TestFewDialAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most, all atomic.Int64
		network := make(chan struct{})
		d := networked(t, func(ctx context.Context) (net.Conn, error) {
			all.Add(1)
			most.Store(max(most.Load(), now.Add(1)))
			defer now.Add(-1)
			select {
			case <-network:
				return nil, errors.New("no route to host")
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		})
		const people = 200
		errs := make(chan error, people)
		for range people {
			go func() { errs <- asks(t.Context(), d) }()
		}
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := asks(ctx, d); !errors.Is(err, context.Canceled) {
			t.Errorf("a caller that gave up: %v", err)
		}
		close(network)
		for range people {
			wantKind(t, <-errs, wire.KindUnreachable)
		}
		if most.Load() != mcpconn.MostConnecting || all.Load() != people {
			t.Errorf("%d dialled, %d at once; want %d, %d at once", all.Load(), most.Load(), people, mcpconn.MostConnecting)
		}
	})
}

// Many callers over HTTP/2 shares what few connections it makes.
func TestManyCallsShareConnections(t *testing.T) {
	f := newServer(t, func(f *fakeServer) { f.tls = true })
	d := f.dialer(t, "/mcp", mcpconn.Options{})
	c := open(t, d)
	const people = 300
	errs := make(chan error, people)
	for range people {
		go func() {
			_, err := d.Resume(credential(c.ID()), nil).Call(t.Context(), query.Profile())
			errs <- err
		}()
	}
	for range people {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if n := f.conns.Load(); n > 2*mcpconn.MostConnecting {
		t.Errorf("%d connections for %d people", n, people)
	}
}

// Dials that hang must not keep callers from dialling once the network is back.
func TestHungDialsBlockNoLaterDial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dials atomic.Int64
		var back atomic.Bool
		d := networked(t, func(ctx context.Context) (net.Conn, error) {
			dials.Add(1)
			if back.Load() {
				return nil, errors.New("dialled")
			}
			<-ctx.Done() // obeys its context, as a Dial has to
			return nil, ctx.Err()
		})
		errs := make(chan error, mcpconn.MostConnecting)
		for range mcpconn.MostConnecting {
			go func() { errs <- asks(t.Context(), d) }()
		}
		for range mcpconn.MostConnecting {
			wantKind(t, <-errs, wire.KindUnreachable)
		}
		time.Sleep(time.Hour)
		back.Store(true)
		before := dials.Load()
		for range 3 {
			_ = asks(t.Context(), d)
		}
		if n := dials.Load() - before; n != 3 {
			t.Errorf("an hour later 3 calls dialled %d times, want 3", n)
		}
	})
}

// Calls that were given up leave no dials behind that have not begun.
func TestNoDialsForCallsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dials atomic.Int64
		d := networked(t, func(context.Context) (net.Conn, error) {
			dials.Add(1)
			time.Sleep(10 * time.Second) // the Timeout of the dialer we ship
			return nil, errors.New("i/o timeout")
		})
		for range 10 { // ten seconds of crowds that give up after a second
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			for range mcpconn.MostConnecting {
				go asks(ctx, d)
			}
			time.Sleep(time.Second)
			synctest.Wait()
			cancel()
		}
		begun := dials.Load() // no caller waits for anything any more
		wantKind(t, asks(t.Context(), d), wire.KindUnreachable)
		time.Sleep(10 * time.Minute)
		if n := dials.Load() - begun; n > 1 {
			t.Errorf("%d dials began after all but one had given up, want 1", n)
		}
	})
}

// A given transport that knows no httptrace.
func TestAGivenTransportIsNotLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var reached atomic.Int64
		d, _ := newDialer(t, mcpconn.Options{URL: home + "/mcp", HTTPClient: &http.Client{Transport: function(func(req *http.Request) (*http.Response, error) {
			reached.Add(1)
			<-req.Context().Done()
			return nil, req.Context().Err()
		})}})
		defer d.Close()
		for range 40 {
			go asks(t.Context(), d)
		}
		synctest.Wait()
		if n := reached.Load(); n != 40 {
			t.Errorf("%d of 40 calls reached the transport", n)
		}
	})
}

// Every new connection costs a handshake of several round trips, so that calls
// in a row must share one.
func TestConnectionsAreKept(t *testing.T) {
	for _, tls := range []bool{false, true} {
		f := newServer(t, func(f *fakeServer) {
			f.tls = tls
			f.result = func(string) string { return textResult(strings.Repeat("x", 2<<10)) }
		})
		d := f.dialer(t, "/sse", mcpconn.Options{})
		c := open(t, d)
		for name, conn := range map[string]session.Conn{"/message": c, "/mcp": d.Resume(credential(c.ID()), nil)} {
			t.Run(map[bool]string{false: "http", true: "https"}[tls]+name, func(t *testing.T) {
				var before int64
				for i := range 51 {
					if _, err := conn.Call(t.Context(), query.Holdings()); err != nil {
						t.Fatal(err)
					}
					if i == 0 {
						before = f.conns.Load()
					}
				}
				if n := f.conns.Load() - before; n != 0 {
					t.Errorf("%d new connections in 50 calls, want none", n)
				}
			})
		}
	}
}

// A session that does nothing should cost little: over HTTP/2 it has no
// connection of its own.
func TestStreamsShareConnections(t *testing.T) {
	f := newServer(t, func(f *fakeServer) { f.tls = true })
	d := f.dialer(t, "/sse", mcpconn.Options{})
	const n = 20
	for range n {
		open(t, d)
	}
	if got := f.conns.Load(); got > 2 {
		t.Errorf("%d streams use %d connections, want one or two", n, got)
	}
}
