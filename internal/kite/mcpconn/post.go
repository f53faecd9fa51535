package mcpconn

import (
	"context"
	"io"
	"mime"
	"net/http"

	"github.com/mark3labs/mcp-go/client/transport"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

// streamable is the wire of a session over streamable HTTP: the answer to a request
// is that to its POST.
type streamable struct {
	poster
	budget *budget
}

// newStreamable makes a wire for a session, or for a new one when id is zero. A
// bearer that is not zero is shown with each message.
func (d *Dialer) newStreamable(id, bearer session.ID) *streamable {
	header := http.Header{"Accept": {"application/json, text/event-stream"}}
	s := &streamable{poster{via: d.client, to: d.at.mcp.String(), header: header}, d.budget}
	if !bearer.IsZero() {
		s.header.Set("Authorization", "Bearer "+bearer.Reveal())
	}
	if !id.IsZero() {
		s.header.Set(transport.HeaderKeySessionID, id.Reveal())
		s.version = protocolVersion
	}
	return s
}

// session is the session that the server named in its answer to the handshake.
func (s *streamable) session() session.ID {
	return session.NewID(s.header.Get(transport.HeaderKeySessionID))
}

func (s *streamable) exchange(ctx context.Context, _ string, request []byte) (r reply, err error) {
	resp, err := s.post(ctx, request)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	if id := resp.Header.Get(transport.HeaderKeySessionID); id != "" && s.version == "" { // this is the handshake
		s.header.Set(transport.HeaderKeySessionID, id)
	}
	if resp.ContentLength > maxAnswer {
		return reply{}, errAnswerTooBig
	}
	body := &bounded{Reader: resp.Body, ctx: ctx, budget: s.budget, length: resp.ContentLength}
	defer func() {
		if r.held == nil { // not handed on, also by a panic
			body.held.release()
		}
	}()
	text, err := readAnswer(body, resp.Header)
	if err != nil {
		return reply{}, err
	}
	body.held.shrink(len(text))
	answer, ok := wire.DecodeAnswer(text)
	if !ok {
		return reply{}, errOdd
	}
	return reply{Answer: answer, held: body.held}, nil
}

// readAnswer reads an answer, be it alone or the first among events.
func readAnswer(body io.Reader, header http.Header) (string, error) {
	if isEvents(header) {
		return firstAnswer(body)
	}
	whole, err := io.ReadAll(body)
	return string(whole), unread(err)
}

// isEvents reports whether an answer comes as events.
func isEvents(header http.Header) bool {
	media, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	return media == "text/event-stream"
}

// postConn is a connection over streamable HTTP: a session id and nothing else. It
// stays usable whatever a call came to: after an answer of KindEnded a further call
// asks the server again.
type postConn struct {
	*baseConn
	client *rpcClient
}

var _ session.Conn = (*postConn)(nil)

// resume makes a connection for an existing session. Its life is its own, not
// a child of the Dialer's, so that one that is never closed is not held.
func (d *Dialer) resume(id session.ID) *postConn {
	c := &postConn{newBaseConn(d, context.Background()), &rpcClient{wire: d.newStreamable(id, session.ID{})}}
	c.id = id
	return c
}

// openSession makes a new session over streamable HTTP.
func (d *Dialer) openSession(ctx context.Context) (opened, error) {
	c := &postConn{baseConn: newBaseConn(d, context.Background())}
	var err error
	if c.client, c.id, err = c.join(ctx, session.ID{}); err == nil && !plausible(c.id) {
		err = errOdd
	}
	if err != nil {
		return nil, d.openFailed(ctx, err, c.id)
	}
	return c, nil
}

// join shakes hands over streamable HTTP, for a bearer if that is not zero, and
// returns the session that the server named, if it did.
func (l *baseConn) join(ctx context.Context, bearer session.ID) (*rpcClient, session.ID, error) {
	s := l.dialer.newStreamable(session.ID{}, bearer)
	c := &rpcClient{wire: s}
	bound, cancel := l.dialer.within(ctx, l.dialer.opts.OpenTimeout, l.life)
	defer cancel()
	if err := c.initialize(bound, l.dialer.opts.Version); err != nil {
		return nil, s.session(), because(ctx, bound, l.life, err)
	}
	return c, s.session(), nil
}

// Call asks over streamable HTTP. An id that the server could never
// have given out is KindEnded, without asking.
func (c *postConn) Call(ctx context.Context, q query.Query) (string, error) {
	if !plausible(c.id) {
		return "", c.failed(q.Name(), errBadID)
	}
	text, cause := c.askInStyle(ctx, c.client, q, c.probe)
	if cause != nil {
		return "", c.failed(q.Name(), cause)
	}
	return text, nil
}

// probe looks at the server over the session.
func (c *postConn) probe(ctx context.Context) (Surface, []string, error) {
	return c.baseConn.probe(ctx, c.client)
}

// Lost never closes: there is no stream to lose.
func (c *postConn) Lost() <-chan struct{} { return nil }
