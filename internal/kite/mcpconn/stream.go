package mcpconn

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
	"kitebot/internal/stdlog"
)

// streamConn is a connection over a stream: requests are posted to the endpoint that
// the stream named, and answers come as its events. It ends when the stream does.
//
// It is our own in place of mcp-go's, because it is what a login hangs on, what each
// live session costs, and on the way of every answer: see ADR 0017.
type streamConn struct {
	*baseConn
	poster
	rpc      *rpcClient
	endpoint *url.URL // nil until the stream named it

	mu      sync.Mutex
	waiting map[string]pendingCall // by the request's id, as it is written
	giveUp  context.CancelFunc     // of an event that waits for room; nil for none
}

var _ session.Conn = (*streamConn)(nil)

// openStream opens a stream and shakes hands over it. The stream belongs to
// the server; ctx can end it only until this function returns.
//
// gone says that the server serves no streams, as far as the failure shows.
func (s *server) openStream(ctx context.Context) (conn opened, gone bool, err error) {
	c := &streamConn{baseConn: newBaseConn(s, s.base), poster: poster{via: s.client}, waiting: map[string]pendingCall{}}
	c.rpc = &rpcClient{wire: c}
	unbind := context.AfterFunc(ctx, func() { c.end(ctx.Err()) })
	err = c.open(ctx)
	if !unbind() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		err = because(ctx, ctx, c.life, err)
		c.end(err)
		return nil, c.endpoint == nil && noStreams(err), s.openFailed(ctx, err, c.id)
	}
	return c, false, nil
}

func (c *streamConn) open(ctx context.Context) error {
	limit := time.AfterFunc(c.server.opts.StreamTimeout, func() { c.end(errNoEndpoint) })
	defer limit.Stop()
	if err := c.start(); err != nil {
		return err
	}
	limit.Stop()
	bound, cancel := c.server.within(ctx, c.server.opts.OpenTimeout, c.life)
	defer cancel()
	return c.rpc.initialize(bound, c.server.opts.Version)
}

// smallBuffer is what an idle stream is read with: pings have some fifty bytes.
const smallBuffer = 512

// start opens the stream and waits until it names its endpoint. The stream lives
// as long as its connection, and that no longer than the stream.
func (c *streamConn) start() error {
	home := c.server.at.sse
	req, err := http.NewRequestWithContext(c.life, http.MethodGet, home.String(), nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Cache-Control", "no-cache")
	resp, err := c.server.client.Do(req)
	if err != nil {
		return err
	}
	if !isEvents(resp.Header) {
		_ = resp.Body.Close()
		return errNoStream
	}
	limit := c.server.opts.SilenceLimit
	silence := time.AfterFunc(limit, func() { c.end(errSilent) })
	over := func() {
		_ = resp.Body.Close()
		silence.Stop()
	}
	r := newEvents(&watched{resp.Body, silence, limit}, smallBuffer, false)
	r.room = c.room
	if err := c.readEndpoint(r, home); err != nil {
		c.end(err)
		over()
		return err
	}
	c.server.work.Add(1) // Open holds a piece of work, so that the server cannot have been waited for
	go func() {
		defer c.server.work.Done()
		defer over()
		defer c.recoverPanic()
		c.end(c.read(r, home))
	}()
	return nil
}

func (c *streamConn) readEndpoint(r *events, home *url.URL) error {
	for {
		e, err := r.next()
		if err != nil {
			return errLost
		}
		if e.name != "endpoint" {
			continue
		}
		if c.endpoint, err = home.Parse(e.data); err != nil {
			return errOdd
		}
		c.to = c.endpoint.String()
		c.id, err = sessionAt(c.endpoint, home)
		return err
	}
}

// read hands out the answers until the stream is over, and returns why it is. A
// stream that names another endpoint goes on for another session.
func (c *streamConn) read(r *events, home *url.URL) error {
	var e incoming
	defer func() { e.held.release() }() // of the one over which it panicked
	for {
		var err error
		e, err = r.next()
		switch {
		case err != nil:
			return errLost
		case e.refused != nil:
			c.refuse(e)
		case e.name == "endpoint":
			if again, err := home.Parse(e.data); err != nil || *again != *c.endpoint {
				return errMoved
			}
		case e.message():
			if a, ok := wire.DecodeAnswer(e.data); ok {
				c.deliverTo(streamAnswer{reply: reply{a, e.held}})
				e.held = nil
				continue
			}
		}
		e.held.release()
	}
}

// recoverPanic is deferred: a panic ends one stream, not the process.
func (c *streamConn) recoverPanic() {
	if bug := recover(); bug != nil {
		c.server.log.Error("reading a stream panicked", stdlog.Panic(bug, "effect", "its person goes on without the stream")...)
		c.end(errLost)
	}
}

// exchange posts a request and waits for its answer on the stream.
func (c *streamConn) exchange(ctx context.Context, id string, request []byte) (reply, error) {
	w := pendingCall{to: make(chan streamAnswer, 1), holds: wire.ReleasePending(ctx)}
	c.expect(id, w)
	err := c.notify(ctx, request)
	if err == nil {
		select {
		case a := <-w.to:
			return a.reply, a.err
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	err = c.abandon(id, err)
	select {
	case a := <-w.to: // it came right before the end
		return a.reply, a.err
	default:
		return reply{}, err
	}
}

// pendingCall is a call that waits for its answer.
type pendingCall struct {
	to    chan streamAnswer // has room for one
	holds bool              // its caller holds an answer already
}

// streamAnswer is an answer, or why there is none.
type streamAnswer struct {
	reply
	err error
}

// room makes room for an event that grows large. It waits for as long as a call
// waits for an answer, and not so long that the stream looks silent.
func (c *streamConn) room() (*reservation, error) {
	ctx, cancel := context.WithTimeout(c.life, c.server.opts.SilenceLimit/2)
	defer cancel()
	c.mu.Lock()
	awaited, holding := len(c.waiting) > 0, false
	for _, w := range c.waiting {
		holding = holding || w.holds
	}
	c.giveUp = cancel
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.giveUp = nil
	}()
	if !awaited {
		return nil, errAnswerTooBig
	}
	return c.server.budget.reserve(ctx, maxAnswer, holding) // its length is not said
}

// deliverTo gives an answer to its call. The server's pings are requests, and
// get here no further than their number.
func (c *streamConn) deliverTo(a streamAnswer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w, ok := c.waiting[a.ID]
	if !ok {
		a.held.release()
		return
	}
	w.to <- a // there is room for one
	delete(c.waiting, a.ID)
}

// refuse fails the call whose answer was dropped. Where the beginning of the event
// names none, each pending call fails.
func (c *streamConn) refuse(e incoming) {
	c.mu.Lock()
	defer c.mu.Unlock()
	named := maps.Clone(c.waiting)
	maps.DeleteFunc(named, func(id string, _ pendingCall) bool { return !strings.Contains(e.data, `"id":`+id) })
	if !strings.Contains(e.data, `"id":"`+idPrefix) {
		named = maps.Clone(c.waiting)
	}
	for id, w := range named {
		w.to <- streamAnswer{err: e.refused}
		delete(c.waiting, id)
	}
}

// expect registers a call that waits for its answer.
func (c *streamConn) expect(id string, w pendingCall) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting[id] = w
}

// abandon notes that a call does not wait for its answer any more, because of err, and
// returns why that did not come: err, unless an answer was waiting for room.
func (c *streamConn) abandon(id string, err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.waiting, id)
	if c.giveUp == nil || answer(err) != nil {
		return err
	}
	if len(c.waiting) == 0 {
		c.giveUp()
	}
	return errBusy
}

// sessionAt reads the session id out of the endpoint that the server named.
func sessionAt(endpoint, home *url.URL) (session.ID, error) {
	id := session.NewID(endpoint.Query().Get("sessionId"))
	if endpoint.Scheme != home.Scheme || endpoint.Host != home.Host || endpoint.User != nil || !plausible(id) {
		return session.ID{}, errOdd
	}
	return id, nil
}

// Call asks over the stream. When the server does not know the session
// any more, its stream is gone: that says nothing about the login, so it is
// KindUnreachable, and the connection counts as lost. It is the end of the login
// when the server wants one by OAuth instead.
func (c *streamConn) Call(ctx context.Context, q query.Query) (string, error) {
	text, cause := c.askInStyle(ctx, c.rpc, q, c.probe)
	if cause == nil {
		return text, nil
	}
	err := c.failed(q.Name(), cause)
	if wire.KindOf(err) == wire.KindEnded {
		c.end(errLost)
		if wire.EndingOf(err) == wire.EndUnknown {
			err = classify(q.Name(), errLost)
		}
	}
	return "", err
}

// probe looks at the server over the stream.
func (c *streamConn) probe(ctx context.Context) (Surface, []string, error) {
	return c.baseConn.probe(ctx, c.rpc)
}

// Lost is closed when the stream is gone, be it by Close.
func (c *streamConn) Lost() <-chan struct{} { return c.life.Done() }

// watched is the body of a stream. Whatever comes of it is a sign of life. The timer
// costs no goroutine while the stream is alive.
type watched struct {
	io.Reader
	silence *time.Timer
	limit   time.Duration
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if n > 0 {
		w.silence.Reset(w.limit)
	}
	return n, err
}
