package mcpconn

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

// "Invalid session ID" is what a server says that looks at no bearer. Whether it is
// one is found out by a look without the bearer.
func TestInvalidSessionOfABearer(t *testing.T) {
	inBand := func(list string) http.HandlerFunc { // answers to anybody
		return func(w http.ResponseWriter, r *http.Request) {
			call := parse(bodyOf(r))
			w.Header().Set("Mcp-Session-Id", secret+"-nobody")
			w.Header().Set("Content-Type", "application/json")
			if call.Method == "initialize" {
				fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":%q}}`, call.ID, protocolVersion)
				return
			}
			fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":{"tools":%s}}`, call.ID, list)
		}
	}
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", `Bearer resource_metadata="x"`)
			w.WriteHeader(code)
		}
	}
	for name, test := range map[string]struct {
		nobody http.HandlerFunc // answers who shows no bearer
		want   wire.Kind        // KindUnknown: another MCP session helps
		why    wire.Ending
	}{
		"no OAuth any more": {inBand(listToday), wire.KindEnded, wire.EndSwitched},
		"still OAuth":       {status(401), 0, 0},
		"not known":         {status(503), wire.KindUnreachable, 0},
		"nothing known":     {inBand(listForeign), wire.KindUnknownServer, 0},
	} {
		t.Run(name, func(t *testing.T) {
			m := newModalFar(t)
			m.refuse = func(w http.ResponseWriter, call rpc, known bool) bool {
				if !known {
					http.Error(w, "Invalid session ID", http.StatusBadRequest)
				}
				return !known
			}
			usual := m.Config.Handler
			m.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == mcpPath && r.Header.Get("Authorization") == "" {
					test.nobody(w, r)
					return
				}
				usual.ServeHTTP(w, r)
			})
			text, err := m.grown(t).Resume(bearing(secret), nil).Call(t.Context(), query.Holdings())
			if test.want != wire.KindUnknown {
				if wantKind(t, err, test.want); wire.EndingOf(err) != test.why || m.joins != 0 {
					t.Errorf("ending %v, %d sessions made", wire.EndingOf(err), m.joins)
				}
			} else if text != "answer of portfolio" || m.joins != 1 {
				t.Errorf("Call = %q, %v; %d sessions made", text, err, m.joins)
			}
		})
	}
}

// Whoever waits for an MCP session hears why there is none.
func TestJoiningFailsForAll(t *testing.T) {
	m := newModalFar(t)
	m.hold, m.held = make(chan struct{}), make(chan struct{}, 99)
	m.refuse = func(w http.ResponseWriter, _ rpc, _ bool) bool {
		http.Error(w, "<html>", http.StatusBadGateway)
		return true
	}
	d := m.grown(t)
	c := d.resumeBearer(bearing(""), nil)
	failed := make(chan error, 10)
	ask := func() {
		_, err := c.Call(t.Context(), query.Holdings())
		failed <- err
	}
	go ask()
	<-m.held
	for range cap(failed) - 1 {
		go ask()
	}
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := c.speak(impatient)
	if err == nil {
		t.Error("somebody waited for ever")
	}
	close(m.hold)
	for range cap(failed) {
		wantKind(t, <-failed, wire.KindUnreachable)
	}
}

// A meter with a bug ends no process, and no look for good.
func TestLookPanics(t *testing.T) {
	f := newFar(t, nil)
	book, o := logged(Options{URL: f.URL + "/sse", Meter: &buggy{}, LookPause: time.Nanosecond})
	d, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	c := d.Resume(held(session.NewID(secret)), nil)
	for range 2 {
		if text, err := c.Call(t.Context(), query.Holdings()); text != "answer of get_holdings" {
			t.Errorf("Call = %q, %v", text, err)
		}
		d.work.Wait()
	}
	if n := strings.Count(book.String(), "panicked"); n != 1 || d.Surface().Style != query.StyleTools {
		t.Errorf("%d bugs in the log, surface %+v", n, d.Surface())
	}
}

// buggy is a meter that panics once.
type buggy struct{ once sync.Once }

func (*buggy) Tool(string, string, time.Duration, string) {}
func (b *buggy) Surface(string)                           { b.once.Do(func() { panic("a bug") }) }

// After the end of the Dialer, and after that of the caller's patience, nothing is
// asked and nothing learned.
func TestOAuthAfterTheEnd(t *testing.T) {
	g := newGate(t, nil)
	d := g.dialer(t, "/sse", Options{Callback: callback})
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for range 2 {
		_, _, err := d.Begin(over)
		wantKind(t, err, wire.KindUnreachable)
		_, err = d.Redeem(over, someAttempt)
		if kind := wire.KindOf(err); kind != wire.KindLimited && kind != wire.KindUnreachable {
			t.Errorf("Redeem: %v", err)
		}
		wantKind(t, d.End(over, bearing(secret)), wire.KindUnreachable)
		d.Close()
	}
	if got := g.requests(); len(got) != 0 {
		t.Errorf("requests %v", got)
	}
}
