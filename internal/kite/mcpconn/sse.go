package mcpconn

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/mark3labs/mcp-go/client/transport"

	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
)

// unhurried is given to mcp-go wherever it wants a timeout of its own: every
// request has a shorter deadline in its context.
const unhurried = time.Hour

// streamConn is a connection over a stream. It ends when the stream does.
type streamConn struct {
	*link
	speaker *speaker
}

var _ session.Conn = (*streamConn)(nil)

// openStream opens a stream and shakes hands over it. The stream belongs to
// the Dialer; ctx can end it only until this function returns.
func (d *Dialer) openStream(ctx context.Context) (session.Conn, error) {
	c := &streamConn{link: newLink(d, d.base)}
	unbind := context.AfterFunc(ctx, func() { c.end(ctx.Err()) })
	err := c.open(ctx)
	if !unbind() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		err = because(ctx, ctx, c.life, err)
		c.end(err)
		return nil, d.openFailed(err, c.id)
	}
	return c, nil
}

func (c *streamConn) open(ctx context.Context) error {
	d := c.dialer
	tr, err := transport.NewSSE(d.at.sse.String(), transport.WithHTTPClient(d.client), transport.WithSSELogger(silent()),
		transport.WithEndpointTimeout(unhurried), transport.WithResponseTimeout(unhurried))
	if err != nil {
		return err
	}
	// This runs on the goroutine that reads the stream: it must not wait.
	tr.SetConnectionLostHandler(func(error) { c.end(errLost) })
	w := &wire{HTTPConnection: tr}
	c.speaker = newSpeaker(w)
	if err := c.speaker.Start(context.WithValue(c.life, streamKey{}, c.link)); err != nil {
		return err
	}
	w.endpoint = tr.GetEndpoint()
	if c.id, err = sessionAt(w.endpoint, d.at.sse); err != nil {
		return err
	}
	bound, cancel := d.within(ctx, d.opts.OpenTimeout, c.life)
	defer cancel()
	return initialize(bound, c.speaker)
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

// plausible reports whether id looks like a session id: not empty, not
// endless, visible ASCII.
func plausible(id session.ID) bool {
	s := id.Reveal()
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= maxID
}

// Call calls a tool over the stream. When the server does not know the session
// any more, its stream is gone: that says nothing about the login, so it is
// KindUnreachable, and the connection counts as lost. It does too when the
// server has named another endpoint: that would be another session.
func (c *streamConn) Call(ctx context.Context, tool string, args map[string]any) (string, error) {
	text, cause := c.call(ctx, c.speaker, tool, args)
	if cause == nil {
		return text, nil
	}
	if errors.Is(cause, errMoved) {
		c.end(errMoved)
	}
	err := c.failed(tool, cause)
	if kite.KindOf(err) == kite.KindEnded {
		c.end(errLost)
		return "", classify(tool, errLost)
	}
	return "", err
}

// Lost is closed when the stream is gone, be it by Close.
func (c *streamConn) Lost() <-chan struct{} { return c.life.Done() }
