package mcpconn

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

// When nobody has a connection, few of all who want one dial at a time.
func TestACrowdDialsInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		now, most, all := 0, 0, 0
		network := make(chan struct{})
		d, err := New(Options{URL: "https://mcp.example.com/sse", Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			mu.Lock()
			now, all = now+1, all+1
			most = max(most, now)
			mu.Unlock()
			defer func() { mu.Lock(); now--; mu.Unlock() }()
			select {
			case <-network:
				return nil, errors.New("no route to host")
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		const people = 200
		errs := make(chan error, people)
		for range people {
			go func() {
				_, err := d.Resume(held(session.NewID("kitemcp-made-up")), nil).Call(t.Context(), query.Profile())
				errs <- err
			}()
		}
		synctest.Wait()
		if most != mostConnecting {
			t.Errorf("%d dial at once, want %d", most, mostConnecting)
		}
		close(network)
		for range people {
			wantKind(t, <-errs, wire.KindUnreachable)
		}
		if most != mostConnecting || all != people {
			t.Errorf("%d dialled, %d at once; want %d, %d at once", all, most, people, mostConnecting)
		}
	})
}

// Who waits for the others waits no longer than they want to.
func TestWaitingForAConnectionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := newDialLimiter(http.NewFileTransport(nil))
		for range mostConnecting {
			gate.places <- struct{}{}
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		given := errors.New("given up")
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://mcp.example.com/mcp", nil)
		if err != nil {
			t.Fatal(err)
		}
		over := make(chan error)
		go func() {
			_, err := gate.RoundTrip(req)
			over <- err
		}()
		synctest.Wait()
		cancel(given)
		if err := <-over; !errors.Is(err, given) {
			t.Errorf("it ended with %v", err)
		}
	})
}

// A dial for a request that was served meanwhile is left, and its turn is free
// for the next one.
func TestADialThatNobodyNeedsIsLeft(t *testing.T) {
	dialled := 0
	dial := limitDials(func(context.Context, string, string) (net.Conn, error) {
		dialled++
		return nil, errors.New("no route to host")
	})
	for range 2 * mostConnecting {
		var served atomic.Bool
		served.Store(true)
		if _, err := dial(context.WithValue(t.Context(), connectedKey{}, &served), "tcp", "mcp.example.com:443"); !errors.Is(err, errDialNotNeeded) {
			t.Fatalf("the dial ended with %v", err)
		}
	}
	if dialled > 0 {
		t.Errorf("%d dials for nobody", dialled)
	}
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), connectedKey{}, new(atomic.Bool)))
	if _, err := dial(ctx, "tcp", "mcp.example.com:443"); dialled != 1 || errors.Is(err, errDialNotNeeded) {
		t.Errorf("a dial that is needed: %v", err)
	}
	cancel()
}

// A crowd over HTTP/2 shares what few connections it makes.
func TestACrowdSharesConnections(t *testing.T) {
	f := newFar(t, func(f *far) { f.tls = true })
	d := f.dialer(t, "/mcp", Options{})
	c := open(t, d)
	const people = 300
	errs := make(chan error, people)
	for range people {
		go func() {
			_, err := d.Resume(held(c.ID()), nil).Call(t.Context(), query.Profile())
			errs <- err
		}()
	}
	for range people {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if n := f.conns.Load(); n > 2*mostConnecting {
		t.Errorf("%d connections for %d people", n, people)
	}
}

// Dials that hang must not keep everybody from dialling once the network is back.
func TestHungDialsBlockNobodyForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dials atomic.Int64
		var back atomic.Bool
		d, err := New(Options{URL: "https://mcp.example.com/sse", Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			dials.Add(1)
			if back.Load() {
				return nil, errors.New("dialled")
			}
			<-ctx.Done() // obeys its context, as a Dial has to
			return nil, ctx.Err()
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		errs := make(chan error, mostConnecting)
		for range mostConnecting {
			go func() {
				_, err := d.Resume(held(session.NewID("kitemcp-made-up")), nil).Call(t.Context(), query.Profile())
				errs <- err
			}()
		}
		for range mostConnecting {
			wantKind(t, <-errs, wire.KindUnreachable)
		}
		time.Sleep(time.Hour)
		back.Store(true)
		before := dials.Load()
		for range 3 {
			_, _ = d.Resume(held(session.NewID("kitemcp-made-up")), nil).Call(t.Context(), query.Profile())
		}
		if n := dials.Load() - before; n != 3 {
			t.Errorf("an hour later 3 calls dialled %d times, want 3", n)
		}
	})
}

// Calls that were given up leave no dials behind that have not begun.
func TestNoDialsForWhoGaveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dials atomic.Int64
		d, err := New(Options{URL: "https://mcp.example.com/sse", Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			dials.Add(1)
			time.Sleep(10 * time.Second) // the Timeout of the dialer we ship
			return nil, errors.New("i/o timeout")
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		for range 10 { // ten seconds of crowds that give up after a second
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			for range mostConnecting {
				go d.Resume(held(session.NewID("kitemcp-made-up")), nil).Call(ctx, query.Profile())
			}
			time.Sleep(time.Second)
			synctest.Wait()
			cancel()
		}
		begun := dials.Load() // nobody waits for anything any more
		_, err = d.Resume(held(session.NewID("kitemcp-made-up")), nil).Call(t.Context(), query.Profile())
		wantKind(t, err, wire.KindUnreachable)
		time.Sleep(10 * time.Minute)
		if n := dials.Load() - begun; n > 1 {
			t.Errorf("%d dials began after everybody but one had given up, want 1", n)
		}
	})
}

type bare struct{ in chan struct{} }

func (b bare) RoundTrip(r *http.Request) (*http.Response, error) {
	b.in <- struct{}{}
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// A given transport that knows no httptrace.
func TestAGivenTransportIsNotLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := bare{make(chan struct{}, 100)}
		d, err := New(Options{URL: "https://mcp.example.com/mcp", HTTPClient: &http.Client{Transport: b}})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		for range 40 {
			go d.Resume(held(session.NewID("kitemcp-made-up")), nil).Call(t.Context(), query.Profile())
		}
		synctest.Wait()
		if n := len(b.in); n != 40 {
			t.Errorf("%d of 40 calls reached the transport", n)
		}
	})
}
