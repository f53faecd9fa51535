package app_test

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

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
