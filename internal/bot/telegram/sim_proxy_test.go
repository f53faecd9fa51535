package telegram_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"testing/synctest"

	"kitebot/internal/bot"
	"kitebot/internal/bot/telegram"
	sim "kitebot/internal/sim/telegram"
)

// simHook is where the strict server delivers to, in the tests' own network.
const simHook = "http://127.0.0.1:8081/telegram"

// proxy is the way from the strict server to whatever listens at the moment.
type proxy struct {
	mu   sync.Mutex
	at   *pipes // nil: nothing listens
	cuts int    // so many answers are lost on their way back

	options telegram.Options // of the bot behind it
}

// listen takes the place before the bot.
func (p *proxy) listen() net.Listener {
	n, _ := newProxyNet()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at = n
	return n
}

func (p *proxy) dial(ctx context.Context, network, address string) (net.Conn, error) {
	p.mu.Lock()
	at := p.at
	p.mu.Unlock()
	if at == nil {
		return nil, errors.New("connection refused")
	}
	select {
	case <-at.closed:
		return nil, errors.New("connection refused")
	default:
	}
	conn, err := at.dial(ctx, network, address)
	return &lossyConn{Conn: conn, proxy: p}, err
}

// lose makes the next n answers get lost.
func (p *proxy) lose(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cuts = n
}

// lossyConn is a connection that breaks when an answer that is to be lost comes.
type lossyConn struct {
	net.Conn
	proxy *proxy
}

func (c *lossyConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.proxy.mu.Lock()
	defer c.proxy.mu.Unlock()
	if n > 0 && c.proxy.cuts > 0 {
		c.proxy.cuts--
		_ = c.Conn.Close()
		return 0, net.ErrClosed
	}
	return n, err
}

// withWebhook is simBubble with a way for the server's deliveries.
func withWebhook(t *testing.T, test func(t *testing.T, c *telegram.Client, s *sim.Server, p *proxy, log *logBuffer)) {
	t.Helper()
	p := &proxy{}
	withSimAndOptions(t, sim.Options{Token: token, Dial: p.dial}, func(t *testing.T, o telegram.Options, s *sim.Server, log *logBuffer) {
		p.options = o
		c := start(t, o)
		test(t, c, s, p, log)
		c.Close()
	})
}

// botRun is a bot process that answers nothing but notes what it is handed.
type botRun struct {
	got *[]string
	end func()
}

// webhook starts one that is delivered to, poll one that polls.
func (p *proxy) webhook(t *testing.T, c *telegram.Client, j bot.Journal, got *[]string) botRun {
	l := p.listen()
	return p.start(t, c, j, got, func(ctx context.Context, handle func(bot.Update)) error {
		return c.Webhook(ctx, telegram.Hook{URL: simHook, Listener: l}, j, handle)
	})
}

func (p *proxy) poll(t *testing.T, c *telegram.Client, j bot.Journal, got *[]string) botRun {
	return p.start(t, c, j, got, func(ctx context.Context, handle func(bot.Update)) error { return c.Poll(ctx, j, handle) })
}

func (p *proxy) start(t *testing.T, c *telegram.Client, j bot.Journal, got *[]string, take func(context.Context, func(bot.Update)) error) botRun {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	handle := func(u bot.Update) {
		*got = append(*got, u.Text)
		j.Answered(c.ID(), u.ID)
	}
	left, err := j.Unanswered(c.ID())
	if err != nil {
		t.Error(err)
	}
	for _, u := range left {
		handle(u)
	}
	go func() { done <- take(ctx, handle) }()
	synctest.Wait()
	return botRun{got, func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}}
}

// fullJournal is a journal that is full for its next batches.
type fullJournal struct {
	bot.Journal
	mu   sync.Mutex
	full int
}

func (f *fullJournal) Take(who int64, batch []bot.Update) ([]bot.Update, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.full > 0 {
		f.full--
		return nil, errors.New("no space left on device")
	}
	return f.Journal.Take(who, batch)
}
