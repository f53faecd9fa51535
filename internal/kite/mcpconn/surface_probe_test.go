package mcpconn

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

// The first look is once per process.
func TestOneLook(t *testing.T) {
	f := newFar(t, nil)
	d := f.stranger(t, "/sse", Options{})
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if c, err := d.Open(t.Context()); err == nil {
				defer c.Close()
				_, _ = c.Call(t.Context(), query.Holdings())
			}
		})
	}
	all.Wait()
	if n := f.count("tools/list"); n != 1 {
		t.Errorf("%d looks", n)
	}
}

// count returns how often a JSON-RPC method was called.
func (f *far) count(method string) (n int) {
	for _, s := range f.record() {
		if s.rpc == method {
			n++
		}
	}
	return n
}

// A resumed session is asked at once. The look follows its first answer, and
// belongs to the Dialer.
func TestLookAfterTheFirstAnswer(t *testing.T) {
	var ended sync.WaitGroup
	ended.Add(1)
	release := make(chan struct{})
	f := newFar(t, func(f *far) {
		f.list = func() string { defer ended.Done(); <-release; return listToday }
	})
	d := f.stranger(t, "/sse", Options{})
	c := d.Resume(held(session.NewID(secret)), nil)
	for range 3 {
		if text, err := c.Call(t.Context(), query.Holdings()); text != "answer of get_holdings" {
			t.Fatalf("Call = %q, %v", text, err)
		}
	}
	close(release)
	ended.Wait()
	d.work.Wait()
	if s := d.Surface(); s.Style != query.StyleTools || f.count("tools/list") != 1 {
		t.Errorf("surface %+v after %d looks", s, f.count("tools/list"))
	}
}

// Not every failure is followed by a look: one in ten seconds is enough, and none
// is made for what such a server never had.
func TestNoStormOfLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		missing := `{"jsonrpc":"2.0","id":%s,"error":{"code":-32602,"message":"unknown tool"}}`
		looks, broken := 0, false
		serve := tripper(func(req *http.Request) (*http.Response, error) {
			text := missing
			call := parse(bodyOf(req))
			if call.Method == "tools/list" {
				looks++
				if text = `{"jsonrpc":"2.0","id":%s,"result":{"tools":` + listToday + `}}`; broken {
					return nil, errors.New("reset")
				}
			}
			return response(req, 200, "application/json", bodyWith(fmt.Sprintf(text, call.ID))), nil
		})
		d := serve.dialer(t, mcpPath, Options{})
		c := d.Resume(held(session.NewID(secret)), nil)
		wants := func(want int, q query.Query) {
			t.Helper()
			for range 5 {
				_, err := c.Call(t.Context(), q)
				wantKind(t, err, wire.KindNoTool)
			}
			if looks != want {
				t.Errorf("%d looks, want %d", looks, want)
			}
		}
		wants(0, query.Alerts())
		wants(1, query.Holdings())
		time.Sleep(DefaultLookPause - time.Second)
		wants(1, query.Holdings())
		broken = true
		time.Sleep(time.Second)
		wants(2, query.Holdings())
		time.Sleep(DefaultLookPause)
		wants(3, query.Holdings())
	})
}

// A look without a waiting caller says nothing, and does not keep others
// from looking.
func TestAbandonedLook(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var once sync.Once
	f := newFar(t, func(f *far) {
		f.list = func() string { once.Do(cancel); return listToday }
	})
	d := f.stranger(t, "/mcp", Options{})
	if _, err := d.Open(ctx); err != nil {
		wantKind(t, err, wire.KindUnreachable)
	}
	open(t, d)
	if s := d.Surface(); s.Style != query.StyleTools {
		t.Errorf("surface %+v", s)
	}
}

// A look in the background ends with the Dialer.
func TestCloseEndsALook(t *testing.T) {
	listed := make(chan struct{})
	var once sync.Once
	f := newFar(t, nil)
	usual := f.Config.Handler
	f.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := bodyOf(r)
		r.Body = bodyWith(string(body))
		if parse(body).Method == "tools/list" {
			once.Do(func() { close(listed) })
			<-r.Context().Done()
			return
		}
		usual.ServeHTTP(w, r)
	})
	d := f.stranger(t, "/sse", Options{CallTimeout: patience})
	if text, err := d.Resume(held(session.NewID(secret)), nil).Call(t.Context(), query.Holdings()); text != "answer of get_holdings" {
		t.Fatalf("Call = %q, %v", text, err)
	}
	closes(t, "the look", listed)
	began := time.Now()
	d.Close()
	if took := time.Since(began); took > patience/2 {
		t.Errorf("Close took %v", took)
	}
	if s := d.Surface(); s.Name() != "not looked at yet" {
		t.Errorf("surface %+v", s)
	}
}
