package mcpconn_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"kitebot/internal/kite/mcpconn"
	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

// meterRecord writes down what a meter counts.
type meterRecord struct {
	mu    sync.Mutex
	calls []string
	long  time.Duration // the longest of all

	surfaces []string
}

func (l *meterRecord) Tool(tool, outcome string, took time.Duration, fault string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	line := tool + ": " + outcome
	if fault != "" {
		line += " (" + fault + ")"
	}
	l.calls = append(l.calls, line)
	l.long = max(l.long, took)
}

func (l *meterRecord) Surface(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.surfaces = append(l.surfaces, name)
}

func (l *meterRecord) want(t *testing.T, want ...string) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.Equal(l.calls, want) {
		t.Errorf("the meter counted\n%q, want\n%q", l.calls, want)
	}
	for _, line := range want {
		var tool, rest string
		if n, _ := fmt.Sscanf(line, "%s %s", &tool, &rest); n != 2 || !slices.Contains(mcpconn.Tools(), tool[:len(tool)-1]) {
			t.Errorf("%q is of no tool", line)
		}
	}
	l.calls = nil
}

// Every way a call can end is told once, over both transports, with whether the
// server was heard.
func TestMeter(t *testing.T) {
	flagged := func(text string) string {
		s := textResult(text)
		return s[:len(s)-1] + `,"isError":true}`
	}
	for _, path := range []string{"/sse", "/mcp"} {
		for result, want := range map[string]string{
			textResult("fine"):                                  "ok",
			flagged("Failed to execute it"):                     "failed (errors)",
			flagged("Please log in first using the login tool"): "no login (unclear)",
			`!{"code":-32602,"message":"tool not found"}`:       "no such tool (unclear)",
			`{}`: "malformed answer (not mcp)",
		} {
			t.Run(path+" "+want, func(t *testing.T) {
				var l meterRecord
				f := newServer(t, func(f *fakeServer) { f.result = func(string) string { return result } })
				c := open(t, f.dialer(t, path, mcpconn.Options{Meter: &l}))
				l.want(t, "open: ok")
				_, _ = c.Call(t.Context(), query.Holdings())
				if told := []string{"get_holdings: " + want}; want == "no such tool (unclear)" { // which is looked into
					l.want(t, append(told, "tools/list: ok")...)
				} else {
					l.want(t, told...)
				}
			})
		}
	}
}

// A server that says nothing, or is not there, is not heard. What we gave up
// ourselves says nothing of it.
func TestMeterOfSilence(t *testing.T) {
	for _, path := range []string{"/sse", "/mcp"} {
		t.Run(path, func(t *testing.T) {
			var l meterRecord
			f := newServer(t, func(f *fakeServer) { f.result = func(string) string { return "" } })
			d := f.dialer(t, path, mcpconn.Options{Meter: &l, CallTimeout: 50 * time.Millisecond})
			c := open(t, d)
			_, err := c.Call(t.Context(), query.Profile())
			wantKind(t, err, wire.KindUnreachable)
			l.want(t, "open: ok", "get_profile: unreachable (timeout)")
			if l.long < 50*time.Millisecond || l.long > waitLimit {
				t.Errorf("it took %v", l.long)
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := c.Call(ctx, query.Profile()); err == nil {
				t.Error("a call that was given up has an answer")
			}
			if _, err := d.Open(ctx); err == nil {
				t.Error("an opening that was given up went well")
			}
			l.want(t)
			f.CloseClientConnections()
			f.Close()
			_, err = d.Open(t.Context())
			wantKind(t, err, wire.KindUnreachable)
			l.want(t, "open: unreachable (refused)")
		})
	}
}

// The end of a session is told, too: of one that is not there any more the
// server has said all there is to say.
func TestMeterOfTheEnd(t *testing.T) {
	var l meterRecord
	f := newServer(t, func(f *fakeServer) {
		f.remove = func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Mcp-Session-Id") != "there" {
				http.Error(w, "Session terminated", http.StatusNotFound)
			}
		}
	})
	d := f.dialer(t, "/sse", mcpconn.Options{Meter: &l})
	for _, id := range []string{"there", "gone", ""} {
		if err := d.End(t.Context(), credential(session.NewID(id))); err != nil {
			t.Errorf("%q: %v", id, err)
		}
	}
	l.want(t, "end: ok", "end: session ended (unclear)")
}

// The lists are what the meter can be told, without a double.
func TestMeterLists(t *testing.T) {
	for name, list := range map[string][]string{"tools": mcpconn.Tools(), "outcomes": mcpconn.Outcomes()} {
		if slices.Sort(list); len(slices.Compact(slices.Clone(list))) != len(list) || slices.Contains(list, "") {
			t.Errorf("%s: %q", name, list)
		}
	}
	if beyond := (wire.Kinds()[len(wire.Kinds())-1] + 1).String(); beyond != wire.KindUnknown.String() {
		t.Errorf("there is a kind %q after the last", beyond)
	}
}
