package app_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	simkite "kitebot/internal/sim/kite"
	simtg "kitebot/internal/sim/telegram"
)

// fakeTimeSystem is a system in the fake time of testing/synctest: the real
// program, the real libraries, both simulators and a real file, over a network
// within the process. Hours take milliseconds.
type fakeTimeSystem struct {
	*system
	network        *network
	outside        *netDialer // of the test itself and of the far ends
	netDialer      *netDialer // of the bot that runs
	kiteAt, chatAt *host
}

// The addresses of that network.
const (
	kiteAddress  = "127.0.0.1:1"
	chatAddress  = "127.0.0.1:2"
	pageAddress  = "127.0.0.1:3" // where the bot serves its health
	hookAddress  = "127.0.0.1:4" // where it takes deliveries and browsers
	proxyAddress = "127.0.0.1:5" // of the proxy before that
)

// ist is where the people of these tests live.
var ist = time.FixedZone("IST", 5*60*60+30*60)

// inFakeTime runs a test in fake time. It is a Monday, at this time of the day in
// India.
func inFakeTime(t *testing.T, at time.Duration, test func(*fakeTimeSystem)) {
	t.Helper()
	inFakeTimeWith(t, at, simkite.Options{}, test)
}

func inFakeTimeWith(t *testing.T, at time.Duration, o simkite.Options, test func(*fakeTimeSystem)) {
	t.Helper()
	o.BaseURL = "http://" + kiteAddress
	synctest.Test(t, func(t *testing.T) {
		<-time.After(time.Until(time.Date(2000, 1, 3, 0, 0, 0, 0, ist).Add(at)))
		n := &network{hosts: map[string]*host{}}
		outside := &netDialer{network: n}
		w := &system{
			t: t, kite: simkite.New(o), tg: simtg.New(simtg.Options{Token: token, Dial: outside.dial}),
			kiteU: "http://" + kiteAddress, tgURL: "http://" + chatAddress, store: filepath.Join(t.TempDir(), "bot.db"), token: token,
		}
		w.tg.SetNextUpdateID(700_000_000)
		w.listen = func(address string) (net.Listener, error) { return n.host(address), nil }
		b := &fakeTimeSystem{system: w, network: n, outside: outside, kiteAt: n.host(kiteAddress), chatAt: n.host(chatAddress)}
		w.dialer = func() dialFunc {
			b.netDialer = &netDialer{network: n}
			return b.netDialer.dial
		}
		serveAt(t, b.kiteAt, w.kite, w.kite.Close)
		serveAt(t, b.chatAt, w.tg, w.tg.Close)
		t.Cleanup(w.check)
		test(b)
	})
}

// serveAt answers at a host until the test is over.
func serveAt(t *testing.T, h *host, handler http.Handler, closeAll func()) {
	s, over := &http.Server{Handler: handler}, make(chan struct{})
	go func() {
		defer close(over)
		_ = s.Serve(h)
	}()
	t.Cleanup(func() {
		closeAll()
		_ = s.Close()
		<-over
	})
}

// pass lets time pass, and waits until what it brought about has settled.
func (b *fakeTimeSystem) pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// kill is what the bot's process being killed looks like from everywhere else:
// its lines break, it never says another word, and its file stays as it was at
// that moment. The next start is on that file. (A process that really is killed:
// TestKilledBot.)
func (b *fakeTimeSystem) kill() {
	b.t.Helper()
	synctest.Wait()
	b.netDialer.pull()
	left := filepath.Join(b.t.TempDir(), "bot.db")
	for _, name := range []string{"", ".key"} {
		copyFile(b.t, b.store+name, left+name)
	}
	_ = b.stop() // only now: nothing that it still does can be seen
	b.stop, b.store = nil, left
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(out, in)
	if failed := out.Close(); err != nil || failed != nil {
		t.Fatal(err, failed)
	}
}

// network is the hosts that the bot and its far ends talk to, within the process:
// nothing of it is known to the kernel, so that fake time sees when all wait. What is
// written is kept until it is read, without a limit.
type network struct {
	mu    sync.Mutex
	hosts map[string]*host
}

// host returns the host of an address, and makes it where there is none.
func (n *network) host(address string) *host {
	n.mu.Lock()
	defer n.mu.Unlock()
	h := n.hosts[address]
	if h == nil {
		h = &host{
			address: address, arrivals: make(chan net.Conn), closed: make(chan struct{}),
			changed: make(chan struct{}), lines: map[*line]bool{},
		}
		n.hosts[address] = h
	}
	return h
}

// netDialer is one process's way into the network.
type netDialer struct {
	*network
	mu     sync.Mutex
	pulled bool
	lines  []*line
}

// dialTime is how long a dial waits for a host that says nothing, as the bot's
// own dialers do.
const dialTime = 10 * time.Second

func (p *netDialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	fail := func(err error) error { return &net.OpError{Op: "dial", Net: network, Err: err} }
	h := p.host(address)
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	if err := h.reach(ctx); err != nil {
		return nil, fail(err)
	}
	l := newLine(h)
	if !p.join(l) {
		return nil, fail(syscall.ENETUNREACH)
	}
	select {
	case h.arrivals <- l.far():
		return l.near(), nil
	case <-h.closed:
		return nil, fail(syscall.ECONNREFUSED)
	case <-ctx.Done():
		return nil, fail(ctx.Err())
	}
}

func (p *netDialer) join(l *line) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lines = append(p.lines, l)
	return !p.pulled
}

// pull cuts the process off: both ends of its lines find them broken, and it
// gets no new ones.
func (p *netDialer) pull() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pulled = true
	for _, l := range p.lines {
		l.cut()
	}
}

// host is one address. It is the net.Listener of what serves there.
type host struct {
	address  string
	arrivals chan net.Conn
	closing  sync.Once
	closed   chan struct{}

	mu      sync.Mutex
	refuses bool
	frozen  bool
	changed chan struct{} // closed and replaced when either of them changes
	lines   map[*line]bool
}

func (h *host) Accept() (net.Conn, error) {
	select {
	case c := <-h.arrivals:
		return c, nil
	case <-h.closed:
		return nil, net.ErrClosed
	}
}

func (h *host) Close() error   { h.closing.Do(func() { close(h.closed) }); return nil }
func (h *host) Addr() net.Addr { return place(h.address) }

// reach waits until the host takes connections, or says that it does not.
func (h *host) reach(ctx context.Context) error {
	for {
		h.mu.Lock()
		refuses, frozen, changed := h.refuses, h.frozen, h.changed
		h.mu.Unlock()
		switch {
		case refuses:
			return syscall.ECONNREFUSED
		case !frozen:
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// reachable reports whether the host answers just now.
func (h *host) reachable() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return !h.refuses && !h.frozen
}

// set changes how the host behaves, to new lines and to those that are open.
func (h *host) set(refuses, frozen bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.refuses, h.frozen = refuses, frozen
	close(h.changed)
	h.changed = make(chan struct{})
	for l := range h.lines {
		l.up.hold(frozen)
		l.down.hold(frozen)
	}
	if refuses {
		h.cutAll()
	}
}

// down: nobody listens there any more, and open lines are reset. silent: no byte
// passes and nothing is closed. up is the end of either.
func (h *host) down()   { h.set(true, false) }
func (h *host) silent() { h.set(false, true) }
func (h *host) up()     { h.set(false, false) }

// cut resets the open lines.
func (h *host) cut() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cutAll()
}

func (h *host) cutAll() {
	for l := range h.lines {
		l.cut()
	}
	clear(h.lines)
}

// line is a connection: two flows of bytes.
type line struct{ up, down *flow }

func newLine(h *host) *line {
	l := &line{newFlow(), newFlow()}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines[l] = true
	return l
}

func (l *line) near() net.Conn { return &end{in: l.down, out: l.up} }
func (l *line) far() net.Conn  { return &end{in: l.up, out: l.down} }

func (l *line) cut() {
	l.up.stop(syscall.ECONNRESET, true)
	l.down.stop(syscall.ECONNRESET, true)
}

// end is one end of a line.
type end struct{ in, out *flow }

func (e *end) Read(p []byte) (int, error)  { return e.in.read(p) }
func (e *end) Write(p []byte) (int, error) { return e.out.write(p) }

func (e *end) Close() error {
	e.in.stop(net.ErrClosed, true)
	e.out.stop(io.EOF, false)
	return nil
}

func (e *end) LocalAddr() net.Addr                { return place("here") }
func (e *end) RemoteAddr() net.Addr               { return place("there") }
func (e *end) SetDeadline(t time.Time) error      { return e.in.until(t) }
func (e *end) SetReadDeadline(t time.Time) error  { return e.in.until(t) }
func (e *end) SetWriteDeadline(_ time.Time) error { return nil } // a write never waits

type place string

func (place) Network() string  { return "tcp" }
func (p place) String() string { return string(p) }

// flow is one direction of a line.
type flow struct {
	mu      sync.Mutex
	news    *sync.Cond
	data    []byte
	over    error // why nothing more comes, nil while it may
	held    bool  // bytes are on their way and do not arrive
	expired bool
	timer   *time.Timer
}

func newFlow() *flow {
	f := &flow{}
	f.news = sync.NewCond(&f.mu)
	return f
}

func (f *flow) read(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		switch {
		case f.over != nil && f.over != io.EOF:
			return 0, f.over
		case f.expired:
			return 0, os.ErrDeadlineExceeded
		case f.held:
		case len(f.data) > 0:
			n := copy(p, f.data)
			f.data = f.data[n:]
			return n, nil
		case f.over != nil:
			return 0, f.over
		}
		f.news.Wait()
	}
}

func (f *flow) write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.over != nil {
		return 0, syscall.EPIPE
	}
	f.data = append(f.data, p...)
	f.news.Broadcast()
	return len(p), nil
}

// stop ends the flow; at once: what is on its way is lost.
func (f *flow) stop(why error, atOnce bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.over == nil || atOnce && f.over == io.EOF {
		f.over = why
	}
	if f.timer != nil {
		f.timer.Stop()
	}
	f.news.Broadcast()
}

func (f *flow) hold(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.held = on
	f.news.Broadcast()
}

// until sets the deadline of reads, those that wait included.
func (f *flow) until(t time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.timer != nil {
		f.timer.Stop()
	}
	f.timer, f.expired = nil, !t.IsZero() && time.Until(t) <= 0
	if !t.IsZero() && !f.expired {
		var mine *time.Timer
		mine = time.AfterFunc(time.Until(t), func() {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.expired = f.expired || f.timer == mine
			f.news.Broadcast()
		})
		f.timer = mine
	}
	f.news.Broadcast()
	return nil
}
