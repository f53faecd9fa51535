package mcpconn_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/kite/mcpconn"
	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

// A ping of the server carries the same number as a request of ours sooner or
// later. It must not be taken for the answer.
func TestPingsBreakNoCall(t *testing.T) {
	requests := 1 // initialize; the calls come one after the other
	f := newServer(t, func(f *fakeServer) {
		f.ping = time.Millisecond
		f.result = func(tool string) string {
			requests++
			f.stream(secret + "-0000").out <- fmt.Sprintf("data:{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"ping\"}\n\n", requests)
			return textResult("answer of " + tool)
		}
	})
	c := open(t, f.dialer(t, "/sse", mcpconn.Options{}))
	for range 60 {
		wantText(t, c, query.Holdings(), "answer of get_holdings")
	}
	if f.pings.Load() == 0 {
		t.Error("no ping was sent")
	}
}

func TestAnswersOutOfOrder(t *testing.T) {
	release := make(chan struct{})
	f := newServer(t, func(f *fakeServer) {
		f.result = func(tool string) string {
			if tool == "get_trades" {
				<-release
			}
			return textResult(tool)
		}
	})
	c := open(t, f.dialer(t, "/sse", mcpconn.Options{}))
	got := make(chan string)
	go func() {
		text, err := c.Call(t.Context(), query.Trades())
		got <- fmt.Sprint(text, err)
	}()
	<-f.called // get_trades has not been answered when get_orders is
	wantText(t, c, query.Orders(), "get_orders")
	close(release)
	if text := <-got; text != "get_trades<nil>" {
		t.Errorf("get_trades = %q", text)
	}
}

func TestLostStream(t *testing.T) {
	f := newServer(t, func(f *fakeServer) { f.result = func(string) string { return "" } })
	c := open(t, f.dialer(t, "/sse", mcpconn.Options{}))
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
	if took := time.Since(start); took > waitLimit/2 {
		t.Errorf("calls failed after %v, want at once", took)
	}
	before := len(f.requests())
	_, err := c.Call(t.Context(), query.Holdings())
	wantKind(t, err, wire.KindUnreachable)
	if !errors.Is(err, mcpconn.ErrLost) || len(f.requests()) != before {
		t.Errorf("a call on a lost stream: %v, %d requests; want mcpconn.ErrLost and none", err, len(f.requests())-before)
	}
}

// Over a stream "Invalid session ID" says that the stream is gone, not that
// the login is.
func TestStreamOfAnUnknownSession(t *testing.T) {
	for name, refuse := range map[string]http.HandlerFunc{
		"400": status(400, `{"jsonrpc":"2.0","id":null,"error":{"code":-32602,"message":"Invalid session ID"}}`),
		"404": status(404, "Session terminated"),
	} {
		t.Run(name, func(t *testing.T) {
			f := newServer(t, func(f *fakeServer) {
				f.message = func(w http.ResponseWriter, r *http.Request) {
					if parse(bodyOf(r)).Method == "tools/call" {
						refuse(w, r)
						return
					}
					f.serveMessage(w, r)
				}
			})
			c := open(t, f.dialer(t, "/sse", mcpconn.Options{}))
			_, err := c.Call(t.Context(), query.Holdings())
			wantKind(t, err, wire.KindUnreachable)
			closes(t, "Lost", c.Lost())
		})
	}
}

// An answer that is too big costs neither the stream nor, where there is no other
// way, the login, also where its id comes last. It is not asked for again.
func TestOversizedAnswerKeepsTheStream(t *testing.T) {
	f := newServer(t, func(f *fakeServer) {
		f.message = func(w http.ResponseWriter, r *http.Request) {
			call := parse(bodyOf(r))
			if call.Params.Name != "get_holdings" {
				f.serveMessage(w, r)
				return
			}
			f.called <- "get_holdings"
			w.WriteHeader(http.StatusAccepted)
			f.stream(r.URL.Query().Get("sessionId")).out <- fmt.Sprintf(`data: {"result":%s,"jsonrpc":"2.0","id":%s}`+"\n\n", textResult(strings.Repeat("x", mcpconn.MaxAnswer)), call.ID)
		}
	})
	c := open(t, f.dialer(t, "/sse", mcpconn.Options{}))
	_, err := c.Call(t.Context(), query.Holdings())
	wantKind(t, err, wire.KindTooBig)
	if len(f.called) != 1 {
		t.Errorf("it was asked for %d times", len(f.called))
	}
	if wantText(t, c, query.Profile(), "answer of get_profile"); !isOpen(c.Lost()) {
		t.Error("the stream is lost")
	}
}

// The server may name another endpoint at any time. A session id must not
// change under a connection, nor leave its server.
func TestEndpointMoves(t *testing.T) {
	for _, endpoint := range []string{"/message?sessionId=" + secret + "-other", "/elsewhere?sessionId=" + secret + "-0000"} {
		t.Run("", func(t *testing.T) {
			f := newServer(t, nil)
			c := open(t, f.dialer(t, "/sse", mcpconn.Options{}))
			// Calls go through until the event was read.
			f.stream(c.ID().Reveal()).out <- "event: endpoint\ndata: " + endpoint + "\n\n"
			before := len(f.requests())
			ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
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
			f := newServer(t, nil)
			d := f.dialer(t, path, mcpconn.Options{})
			c := open(t, d)
			resumed := d.Resume(credential(c.ID()), nil)
			for _, conn := range []session.Conn{c, resumed} {
				if _, err := conn.Call(t.Context(), query.Profile()); err != nil {
					t.Fatal(err)
				}
			}
			before := len(f.requests())
			if resumed.Lost() != nil {
				t.Error("a connection without a stream can lose one")
			}
			for _, conn := range []session.Conn{c, resumed} {
				conn.Close()
				conn.Close()
				if conn.Lost() != nil {
					closes(t, "Lost", conn.Lost())
				}
				_, err := conn.Call(t.Context(), query.Profile())
				wantKind(t, err, wire.KindUnreachable)
				if !errors.Is(err, mcpconn.ErrClosed) {
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

// A stream lives as long as it is heard of, whatever it says, and not a moment
// longer than it may be silent.
func TestSilentStreamIsLost(t *testing.T) {
	for name, sign := range map[string]string{
		"pings": `data: {"jsonrpc":"2.0","id":1,"method":"ping"}` + "\n\n", "comments": ": here\n\n", "empty lines": "\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newLocalServer(nil)
				c := open(t, f.dialer(t, "/sse", mcpconn.Options{}))
				for range 6 * 60 * 12 {
					time.Sleep(10 * time.Second)
					f.stream(c.ID().Reveal()).out <- sign
				}
				wantText(t, c, query.Holdings(), "answer of get_holdings")
				time.Sleep(mcpconn.DefaultSilenceLimit - time.Nanosecond)
				synctest.Wait()
				if !isOpen(c.Lost()) {
					t.Fatal("lost too early")
				}
				time.Sleep(time.Nanosecond)
				synctest.Wait()
				if isOpen(c.Lost()) {
					t.Fatal("a silent stream is not lost")
				}
				_, err := c.Call(t.Context(), query.Holdings())
				wantKind(t, err, wire.KindUnreachable)
				if !errors.Is(err, mcpconn.ErrSilent) {
					t.Errorf("error = %v, want silence", err)
				}
			})
		})
	}
}

// The answer that comes right before the stream's end is an answer.
func TestAnswerBeforeTheEnd(t *testing.T) {
	for range 30 {
		f := newServer(t, func(f *fakeServer) {
			f.message = func(w http.ResponseWriter, r *http.Request) {
				f.serveMessage(w, r)
				if parse(bodyOf(r)).Method == "tools/call" {
					close(f.stream(r.URL.Query().Get("sessionId")).out)
				}
			}
		})
		wantText(t, open(t, f.dialer(t, "/sse", mcpconn.Options{})), query.Profile(), "answer of get_profile")
	}
}
