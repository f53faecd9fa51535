package front_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"kitebot/internal/front"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pipes is a listener within the process, so that a test's bubble owns time on
// both ends of every connection.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	broken chan struct{} // closed when it breaks by itself
}

func newPipes() *pipes {
	return &pipes{conns: make(chan net.Conn), closed: make(chan struct{}), broken: make(chan struct{})}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-p.broken:
		return nil, syscall.EINVAL
	}
}

func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// dial connects and sends what there is to send, or as much as is read of it.
func (p *pipes) dial(t *testing.T, sent string) net.Conn {
	t.Helper()
	near, far := net.Pipe()
	p.conns <- far
	var sending sync.WaitGroup
	sending.Go(func() { _, _ = io.WriteString(near, sent) })
	t.Cleanup(func() { _ = near.Close(); sending.Wait() })
	return near
}

// serving is one Serve under way.
type serving struct {
	*pipes
	cancel context.CancelFunc
	done   chan error
	log    *bytes.Buffer // complete once Serve returned
}

func serve(t *testing.T, h http.HandlerFunc) *serving {
	ctx, cancel := context.WithCancel(t.Context())
	s := &serving{newPipes(), cancel, make(chan error, 1), &bytes.Buffer{}}
	go func() { s.done <- front.Serve(ctx, s.pipes, h, slog.New(slog.NewTextHandler(s.log, nil))) }()
	return s
}

// end ends Serve and returns how long that took.
func (s *serving) end(t *testing.T) time.Duration {
	t.Helper()
	began := time.Now()
	s.cancel()
	if err := <-s.done; err != nil {
		t.Errorf("Serve = %v, want nil after its context ended", err)
	}
	return time.Since(began)
}

const head = "GET /a HTTP/1.1\r\nHost: x\r\n"

func hello(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }

func TestServe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, hello)
		conn := s.dial(t, head+"Connection: close\r\n\r\n")
		if answer, err := io.ReadAll(conn); err != nil || !strings.HasSuffix(string(answer), "\r\n\r\nhello") {
			t.Errorf("%q, %v", answer, err)
		}
		if took := s.end(t); took != 0 {
			t.Errorf("the end took %v, with nobody there", took)
		}
		select {
		case <-s.closed:
		default:
			t.Error("the listener is open")
		}
		if s.log.Len() != 0 {
			t.Errorf("the log says\n%s", s.log)
		}
	})
}

// A client cannot hold a connection by being slow, or by sending without end.
func TestBounds(t *testing.T) {
	body := func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
	}
	for name, tt := range map[string]struct {
		sent   string
		answer string // how it begins
		within time.Duration
	}{
		"nothing":        {"", "", 5 * time.Second},
		"half a line":    {"GET / HT", "", 5 * time.Second},
		"half a head":    {head, "", 5 * time.Second},
		"half a body":    {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf", "HTTP/1.1 400 ", 16 * time.Second},
		"nothing more":   {head + "\r\n", "HTTP/1.1 200 ", 2*time.Minute + time.Second},
		"a head too big": {head + "X: " + strings.Repeat("x", 32<<10), "HTTP/1.1 431 ", 6 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := serve(t, body)
				conn := s.dial(t, tt.sent)
				began := time.Now()
				answer, err := io.ReadAll(conn)
				if took := time.Since(began); took > tt.within || err != nil {
					t.Errorf("it is let go after %v, %v", took, err)
				}
				if !strings.HasPrefix(string(answer), tt.answer) || tt.answer == "" && strings.HasPrefix(string(answer), "HTTP/1.1 2") {
					t.Errorf("answered %q", answer)
				}
				s.end(t)
			})
		})
	}
}

// A request under way may finish, for a moment. One that takes longer loses the
// connection, and Serve returns only once they are gone.
func TestTheEnd(t *testing.T) {
	for name, tt := range map[string]struct {
		work     time.Duration
		took     time.Duration
		answered bool
	}{
		"in time":  {front.PartTime / 2, front.PartTime / 2, true},
		"too late": {time.Hour, front.PartTime, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var runs atomic.Int32
				s := serve(t, func(w http.ResponseWriter, r *http.Request) {
					runs.Add(1)
					defer runs.Add(-1)
					select {
					case <-time.After(tt.work):
						hello(w, r)
					case <-r.Context().Done():
					}
				})
				conn := s.dial(t, head+"\r\n")
				synctest.Wait()
				answer := make(chan []byte, 1)
				go func() { all, _ := io.ReadAll(conn); answer <- all }()
				// Shutdown looks twice a second at most whether all are done.
				if took := s.end(t); took < tt.took || took > tt.took+600*time.Millisecond || runs.Load() != 0 {
					t.Errorf("the end took %v, want %v; %d are still answered", took, tt.took, runs.Load())
				}
				if got := <-answer; bytes.HasSuffix(got, []byte("hello")) != tt.answered {
					t.Errorf("answered %q", got)
				}
			})
		})
	}
}

func TestABrokenListener(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, hello)
		synctest.Wait()
		close(s.broken)
		if err := <-s.done; err != syscall.EINVAL {
			t.Errorf("Serve = %v", err)
		}
		s.cancel()
	})
}

// A context that has ended already serves no request.
func TestNothingToServe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		p := newPipes()
		if err := front.Serve(ctx, p, http.HandlerFunc(hello), slog.New(slog.DiscardHandler)); err != nil {
			t.Errorf("Serve = %v", err)
		}
		<-p.closed
	})
}
