package telegram

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	sim "kitebot/internal/sim/telegram"
)

// pipes is a network within the process, so that a test's bubble owns time on
// both ends of every connection.
type pipes struct {
	refused func() bool // whether the next dial fails
	conns   chan net.Conn
	closed  chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

func (p *pipes) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if p.refused() {
		return nil, &net.OpError{Op: "dial", Net: network, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	}
	near, far := net.Pipe()
	select {
	case p.conns <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// lines is a log that tests read.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *lines) count(text string) int { return strings.Count(l.String(), text) }

func logTo(l *lines) *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// bubble runs a test against a stub, with all clocks in its own hand: time
// passes when everybody waits. The client has not called getMe.
func bubble(t *testing.T, test func(t *testing.T, c *Client, s *stub, log *lines)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newStub()
		within(t, s, 0, s.refused, func(c *Client, log *lines) { test(t, c, s, log) })
	})
}

// simBubble is bubble against the strict simulator; what it calls a violation
// fails the test.
func simBubble(t *testing.T, test func(t *testing.T, c *Client, s *sim.Server, log *lines)) {
	t.Helper()
	simBubbleAt(t, 0, test)
}

// simBubbleAt is simBubble with so many messages a second to people who are let in.
func simBubbleAt(t *testing.T, perSecond float64, test func(t *testing.T, c *Client, s *sim.Server, log *lines)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := sim.New(sim.Options{Token: token})
		within(t, s, perSecond, func() bool { return false }, func(c *Client, log *lines) { test(t, c, s, log) })
		s.Close()
		if v := s.Violations(); len(v) > 0 {
			t.Errorf("telegram's rules were broken:\n%s", strings.Join(v, "\n"))
		}
	})
}

// within serves the Bot API by a handler to a client and a test, all in one
// bubble, and reads the log when it is over.
func within(t *testing.T, api http.Handler, perSecond float64, refused func() bool, test func(c *Client, log *lines)) {
	net, log := &pipes{refused: refused, conns: make(chan net.Conn), closed: make(chan struct{})}, &lines{}
	server := &http.Server{Handler: api}
	served := make(chan error, 1)
	go func() { served <- server.Serve(net) }()

	transport := newTransport()
	transport.Proxy, transport.DialContext = nil, net.dial
	c, err := newClient(Options{
		Token:  token,
		APIURL: "http://telegram.test", Insecure: "telegram.test",
		Logger: logTo(log),

		SendRate: perSecond,
	}, transport)
	if err != nil {
		t.Fatal(err)
	}
	test(c, log)
	c.Close()
	_ = server.Close()
	<-served
	if strings.Contains(log.String(), secret) {
		t.Errorf("the log holds the token:\n%s", log)
	}
}

// elapse lets the bubble's clock run on by d and whatever happens then settle.
func elapse(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}
