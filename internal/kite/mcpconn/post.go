package mcpconn

import (
	"context"
	"sync"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"

	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
)

// postConn is a connection over streamable HTTP: a session id and nothing else
// until the first call. It stays usable whatever a call came to: after an
// answer of KindEnded a further call asks the server again.
type postConn struct {
	*baseConn
	mu     sync.Mutex
	client *mcpClient // nil until the first call
}

var _ session.Conn = (*postConn)(nil)

// resume makes a connection for an existing session. Its life is its own, not
// a child of the Dialer's, so that one that is never closed is not held.
func (d *Dialer) resume(id session.ID) *postConn {
	c := &postConn{baseConn: newBaseConn(d, context.Background())}
	c.id = id
	return c
}

// openSession makes a new session over streamable HTTP.
func (d *Dialer) openSession(ctx context.Context) (opened, error) {
	c := d.resume(session.ID{})
	if err := c.open(ctx); err != nil {
		return nil, d.openFailed(ctx, err, c.id)
	}
	return c, nil
}

// open shakes hands and takes the session id from the answer's header.
func (c *postConn) open(ctx context.Context) error {
	tr, err := c.dialer.newStreamable()
	if err != nil {
		return err
	}
	c.client = newMCPClient(tr)
	bound, cancel := c.dialer.within(ctx, c.dialer.opts.OpenTimeout, c.life)
	defer cancel()
	err = initialize(bound, c.client, c.dialer.opts.Version)
	c.id = session.NewID(tr.GetSessionId())
	if err != nil {
		return because(ctx, bound, c.life, err)
	}
	if !plausible(c.id) {
		return errOdd
	}
	return nil
}

func (d *Dialer) newStreamable(options ...transport.StreamableHTTPCOption) (*transport.StreamableHTTP, error) {
	return transport.NewStreamableHTTP(d.at.mcp.String(), append(options,
		transport.WithHTTPBasicClient(d.client), transport.WithHTTPLogger(silent()))...)
}

// dial makes the client at the first call. It is never closed: it holds
// nothing, and its Close would end the session.
func (c *postConn) dial() (*mcpClient, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.client != nil {
		return c.client, nil
	}
	if !plausible(c.id) {
		return nil, errBadID
	}
	tr, err := c.dialer.newStreamable(transport.WithSession(c.id.Reveal()))
	if err != nil {
		return nil, err
	}
	tr.SetProtocolVersion(protocolVersion)
	c.client = newMCPClient(tr, client.WithSession())
	return c.client, nil
}

// Call asks over streamable HTTP. An id that the server could never
// have given out is KindEnded, without asking.
func (c *postConn) Call(ctx context.Context, q kite.Query) (string, error) {
	cl, cause := c.dial()
	if cause != nil {
		return "", c.failed(q.Name(), cause)
	}
	text, cause := c.askInStyle(ctx, cl, q, c.probe)
	if cause != nil {
		return "", c.failed(q.Name(), cause)
	}
	return text, nil
}

// probe looks at the server over the session.
func (c *postConn) probe(ctx context.Context) (Surface, []string, error) {
	cl, err := c.dial()
	if err != nil {
		return Surface{}, nil, err
	}
	return c.baseConn.probe(ctx, cl)
}

// Lost never closes: there is no stream to lose.
func (c *postConn) Lost() <-chan struct{} { return nil }
