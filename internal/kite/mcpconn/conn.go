package mcpconn

import (
	"context"
	"time"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

// The longest keys believed, in bytes. Real bearers have some 400.
const (
	maxID     = 128
	maxBearer = 4096
)

// plausible reports whether id looks like a session id.
func plausible(id session.ID) bool { return visible(id.Reveal(), maxID) }

// visible reports whether a text can be a key to something: not empty, not
// endless, visible ASCII.
func visible(s string, most int) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= most
}

// baseConn is what all kinds of connection share: a session id and a lifetime.
type baseConn struct {
	server *server
	id     session.ID
	life   context.Context // its cause says why the connection is over
	end    context.CancelCauseFunc
}

func newBaseConn(s *server, parent context.Context) *baseConn {
	c := &baseConn{server: s}
	c.life, c.end = context.WithCancelCause(parent)
	return c
}

// ID is the session this connection belongs to.
func (c *baseConn) ID() session.ID { return c.id }

// Close lets go of the connection and fails its calls. It sends nothing.
func (c *baseConn) Close() { c.end(errClosed) }

// ask asks something and returns the text of a good result. The error is the
// cause of the failure, freed of addresses and of the session id; classify
// makes a *wire.Error of it.
func (c *baseConn) ask(ctx context.Context, rpc *rpcClient, q query.Query, style query.Style) (text string, err error) {
	limit := c.server.opts.CallTimeout
	if isLogin(q) { // it asks Kite twice
		limit = c.server.opts.LoginTimeout
	}
	bound, cancel := c.server.within(ctx, limit, c.life)
	defer cancel()
	var held *reservation
	if q.IsToolList() {
		text, err = rpc.listTools(bound)
	} else {
		tool, args, ok := q.On(style)
		if !ok {
			return "", errNotOffered
		}
		text, held, err = rpc.callTool(bound, tool, args)
	}
	if err != nil {
		return "", scrub(because(ctx, bound, c.life, err), c.id)
	}
	if !q.IsToolList() {
		text, err = textOf(text)
	}
	if err != nil || held != nil && !wire.OnRelease(ctx, held.release) {
		held.release()
	}
	return text, err
}

// textOf returns the text of a result. One that is flagged as an error, or reads
// like one, comes back as *toolError.
func textOf(json string) (string, error) {
	result, ok := wire.DecodeResult(json)
	if !ok {
		return "", errOdd
	}
	if wire.Classify("", wire.Outcome{Text: result.Text, IsError: result.IsError}) != nil {
		return "", &toolError{text: result.Text, flagged: result.IsError}
	}
	return result.Text, nil
}

// call runs one call, put in a style, as a piece of work of the server, unless
// the connection is over already.
func (c *baseConn) call(ctx context.Context, rpc *rpcClient, q query.Query, style query.Style) (string, error) {
	if !c.server.enter() {
		return "", errClosed
	}
	defer c.server.work.Done()
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if c.life.Err() != nil {
		return "", context.Cause(c.life)
	}
	began := time.Now()
	text, cause := c.ask(ctx, rpc, q, style)
	cause = c.server.judge(ctx, c.id, cause)
	c.server.measure(q.Name(), began, failure(q.Name(), cause))
	return text, cause
}

// failed makes the *wire.Error of a failed call and leaves a line in the log.
func (c *baseConn) failed(tool string, cause error) error {
	err := classify(tool, cause)
	c.server.log.Debug("kite call failed", "error", err, "cause", cause)
	return err
}

// askInStyle puts a question in the style that the server wants. When the answer is
// that there is no such tool, the server is looked at again, and the question put in
// the style that it turns out to want now. The error is the cause of the failure.
func (c *baseConn) askInStyle(ctx context.Context, rpc *rpcClient, q query.Query, probe probeFunc) (string, error) {
	s := c.server
	if q.IsToolList() {
		return c.call(ctx, rpc, q, query.StyleUnknown)
	}
	if s.surfaces.now().Unfamiliar {
		_ = s.surfaces.refresh(ctx, true, s.probeWithoutLogin) // whatever became of this login
		if now := s.surfaces.now(); now.Unfamiliar {
			return "", now.barred()
		}
	}
	style := c.style(q)
	text, cause := c.call(ctx, rpc, q, style)
	kind := wire.KindOf(failure(q.Name(), cause))
	switch {
	case kind == wire.KindNoTool && c.surprising(q, style):
		return c.askAgain(ctx, rpc, q, style, probe, cause)
	case cause == nil, kind == wire.KindFailed:
		s.lookLater(probe)
	}
	return text, cause
}

// askAgain looks at the server, unless that was just done, and puts a question
// again, if that makes a difference. It failed before in a style, for a cause.
func (c *baseConn) askAgain(ctx context.Context, rpc *rpcClient, q query.Query, style query.Style, probe probeFunc, cause error) (string, error) {
	if c.style(q) == style && c.server.surfaces.refresh(ctx, true, probe) != nil {
		return "", cause
	}
	now := c.server.surfaces.now()
	switch {
	case now.Unfamiliar, isLogin(q) && now.barred() != nil:
		return "", now.barred()
	case c.style(q) == style:
		return "", cause
	default:
		return c.call(ctx, rpc, q, c.style(q))
	}
}

// style is how a question is put. A login link is asked for in one way only.
// While it is not known, a server that gave out a bearer is taken for one with modes.
func (c *baseConn) style(q query.Query) query.Style {
	known := c.server.surfaces.now().Style
	switch {
	case isLogin(q):
		return query.StyleTools
	case known != query.StyleUnknown:
		return known
	case c.id.IsBearer():
		return query.StyleModes
	default:
		return query.StyleTools
	}
}

// surprising reports whether a server of a style should have had the tool, or
// its style was only a guess.
func (c *baseConn) surprising(q query.Query, style query.Style) bool {
	return q.Tool().KnownTo(style) || c.server.surfaces.now().Style == query.StyleUnknown
}

func isLogin(q query.Query) bool { return q.Name() == query.Login().Name() }

// join shakes hands over streamable HTTP, for a bearer if that is not zero, and
// returns the session that the server named, if it did.
func (c *baseConn) join(ctx context.Context, bearer session.ID) (*rpcClient, session.ID, error) {
	wire := c.server.newStreamable(session.ID{}, bearer)
	rpc := &rpcClient{wire: wire}
	bound, cancel := c.server.within(ctx, c.server.opts.OpenTimeout, c.life)
	defer cancel()
	if err := rpc.initialize(bound, c.server.opts.Version); err != nil {
		return nil, wire.session(), because(ctx, bound, c.life, err)
	}
	return rpc, wire.session(), nil
}

// probe looks at the server over a session of the login tool's kind. Where no login
// tool is listed, the documents say whether a login is made by OAuth.
func (c *baseConn) probe(ctx context.Context, rpc *rpcClient) (Surface, []string, error) {
	text, cause := c.call(ctx, rpc, query.ToolList(), query.StyleUnknown)
	if cause != nil {
		return Surface{}, nil, cause
	}
	seen, names, err := surfaceOf(text)
	if err == nil && !seen.Login && !seen.Unfamiliar {
		seen.OAuth = c.server.wantsOAuth(ctx)
	}
	return seen, names, err
}

// probeWithoutLogin looks at the server without a login: over a new session,
// if the server opens one without a login. Where it does not, the tools are not known.
func (s *server) probeWithoutLogin(ctx context.Context) (Surface, []string, error) {
	conn, err := s.openSession(ctx)
	switch {
	case err == nil:
		defer conn.Close()
		return conn.probe(ctx)
	case wire.KindOf(err) == wire.KindAuthorize:
		return Surface{OAuth: true}, nil, nil
	default:
		return Surface{}, nil, err
	}
}

// opened is a session that was just opened.
type opened interface {
	session.Conn
	probe(context.Context) (Surface, []string, error)
}

// openFailed is the error of a session that did not open.
func (s *server) openFailed(ctx context.Context, cause error, id session.ID) error {
	cause = s.judge(ctx, session.ID{}, scrub(cause, id))
	s.log.Debug("opening a kite session failed", "cause", cause)
	return unopened(cause)
}

// postConn is a connection over streamable HTTP: a session id and nothing else. It
// stays usable whatever a call came to: after an answer of KindEnded a further call
// asks the server again.
type postConn struct {
	*baseConn
	rpc *rpcClient
}

var _ session.Conn = (*postConn)(nil)

// resume makes a connection for an existing session. Its life is its own, not
// a child of the server's, so that one that is never closed is not held.
func (s *server) resume(id session.ID) *postConn {
	c := &postConn{newBaseConn(s, context.Background()), &rpcClient{wire: s.newStreamable(id, session.ID{})}}
	c.id = id
	return c
}

// openSession makes a new session over streamable HTTP.
func (s *server) openSession(ctx context.Context) (opened, error) {
	c := &postConn{baseConn: newBaseConn(s, context.Background())}
	var err error
	if c.rpc, c.id, err = c.join(ctx, session.ID{}); err == nil && !plausible(c.id) {
		err = errOdd
	}
	if err != nil {
		return nil, s.openFailed(ctx, err, c.id)
	}
	return c, nil
}

// Call asks over streamable HTTP. An id that the server could never
// have given out is KindEnded, without asking.
func (c *postConn) Call(ctx context.Context, q query.Query) (string, error) {
	if !plausible(c.id) {
		return "", c.failed(q.Name(), errBadID)
	}
	text, cause := c.askInStyle(ctx, c.rpc, q, c.probe)
	if cause != nil {
		return "", c.failed(q.Name(), cause)
	}
	return text, nil
}

// probe looks at the server over the session.
func (c *postConn) probe(ctx context.Context) (Surface, []string, error) {
	return c.baseConn.probe(ctx, c.rpc)
}

// Lost never closes: there is no stream to lose.
func (c *postConn) Lost() <-chan struct{} { return nil }
