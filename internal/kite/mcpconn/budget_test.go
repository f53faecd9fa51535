package mcpconn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

func TestBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget()
		all, err := b.reserve(t.Context(), maxAnswer, false)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.reserve(t.Context(), maxAnswer+1, false); !errors.Is(err, errAnswerTooBig) {
			t.Errorf("what can never fit: %v", err)
		}
		if _, err := b.reserve(t.Context(), maxAnswer, true); !errors.Is(err, errBusy) {
			t.Errorf("a caller that holds an answer: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := b.reserve(ctx, maxAnswer, false); !errors.Is(err, errBusy) || ctx.Err() == nil {
			t.Errorf("when the wait is over: %v", err)
		}
		got := make(chan error, 1)
		go func() {
			r, err := b.reserve(t.Context(), maxAnswer, false)
			r.release()
			got <- err
		}()
		synctest.Wait()
		select {
		case <-got:
			t.Fatal("there was no room, and it did not wait")
		default:
		}
		all.shrink(maxLarge - maxAnswer)
		if err := <-got; err != nil {
			t.Errorf("once there is room: %v", err)
		}
		all.release()
		all.release()
		checkEmpty(t, b)
	})
}

// checkEmpty fails the test when something of a budget was not given back.
func checkEmpty(t *testing.T, b *budget) {
	t.Helper()
	if !b.free.TryAcquire(maxLarge) {
		t.Error("not all of the budget was given back")
		return
	}
	b.free.Release(maxLarge)
}

// ways runs a test over each way in which an answer can come.
func ways(t *testing.T, o Options, configure func(*far), test func(*testing.T, *server, session.Conn)) {
	both(t, configure, o, func(t *testing.T, _ *far, c session.Conn) { test(t, serverOf(c), c) })
	t.Run("events", func(t *testing.T) {
		f := newFar(t, func(f *far) {
			configure(f)
			f.mcp = inEvents(f.serveMCP)
		})
		d := f.dialer(t, "/mcp", o)
		test(t, d.server, open(t, d))
	})
}

func serverOf(c session.Conn) *server {
	switch c := c.(type) {
	case *streamConn:
		return c.server
	case *postConn:
		return c.server
	default:
		panic(fmt.Sprintf("%T", c))
	}
}

// inEvents has a handler's answers come as events.
func inEvents(answer http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { answer(&eventWriter{ResponseWriter: w}, r) }
}

type eventWriter struct {
	http.ResponseWriter
	begun bool
}

func (w *eventWriter) Write(p []byte) (int, error) {
	if !w.begun {
		w.begun = true
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = w.ResponseWriter.Write([]byte("data: "))
	}
	return w.ResponseWriter.Write(p)
}

func (w *eventWriter) Flush() { flush(w.ResponseWriter) }

// sized has the far end answer get_holdings with so many bytes.
func sized(size int) func(*far) {
	return func(f *far) {
		f.result = func(tool string) string {
			if tool == "get_holdings" {
				return textResult(strings.Repeat("x", size))
			}
			return textResult("answer of " + tool)
		}
	}
}

// Ordinary answers do not wait for large ones.
func TestSmallAnswersNeedNoRoom(t *testing.T) {
	ways(t, Options{}, sized(freeAnswer-200), func(t *testing.T, d *server, c session.Conn) {
		d.budget.free.TryAcquire(maxLarge)
		if text, err := c.Call(t.Context(), query.Holdings()); err != nil || len(text) != freeAnswer-200 {
			t.Errorf("%d bytes, %v", len(text), err)
		}
	})
}

// A large answer waits until there is room, for as long as its call. The stream and
// the next answer are none the worse.
func TestLargeAnswersWaitForRoom(t *testing.T) {
	ways(t, Options{CallTimeout: 100 * time.Millisecond}, sized(freeAnswer+1), func(t *testing.T, d *server, c session.Conn) {
		d.budget.free.TryAcquire(maxLarge)
		_, err := c.Call(t.Context(), query.Holdings())
		wantKind(t, err, wire.KindLimited)
		if _, err := c.Call(t.Context(), query.Profile()); err != nil {
			t.Errorf("a small answer after it: %v", err)
		}
		d.budget.free.Release(maxLarge)
		if _, err := c.Call(t.Context(), query.Holdings()); err != nil {
			t.Errorf("once there is room: %v", err)
		}
		checkEmpty(t, d.budget)
	})
}

// A large answer counts until it is decoded.
func TestLargeAnswersAreHeld(t *testing.T) {
	ways(t, Options{}, sized(maxAnswer-500), func(t *testing.T, d *server, c session.Conn) {
		ctx, release := wire.DeferRelease(t.Context())
		if _, err := c.Call(ctx, query.Holdings()); err != nil {
			t.Fatal(err)
		}
		if d.budget.free.TryAcquire(maxLarge - maxAnswer + 1000) {
			t.Error("it is not held")
		}
		if _, err := c.Call(ctx, query.Profile()); err != nil {
			t.Errorf("a small answer meanwhile: %v", err)
		}
		_, err := c.Call(ctx, query.Holdings())
		wantKind(t, err, wire.KindLimited) // at once: it would wait for itself
		release()
		checkEmpty(t, d.budget)
	})
}

func TestAnswersThatAreTooBig(t *testing.T) {
	ways(t, Options{}, sized(maxAnswer), func(t *testing.T, d *server, c session.Conn) {
		_, err := c.Call(t.Context(), query.Holdings())
		wantKind(t, err, wire.KindTooBig)
		if _, err := c.Call(t.Context(), query.Profile()); err != nil {
			t.Errorf("a small answer after it: %v", err)
		}
		checkEmpty(t, d.budget)
	})
}

// An answer that waits for room is not read ahead: over HTTP/2 net/http would keep
// 4 MiB of each.
func TestWaitingAnswersAreNotBuffered(t *testing.T) {
	var written atomic.Int64
	f := newFar(t, func(f *far) {
		f.tls = true
		f.mcp = func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for chunk := []byte(strings.Repeat("x", 16<<10)); ; {
				if _, err := w.Write(chunk); err != nil {
					return
				}
				written.Add(int64(len(chunk)))
			}
		}
	})
	d := f.dialer(t, "/mcp", Options{CallTimeout: 200 * time.Millisecond})
	d.budget.free.TryAcquire(maxLarge)
	_, err := d.Resume(held(session.NewID(secret)), nil).Call(t.Context(), query.Holdings())
	wantKind(t, err, wire.KindLimited)
	if n := written.Load(); n > 1<<20 {
		t.Errorf("%d bytes were taken of an answer that was not read", n)
	}
}

// A bug met while an answer is read costs that answer, and no room for ever.
func TestAPanicGivesRoomBack(t *testing.T) {
	d := tripper(func(req *http.Request) (*http.Response, error) {
		body := io.MultiReader(strings.NewReader(strings.Repeat("x", freeAnswer+1)), buggyReader{})
		resp := response(req, http.StatusOK, "application/json", io.NopCloser(body))
		resp.ContentLength = -1
		return resp, nil
	}).dialer(t, mcpPath, Options{})
	func() {
		defer func() { _ = recover() }()
		_, err := d.Resume(held(session.NewID(secret)), nil).Call(t.Context(), query.Holdings())
		t.Errorf("the reader did not panic: %v", err)
	}()
	checkEmpty(t, d.budget)
}

type buggyReader struct{}

func (buggyReader) Read([]byte) (int, error) { panic("a bug") }

// The same holds on a stream.
func TestAPanicOnAStreamGivesRoomBack(t *testing.T) {
	f := newFar(t, func(*far) {})
	d := f.dialer(t, "/sse", Options{})
	closed := make(chan streamAnswer, 1)
	close(closed) // to hand an answer over panics
	s := &streamConn{baseConn: newBaseConn(d.server, t.Context()), waiting: map[string]pendingCall{`"b-1"`: {to: closed}}}
	r := newEvents(strings.NewReader(`data: {"jsonrpc":"2.0","id":"b-1","result":"`+strings.Repeat("x", 2*freeAnswer)+"\"}\n\n"), smallBuffer, false)
	r.room = s.room
	func() {
		defer func() { _ = recover() }()
		t.Errorf("it did not panic: %v", s.read(r, nil))
	}()
	checkEmpty(t, d.budget)
}
