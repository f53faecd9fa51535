package mcpconn

import (
	"context"
	"time"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

// maxID is the longest session id believed, in bytes.
const maxID = 128

// plausible reports whether id looks like a session id.
func plausible(id session.ID) bool { return visible(id.Reveal(), maxID) }

// maxBearer is the longest bearer believed, in bytes. Real ones have some 400.
const maxBearer = 4096

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
	dialer *Dialer
	id     session.ID
	life   context.Context // its cause says why the connection is over
	end    context.CancelCauseFunc
}

func newBaseConn(d *Dialer, parent context.Context) *baseConn {
	l := &baseConn{dialer: d}
	l.life, l.end = context.WithCancelCause(parent)
	return l
}

// ID is the session this connection belongs to.
func (l *baseConn) ID() session.ID { return l.id }

// Close lets go of the connection and fails its calls. It sends nothing.
func (l *baseConn) Close() { l.end(errClosed) }

// ask asks something and returns the text of a good result. The error is the
// cause of the failure, freed of addresses and of the session id; classify
// makes a *wire.Error of it.
func (l *baseConn) ask(ctx context.Context, c *rpcClient, q query.Query, style query.Style) (string, error) {
	limit := l.dialer.opts.CallTimeout
	if isLogin(q) { // it asks Kite twice
		limit = l.dialer.opts.LoginTimeout
	}
	bound, cancel := l.dialer.within(ctx, limit, l.life)
	defer cancel()
	if q.Lists() {
		text, err := c.listTools(bound)
		if err != nil {
			err = scrub(because(ctx, bound, l.life, err), l.id)
		}
		return text, err
	}
	tool, args, ok := q.On(style)
	if !ok {
		return "", errNotOffered
	}
	result, held, err := c.callTool(bound, tool, args)
	if err != nil {
		return "", scrub(because(ctx, bound, l.life, err), l.id)
	}
	text, err := textOf(result)
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

// call runs one call, put in a style, as a piece of work of the Dialer, unless
// the connection is over already.
func (l *baseConn) call(ctx context.Context, c *rpcClient, q query.Query, style query.Style) (string, error) {
	if !l.dialer.enter() {
		return "", errClosed
	}
	defer l.dialer.work.Done()
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if l.life.Err() != nil {
		return "", context.Cause(l.life)
	}
	began := time.Now()
	text, cause := l.ask(ctx, c, q, style)
	cause = l.dialer.judge(ctx, l.id, cause)
	l.dialer.measure(q.Name(), began, failure(q.Name(), cause))
	return text, cause
}

// failed makes the *wire.Error of a failed call and leaves a line in the log.
func (l *baseConn) failed(tool string, cause error) error {
	err := classify(tool, cause)
	l.dialer.log.Debug("kite call failed", "error", err, "cause", cause)
	return err
}

// askInStyle puts a question over c in the style that the server wants. When the answer
// is that there is no such tool, it is looked at again, and the question put in
// the style that it turns out to want now. The error is the cause of the failure.
func (l *baseConn) askInStyle(ctx context.Context, c *rpcClient, q query.Query, probe probeFunc) (string, error) {
	d := l.dialer
	if q.Lists() {
		return l.call(ctx, c, q, query.StyleUnknown)
	}
	if d.surfaces.now().Unfamiliar {
		_ = d.refreshSurface(ctx, true, d.probeWithoutLogin) // whatever became of this login
		if s := d.surfaces.now(); s.Unfamiliar {
			return "", s.barred()
		}
	}
	style := l.style(q)
	text, cause := l.call(ctx, c, q, style)
	kind := wire.KindOf(failure(q.Name(), cause))
	switch {
	case kind == wire.KindNoTool && l.surprising(q, style):
		return l.askAgain(ctx, c, q, style, probe, cause)
	case cause == nil, kind == wire.KindFailed:
		d.refreshSurfaceLater(probe)
	}
	return text, cause
}

// askAgain looks at the server, unless that was just done, and puts a question
// again, if that makes a difference. It failed before in a style, for a cause.
func (l *baseConn) askAgain(ctx context.Context, c *rpcClient, q query.Query, style query.Style, probe probeFunc, cause error) (string, error) {
	if l.style(q) == style {
		if err := l.dialer.refreshSurface(ctx, true, probe); err != nil {
			return "", cause
		}
	}
	now := l.dialer.surfaces.now()
	switch {
	case now.Unfamiliar, isLogin(q) && now.barred() != nil:
		return "", now.barred()
	case l.style(q) == style:
		return "", cause
	default:
		return l.call(ctx, c, q, l.style(q))
	}
}

// style is how a question is put. A login link is asked for in one way only.
// While it is not known, a server that gave out a bearer is taken for one with modes.
func (l *baseConn) style(q query.Query) query.Style {
	known := l.dialer.surfaces.now().Style
	switch {
	case isLogin(q):
		return query.StyleTools
	case known != query.StyleUnknown:
		return known
	case l.id.IsBearer():
		return query.StyleModes
	default:
		return query.StyleTools
	}
}

// surprising reports whether a server of a style should have had the tool, or
// its style was only a guess.
func (l *baseConn) surprising(q query.Query, style query.Style) bool {
	return q.Tool().KnownTo(style) || l.dialer.surfaces.now().Style == query.StyleUnknown
}

func isLogin(q query.Query) bool { return q.Name() == query.Login().Name() }

// opened is a session that was just opened.
type opened interface {
	session.Conn
	probe(context.Context) (Surface, []string, error)
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

// openFailed is the error of an Open that did not succeed.
func (d *Dialer) openFailed(ctx context.Context, cause error, id session.ID) error {
	cause = d.judge(ctx, session.ID{}, scrub(cause, id))
	d.log.Debug("opening a kite session failed", "cause", cause)
	return unopened(cause)
}

// probe looks at the server over a session of the login tool's kind. Where no login
// tool is listed, the documents say whether a login is made by OAuth.
func (l *baseConn) probe(ctx context.Context, c *rpcClient) (Surface, []string, error) {
	text, cause := l.call(ctx, c, query.ToolList(), query.StyleUnknown)
	if cause != nil {
		return Surface{}, nil, cause
	}
	s, names, err := surfaceOf(text)
	if err == nil && !s.Login && !s.Unfamiliar {
		s.OAuth = l.dialer.documents.exist(ctx, l.dialer)
	}
	return s, names, err
}

// probeWithoutLogin looks at the server without a login: over a new session,
// if the server opens one without a login. Where it does not, the tools are not known.
func (d *Dialer) probeWithoutLogin(ctx context.Context) (Surface, []string, error) {
	conn, err := d.openSession(ctx)
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
