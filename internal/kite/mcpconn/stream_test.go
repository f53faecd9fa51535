package mcpconn

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

// A ping of the server carries the same number as a request of ours sooner or
// later. It must not be taken for the answer.
func TestPingsBreakNoCall(t *testing.T) {
	requests := 1 // initialize; the calls come one after the other
	f := newFar(t, func(f *far) {
		f.ping = time.Millisecond
		f.result = func(tool string) string {
			requests++
			f.stream(secret + "-0000").out <- fmt.Sprintf("data:{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"ping\"}\n\n", requests)
			return textResult("answer of " + tool)
		}
	})
	c := open(t, f.dialer(t, "/sse", Options{}))
	for i := range 200 {
		if got, err := c.Call(t.Context(), query.Holdings()); err != nil || got != "answer of get_holdings" {
			t.Fatalf("call %d of 200 = %q, %v", i, got, err)
		}
	}
	if f.pings.Load() == 0 {
		t.Error("no ping was sent")
	}
}

func TestAnswersOutOfOrder(t *testing.T) {
	release := make(chan struct{})
	f := newFar(t, func(f *far) {
		f.result = func(tool string) string {
			if tool == "get_trades" {
				<-release
			}
			return textResult(tool)
		}
	})
	c := open(t, f.dialer(t, "/sse", Options{}))
	got := make(chan string)
	go func() {
		text, err := c.Call(t.Context(), query.Trades())
		got <- fmt.Sprint(text, err)
	}()
	<-f.called // get_trades has not been answered when get_orders is
	if text, err := c.Call(t.Context(), query.Orders()); text != "get_orders" {
		t.Errorf("get_orders = %q, %v", text, err)
	}
	close(release)
	if text := <-got; text != "get_trades<nil>" {
		t.Errorf("get_trades = %q", text)
	}
}

func TestLostStream(t *testing.T) {
	f := newFar(t, func(f *far) { f.result = func(string) string { return "" } })
	c := open(t, f.dialer(t, "/sse", Options{}))
	failed := make(chan error, 20)
	for range cap(failed) {
		go func() {
			_, err := c.Call(t.Context(), query.Holdings())
			failed <- err
		}()
	}
	for range cap(failed) {
		<-f.called
	}
	start := time.Now()
	f.drop(t, c.ID())
	closes(t, "Lost", c.Lost())
	for range cap(failed) {
		wantKind(t, <-failed, wire.KindUnreachable)
	}
	if took := time.Since(start); took > patience/2 {
		t.Errorf("calls failed after %v, want at once", took)
	}
	before := len(f.requests())
	_, err := c.Call(t.Context(), query.Holdings())
	wantKind(t, err, wire.KindUnreachable)
	if !errors.Is(err, errLost) || len(f.requests()) != before {
		t.Errorf("a call on a lost stream: %v, %d requests; want errLost and none", err, len(f.requests())-before)
	}
}

// Over a stream "Invalid session ID" says that the stream is gone, not that
// the login is.
func TestStreamOfAnUnknownSession(t *testing.T) {
	for name, refuse := range map[string]http.HandlerFunc{
		"400": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, `{"jsonrpc":"2.0","id":null,"error":{"code":-32602,"message":"Invalid session ID"}}`, http.StatusBadRequest)
		},
		"404": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "Session terminated", http.StatusNotFound) },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFar(t, nil)
			usual := f.Config.Handler
			f.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if len(f.called) > 0 && r.URL.Path == "/message" {
					refuse(w, r)
					return
				}
				usual.ServeHTTP(w, r)
			})
			c := open(t, f.dialer(t, "/sse", Options{}))
			f.called <- "from now on the session is unknown"
			_, err := c.Call(t.Context(), query.Holdings())
			wantKind(t, err, wire.KindUnreachable)
			closes(t, "Lost", c.Lost())
		})
	}
}

// An answer that is too big costs neither the stream nor, where there is no other
// way, the login. It is not asked for again.
func TestOversizedAnswerKeepsTheStream(t *testing.T) {
	for name, whole := range map[string]string{
		"id first": `{"jsonrpc":"2.0","id":%[1]s,"result":%[2]s}`,
		"id last":  `{"result":%[2]s,"jsonrpc":"2.0","id":%[1]s}`,
	} {
		t.Run(name, func(t *testing.T) {
			big := textResult(strings.Repeat("x", maxAnswer))
			f := newFar(t, func(f *far) {
				f.message = func(w http.ResponseWriter, r *http.Request) {
					body, _ := io.ReadAll(r.Body)
					r.Body = io.NopCloser(bytes.NewReader(body))
					call := parse(body)
					if call.Params.Name != "get_holdings" {
						f.serveMessage(w, r)
						return
					}
					f.called <- "get_holdings"
					w.WriteHeader(http.StatusAccepted)
					f.stream(r.URL.Query().Get("sessionId")).out <- "data: " + fmt.Sprintf(whole, call.ID, big) + "\n\n"
				}
			})
			c := open(t, f.dialer(t, "/sse", Options{}))
			_, err := c.Call(t.Context(), query.Holdings())
			wantKind(t, err, wire.KindTooBig)
			if len(f.called) != 1 {
				t.Errorf("it was asked for %d times", len(f.called))
			}
			if text, err := c.Call(t.Context(), query.Profile()); err != nil || text != "answer of get_profile" || !isOpen(c.Lost()) {
				t.Errorf("afterwards: %q, %v; open: %v", text, err, isOpen(c.Lost()))
			}
		})
	}
}

// The server may name another endpoint at any time. A session id must not
// change under a connection, nor leave its server.
func TestEndpointMoves(t *testing.T) {
	for _, endpoint := range []string{"/message?sessionId=" + secret + "-other", "/elsewhere?sessionId=" + secret + "-0000"} {
		t.Run("", func(t *testing.T) {
			f := newFar(t, nil)
			c := open(t, f.dialer(t, "/sse", Options{}))
			// Calls go through until the event was read.
			f.stream(c.ID().Reveal()).out <- "event: endpoint\ndata: " + endpoint + "\n\n"
			before := len(f.requests())
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			var err error
			for err == nil && ctx.Err() == nil {
				_, err = c.Call(ctx, query.Holdings())
			}
			wantKind(t, err, wire.KindUnreachable)
			closes(t, "Lost", c.Lost())
			for _, r := range f.record()[before:] {
				if r.path == "/elsewhere" {
					t.Error("a request went to the other endpoint")
				}
			}
		})
	}
}

func TestCloseSendsNothing(t *testing.T) {
	for _, path := range []string{"/sse", "/mcp"} {
		t.Run(path, func(t *testing.T) {
			f := newFar(t, nil)
			d := f.dialer(t, path, Options{})
			c := open(t, d)
			resumed := d.Resume(held(c.ID()), nil)
			for _, conn := range []session.Conn{c, resumed} {
				if _, err := conn.Call(t.Context(), query.Profile()); err != nil {
					t.Fatal(err)
				}
			}
			before := len(f.requests())
			for _, conn := range []session.Conn{c, resumed} {
				conn.Close()
				conn.Close()
				_, err := conn.Call(t.Context(), query.Profile())
				wantKind(t, err, wire.KindUnreachable)
				if !errors.Is(err, errClosed) {
					t.Errorf("error = %v, want closed", err)
				}
			}
			d.Close()
			if got := f.requests()[before:]; len(got) != 0 {
				t.Errorf("requests by Close: %v", got)
			}
		})
	}
}

func TestLostAfterClose(t *testing.T) {
	f := newFar(t, nil)
	d := f.dialer(t, "/sse", Options{})
	c := open(t, d)
	c.Close()
	closes(t, "Lost", c.Lost())
	if d.Resume(held(c.ID()), nil).Lost() != nil {
		t.Error("a connection without a stream can lose one")
	}
}
