package mcpconn

import (
	"context"
	"time"

	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
)

// streamConn is a connection over a stream. It ends when the stream does.
type streamConn struct {
	*link
	speaker *speaker
	started bool // the stream named its endpoint
}

var _ session.Conn = (*streamConn)(nil)

// openStream opens a stream and shakes hands over it. The stream belongs to
// the Dialer; ctx can end it only until this function returns.
//
// gone says that the server serves no streams, as far as the failure tells.
func (d *Dialer) openStream(ctx context.Context) (conn opened, gone bool, err error) {
	c := &streamConn{link: newLink(d, d.base)}
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
	c.speaker = newSpeaker(&wire{HTTPConnection: &stream{link: c.link}})
	limit := time.AfterFunc(c.dialer.opts.StreamTimeout, func() { c.end(errNoEndpoint) })
	defer limit.Stop()
	if err := c.speaker.Start(context.WithValue(c.life, streamKey{}, c.link)); err != nil {
		return err
	}
	limit.Stop()
	c.started = true
	bound, cancel := c.dialer.within(ctx, c.dialer.opts.OpenTimeout, c.life)
	defer cancel()
	return initialize(bound, c.speaker, c.dialer.opts.Version)
}

// Call asks over the stream. When the server does not know the session
// any more, its stream is gone: that says nothing about the login, so it is
// KindUnreachable, and the connection counts as lost. It is the end of the login
// when the server wants one by OAuth instead.
func (c *streamConn) Call(ctx context.Context, q kite.Query) (string, error) {
	text, cause := c.put(ctx, c.speaker, q, c.see)
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

// see looks at the server over the stream.
func (c *streamConn) see(ctx context.Context) (Surface, []string, error) {
	return c.link.see(ctx, c.speaker)
}

// Lost is closed when the stream is gone, be it by Close.
func (c *streamConn) Lost() <-chan struct{} { return c.life.Done() }
