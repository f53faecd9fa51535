package mcpconn

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"

	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
	"kitebot/internal/stdlog"
)

// stream is the transport of a session's stream: requests are posted to the
// endpoint that the stream named, and answers come as its events.
//
// It takes the place of mcp-go's own, because it is what a login hangs on, what
// each live session costs, and on the way of every answer: see ADR 0017.
type stream struct {
	*baseConn
	endpoint *url.URL
	version  string // of the protocol, once it is agreed on

	mu      sync.Mutex
	waiting map[string]pendingCall // by the request's id, as it is written
	giveUp  context.CancelFunc     // of an event that waits for room; nil for none
}

var _ transport.HTTPConnection = (*stream)(nil)

// smallBuffer is what an idle stream is read with: pings have some fifty bytes.
const smallBuffer = 512

// Start opens the stream and waits until it names its endpoint. The stream lives
// as long as its connection, and that no longer than the stream.
func (s *stream) Start(ctx context.Context) error {
	home := s.dialer.at.sse
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, home.String(), nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Cache-Control", "no-cache")
	resp, err := s.dialer.client.Do(req)
	if err != nil {
		return err
	}
	r := newEvents(resp.Body, smallBuffer, false)
	r.room = s.room
	if err := s.readEndpoint(r, home); err != nil {
		s.end(err)
		_ = resp.Body.Close()
		return err
	}
	s.waiting = map[string]pendingCall{}
	go func() { // the stream's body tells the Dialer when it is closed
		defer resp.Body.Close()
		defer s.recoverPanic()
		s.end(s.read(r, home))
	}()
	return nil
}

func (s *stream) readEndpoint(r *events, home *url.URL) error {
	for {
		e, err := r.next()
		if err != nil {
			return errLost
		}
		if e.name != "endpoint" {
			continue
		}
		if s.endpoint, err = home.Parse(e.data); err != nil {
			return errOdd
		}
		s.id, err = sessionAt(s.endpoint, home)
		return err
	}
}

// read hands out the answers until the stream is over, and returns why it is. A
// stream that names another endpoint goes on for another session.
func (s *stream) read(r *events, home *url.URL) error {
	var e incoming
	defer func() { e.held.release() }() // of the one over which it panicked
	for {
		var err error
		e, err = r.next()
		switch {
		case err != nil:
			return errLost
		case e.refused != nil:
			s.refuse(e)
		case e.name == "endpoint":
			if again, err := home.Parse(e.data); err != nil || *again != *s.endpoint {
				return errMoved
			}
		case e.message():
			if a, ok := kite.DecodeAnswer(e.data); ok {
				s.deliverTo(streamAnswer{answer: a, held: e.held})
				e.held = nil
				continue
			}
		}
		e.held.release()
	}
}

// recoverPanic is deferred: a panic ends one stream, not the process.
func (s *stream) recoverPanic() {
	if bug := recover(); bug != nil {
		s.dialer.log.Error("reading a stream panicked: a bug of ours, please report it with the stack; its person goes on without the stream", stdlog.Panic(bug)...)
		s.end(errLost)
	}
}

// SendRequest posts a request and waits for its answer.
func (s *stream) SendRequest(ctx context.Context, r transport.JSONRPCRequest) (*transport.JSONRPCResponse, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	id, err := json.Marshal(r.ID)
	if err != nil {
		return nil, err
	}
	w := pendingCall{to: make(chan streamAnswer, 1), holds: kite.Holds(ctx)}
	s.expect(string(id), w)
	err = s.post(withoutToolResult(ctx), body)
	if err == nil {
		select {
		case a := <-w.to:
			return a.response(ctx, r.ID)
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	err = s.abandon(string(id), err)
	select {
	case a := <-w.to: // it came right before the end
		return a.response(ctx, r.ID)
	default:
		return nil, err
	}
}

// SendNotification posts what has no answer.
func (s *stream) SendNotification(ctx context.Context, n mcp.JSONRPCNotification) error {
	body, err := json.Marshal(n)
	if err != nil {
		return err
	}
	return s.post(ctx, body)
}

func (s *stream) post(ctx context.Context, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.endpoint.String(), bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if s.version != "" {
		req.Header.Set(transport.HeaderKeyProtocolVersion, s.version)
	}
	resp, err := s.dialer.client.Do(req)
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, resp.Body) // it was read before, within bounds
	return resp.Body.Close()
}

// SetNotificationHandler is asked for by mcp-go: nothing the server announces
// changes what we do.
func (*stream) SetNotificationHandler(func(mcp.JSONRPCNotification)) {}

// SetProtocolVersion takes from mcp-go what was agreed on, before anything but the
// handshake is sent.
func (s *stream) SetProtocolVersion(version string) { s.version = version }

// GetSessionId is asked for by mcp-go. The id stands in the endpoint.
func (*stream) GetSessionId() string { return "" }

// Close ends the stream. It sends nothing.
func (s *stream) Close() error {
	s.baseConn.Close()
	return nil
}

// sessionAt reads the session id out of the endpoint that the server named.
func sessionAt(endpoint, home *url.URL) (session.ID, error) {
	id := session.NewID(endpoint.Query().Get("sessionId"))
	if endpoint.Scheme != home.Scheme || endpoint.Host != home.Host || endpoint.User != nil || !plausible(id) {
		return session.ID{}, errOdd
	}
	return id, nil
}

// maxID is the longest session id believed, in bytes.
const maxID = 128

// plausible reports whether id looks like a session id.
func plausible(id session.ID) bool { return visible(id.Reveal(), maxID) }

// streamConn is a connection over a stream. It ends when the stream does.
type streamConn struct {
	*baseConn
	client  *mcpClient
	started bool // the stream named its endpoint
}

var _ session.Conn = (*streamConn)(nil)

// openStream opens a stream and shakes hands over it. The stream belongs to
// the Dialer; ctx can end it only until this function returns.
//
// gone says that the server serves no streams, as far as the failure shows.
func (d *Dialer) openStream(ctx context.Context) (conn opened, gone bool, err error) {
	c := &streamConn{baseConn: newBaseConn(d, d.base)}
	unbind := context.AfterFunc(ctx, func() { c.end(ctx.Err()) })
	err = c.open(ctx)
	if !unbind() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		err = because(ctx, ctx, c.life, err)
		c.end(err)
		return nil, !c.started && noStreams(err), d.openFailed(ctx, err, c.id)
	}
	return c, false, nil
}

func (c *streamConn) open(ctx context.Context) error {
	c.client = newMCPClient(&stream{baseConn: c.baseConn})
	limit := time.AfterFunc(c.dialer.opts.StreamTimeout, func() { c.end(errNoEndpoint) })
	defer limit.Stop()
	if err := c.client.Start(context.WithValue(c.life, streamKey{}, c.baseConn)); err != nil {
		return err
	}
	limit.Stop()
	c.started = true
	bound, cancel := c.dialer.within(ctx, c.dialer.opts.OpenTimeout, c.life)
	defer cancel()
	return initialize(bound, c.client, c.dialer.opts.Version)
}

// Call asks over the stream. When the server does not know the session
// any more, its stream is gone: that says nothing about the login, so it is
// KindUnreachable, and the connection counts as lost. It is the end of the login
// when the server wants one by OAuth instead.
func (c *streamConn) Call(ctx context.Context, q kite.Query) (string, error) {
	text, cause := c.askInStyle(ctx, c.client, q, c.probe)
	if cause == nil {
		return text, nil
	}
	err := c.failed(q.Name(), cause)
	if kite.KindOf(err) == kite.KindEnded {
		c.end(errLost)
		if kite.EndingOf(err) == kite.EndUnsaid {
			err = classify(q.Name(), errLost)
		}
	}
	return "", err
}

// probe looks at the server over the stream.
func (c *streamConn) probe(ctx context.Context) (Surface, []string, error) {
	return c.baseConn.probe(ctx, c.client)
}

// Lost is closed when the stream is gone, be it by Close.
func (c *streamConn) Lost() <-chan struct{} { return c.life.Done() }

// streamBody is the body of a session's stream. It is read by one goroutine,
// which closes it when it is done.
type streamBody struct {
	io.ReadCloser
	owner  *baseConn
	timer  *time.Timer // fires when the stream was silent for too long
	closed atomic.Bool
}

// watch starts watching a stream. The timer costs no goroutine while the
// stream is alive. Open holds a piece of work at this moment, so that the
// Dialer cannot have been waited for.
func (l *baseConn) watch(body io.ReadCloser) io.ReadCloser {
	l.dialer.work.Add(1)
	timer := time.AfterFunc(l.dialer.opts.SilenceLimit, func() { l.end(errSilent) })
	return &streamBody{ReadCloser: body, owner: l, timer: timer}
}

// Read reads from the stream. Whatever comes is a sign of life.
func (b *streamBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if n > 0 {
		b.timer.Reset(b.owner.dialer.opts.SilenceLimit)
	}
	return n, err
}

// Close stops the watch; it is the last thing the reader does.
func (b *streamBody) Close() error {
	err := b.ReadCloser.Close()
	if !b.closed.Swap(true) {
		b.timer.Stop()
		b.owner.dialer.work.Done()
	}
	return err
}
