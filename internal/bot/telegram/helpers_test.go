package telegram_test

import (
	"bytes"
	"context"
	"errors"
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

	"kitebot/internal/bot"
	"kitebot/internal/bot/telegram"
	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/viewtest"
	sim "kitebot/internal/sim/telegram"
)

// pipes is a network within the process, so that synctest owns time on both ends of
// every connection.
type pipes struct {
	refused func() bool // whether the next dial fails
	conns   chan net.Conn
	closed  chan struct{}
}

func newPipes(refused func() bool) *pipes {
	return &pipes{refused: refused, conns: make(chan net.Conn), closed: make(chan struct{})}
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
	if p.refused != nil && p.refused() {
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

// logBuffer is a log that tests read.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *logBuffer) count(text string) int { return strings.Count(l.String(), text) }

// serve serves the Bot API by a handler, and returns the options of a client of it
// that logs to log.
func serve(t *testing.T, api http.Handler, refused func() bool, log *logBuffer) (o telegram.Options, end func()) {
	net := newPipes(refused)
	server, served := &http.Server{Handler: api}, make(chan struct{})
	go func() {
		_ = server.Serve(net)
		close(served)
	}()
	logger := slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	return telegram.Options{Token: token, APIURL: "http://127.0.0.1:1/", Dial: net.dial, Logger: logger}, func() {
		_ = server.Close()
		<-served
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds the token:\n%s", log)
		}
	}
}

// start is New under synctest, and closes the connection that getMe used.
func start(t *testing.T, o telegram.Options) *telegram.Client {
	t.Helper()
	c, err := telegram.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	synctest.Wait()
	return c
}

// withStub runs a test against a stub, with time in its own hand. What New asked for
// is not among the stub's calls.
func withStub(t *testing.T, test func(t *testing.T, c *telegram.Client, s *stub, log *logBuffer)) {
	t.Helper()
	withStubAndOptions(t, func(*telegram.Options) {}, test)
}

// withStubAndOptions is withStub with other options.
func withStubAndOptions(t *testing.T, change func(o *telegram.Options), test func(t *testing.T, c *telegram.Client, s *stub, log *logBuffer)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, log := newStub(), &logBuffer{}
		o, end := serve(t, s, s.refused, log)
		change(&o)
		s.token = o.Token
		c := start(t, o)
		s.calls = nil
		test(t, c, s, log)
		c.Close()
		end()
	})
}

// withSim is withStub against the strict simulator; what it calls a violation
// fails the test.
func withSim(t *testing.T, test func(t *testing.T, c *telegram.Client, s *sim.Server, log *logBuffer)) {
	t.Helper()
	withSimAt(t, 0, test)
}

// withSimAt is simBubble with so many messages a second to people who are let in.
func withSimAt(t *testing.T, perSecond float64, test func(t *testing.T, c *telegram.Client, s *sim.Server, log *logBuffer)) {
	t.Helper()
	withSimAndOptions(t, sim.Options{Token: token}, func(t *testing.T, o telegram.Options, s *sim.Server, log *logBuffer) {
		o.SendRate = perSecond
		c := start(t, o)
		test(t, c, s, log)
		c.Close()
	})
}

func withSimAndOptions(t *testing.T, options sim.Options, test func(t *testing.T, o telegram.Options, s *sim.Server, log *logBuffer)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, log := sim.New(options), &logBuffer{}
		o, end := serve(t, s, nil, log)
		test(t, o, s, log)
		end()
		s.Close()
		if v := s.Violations(); len(v) > 0 {
			t.Errorf("telegram's rules were broken:\n%s", strings.Join(v, "\n"))
		}
	})
}

// elapse lets time pass by d, and waits until what happens then is over.
func elapse(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// hello is a message whose content does not matter.
func hello() view.Message { return view.Message{HTML: "hello"} }

func picture() view.Message {
	return view.Message{HTML: "<b>INFY</b> ₹1,512.40", Photo: viewtest.PNG(60, 40, 200)}
}

func file() view.Message {
	return view.Message{HTML: "500 holdings", File: &view.File{Name: "holdings-2031-03-04.csv", MIME: "text/csv", Data: []byte("symbol,quantity\nINFY,10\n")}}
}

func tables() view.Message {
	return view.Message{
		HTML: "<b>₹1,200</b>\n<pre>INFY 1,200</pre>",
		Rich: &view.Rich{Blocks: []view.Block{
			{HTML: "<b>₹1,200</b>"},
			{Table: &view.RichTable{Head: []string{"Stock", "Value"}, Rows: [][]string{{"M&M <1>", "1,200"}}}},
		}},
	}
}

func withButtons(m view.Message) view.Message {
	m.Buttons = [][]view.Button{{{Text: "1Y", Data: "chart:range:1Y", Style: view.Primary}}}
	return m
}

// cause is why a message was not delivered.
func cause(t *testing.T, err error) bot.DeliveryCause {
	t.Helper()
	d, ok := errors.AsType[*bot.DeliveryError](err)
	if !ok {
		t.Fatalf("error = %v (%T), want a *bot.DeliveryError", err, err)
	}
	return d.Cause
}

func sendCause(t *testing.T, c *telegram.Client, chat int64) bot.DeliveryCause {
	t.Helper()
	_, err := c.Send(t.Context(), chat, hello())
	return cause(t, err)
}

// mustSend sends to Asha.
func mustSend(t *testing.T, c *telegram.Client, m view.Message) int {
	t.Helper()
	if err := viewtest.Check(m); err != nil {
		t.Fatalf("the message is wrong: %v", err)
	}
	id, err := c.Send(t.Context(), 501, m)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// ashaAndRavi are two who have written to the bot.
func ashaAndRavi(s *sim.Server) (asha, ravi *sim.User) {
	asha, ravi = s.User(501, "Asha"), s.User(502, "Ravi")
	asha.Send("/start")
	ravi.Send("/start")
	return asha, ravi
}

// answers lists what the bot said in a chat.
func answers(messages []sim.Message) []string {
	var all []string
	for _, m := range messages {
		if m.FromBot {
			all = append(all, m.Text)
		}
	}
	return all
}
