package mcpconn

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"time"
	"weak"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

// grant is what the connections of one bearer share: the MCP session that it is
// used on. The bearer says who the person is, the MCP session only what was agreed
// on: it may be lost and made again, and the login is none the worse.
type grant struct {
	mu      sync.Mutex
	mcp     session.ID
	rpc     *rpcClient // over mcp; nil before the first call and after mcp was lost
	joining *joining   // nil while no MCP session is being made
}

// joining is the making of an MCP session, which several calls may wait for.
type joining struct {
	done  chan struct{}
	err   error // once done is closed
	again bool  // its maker gave up: another caller has to
}

// grants finds the grant of a bearer as long as some connection holds it.
type grants struct {
	mu  sync.Mutex
	all map[session.ID]weak.Pointer[grant]
}

// of returns the grant of a bearer. The MCP session is the one that it was used on
// before, unless a connection knows better.
func (s *grants) of(h session.Credential) *grant {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := s.all[h.Session].Value(); g != nil {
		return g
	}
	if s.all == nil {
		s.all = map[session.ID]weak.Pointer[grant]{}
	}
	g := &grant{mcp: h.MCP}
	s.all[h.Session] = weak.Make(g)
	runtime.AddCleanup(g, s.forget, h.Session)
	return g
}

// forget is called when the last holder of a grant lets go of it, unless there is another one.
func (s *grants) forget(bearer session.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all[bearer].Value() == nil {
		delete(s.all, bearer)
	}
}

// lose forgets the MCP session that rpc speaks over; nil for whichever there is.
// Calls that failed over the same one lose it once.
func (g *grant) lose(rpc *rpcClient) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if rpc == nil || g.rpc == rpc {
		g.rpc, g.mcp = nil, session.ID{}
	}
}

// session returns the MCP session that there is; zero for none.
func (g *grant) session() session.ID {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.mcp
}

// bearerConn is a connection over streamable HTTP for a login by OAuth. It makes
// an MCP session when it has none, and another one when that is lost.
type bearerConn struct {
	*baseConn
	grant   *grant
	renewed func(session.ID)
}

var _ session.Conn = (*bearerConn)(nil)

// speak returns what speaks for the bearer. Where there is no MCP session it makes
// one, and calls renewed with it; concurrent calls share one.
func (c *bearerConn) speak(ctx context.Context) (*rpcClient, error) {
	for g := c.grant; ; {
		g.mu.Lock()
		if g.rpc == nil && plausible(g.mcp) {
			g.rpc = &rpcClient{wire: c.server.newStreamable(g.mcp, c.id)}
		}
		rpc, j := g.rpc, g.joining
		if rpc == nil && j == nil {
			j = &joining{done: make(chan struct{}), again: true} // a panic counts as giving up
			g.joining = j
			g.mu.Unlock()
			return c.join(ctx, j)
		}
		g.mu.Unlock()
		if rpc != nil {
			return rpc, nil
		}
		select {
		case <-j.done:
			if j.err != nil && !j.again {
				return nil, j.err
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-c.life.Done():
			return nil, context.Cause(c.life)
		}
	}
}

// join makes an MCP session, and lets those who wait for it go on.
func (c *bearerConn) join(ctx context.Context, j *joining) (*rpcClient, error) {
	var made *rpcClient
	var mcp session.ID
	defer func() {
		g := c.grant
		g.mu.Lock()
		defer g.mu.Unlock()
		g.joining = nil
		if made != nil {
			g.rpc, g.mcp = made, mcp
		}
		close(j.done)
	}()
	rpc, id, err := c.handshake(ctx)
	j.again, j.err = ctx.Err() != nil || c.life.Err() != nil, err
	if err != nil {
		return nil, err
	}
	made, mcp = rpc, id
	if c.renewed != nil && !id.IsZero() {
		c.renewed(id)
	}
	return made, nil
}

// handshake shakes hands for the bearer, which makes an MCP session.
func (c *bearerConn) handshake(ctx context.Context) (*rpcClient, session.ID, error) {
	s := c.server
	if !s.enter() {
		return nil, session.ID{}, errClosed
	}
	defer s.work.Done()
	began := time.Now()
	rpc, id, err := c.baseConn.join(ctx, c.id)
	switch {
	case err != nil:
		err = s.judge(ctx, c.id, scrub(scrub(err, c.id), id))
	case !id.IsZero() && !plausible(id):
		err = errOdd
	}
	s.measure(opening, began, unopened(err))
	if answer(err) != nil { // its status says nothing of the login
		err = &judgedError{kind: wire.KindOf(unopened(err)), text: err.Error()}
	}
	return rpc, id, err
}

// Call asks over streamable HTTP. When the MCP session is lost it makes another
// one and asks again, once.
func (c *bearerConn) Call(ctx context.Context, q query.Query) (string, error) {
	if !visible(c.id.Reveal(), maxBearer) {
		return "", c.failed(q.Name(), errBadID)
	}
	text, retry, cause := c.try(ctx, q)
	if retry {
		text, _, cause = c.try(ctx, q)
	}
	if cause == nil {
		return text, nil
	}
	err := c.failed(q.Name(), cause)
	if wire.KindOf(err) == wire.KindEnded && wire.EndingOf(err) == wire.EndUnknown {
		return "", &wire.Error{Kind: wire.KindUnreachable, Tool: q.Name(), Err: errNoSession}
	}
	return "", err
}

// try asks once. retry says that asking again, over another MCP session, may help.
func (c *bearerConn) try(ctx context.Context, q query.Query) (text string, retry bool, cause error) {
	rpc, cause := c.speak(ctx)
	if cause != nil {
		return "", false, cause
	}
	used := c.grant.session()
	text, cause = c.askInStyle(ctx, rpc, q, c.probe)
	if cause == nil {
		return text, false, nil
	}
	cause = scrub(cause, used)
	unknown := unknownSession(cause)
	switch {
	case losesSession(cause):
		c.grant.lose(rpc)
		return "", true, cause
	case unknown:
		c.grant.lose(rpc)
		fallthrough
	case wire.KindOf(classify("", cause)) == wire.KindNoLogin:
		return c.unlessSwitched(ctx, unknown, cause)
	default:
		return "", false, cause
	}
}

// losesSession reports whether a failure says that the MCP session is none, which
// says nothing of the login. A router's 404 does not; one without a word may, and
// another session costs nothing.
func losesSession(cause error) bool {
	var refused *refusedError
	var rpc *rpcError
	switch {
	case errors.As(cause, &refused):
		return refused.status == http.StatusNotFound && (strings.TrimSpace(refused.body) == "" || unknownSession(cause)) ||
			refused.status == http.StatusForbidden && strings.Contains(strings.ToLower(refused.body), textOthersSession)
	case errors.As(cause, &rpc):
		return strings.Contains(strings.ToLower(rpc.message), textNoSession)
	default:
		return false
	}
}

// What the server says of an MCP session, in lower case.
const (
	textOthersSession = "session user mismatch"
	textNoSession     = "is invalid during session initialization"
)

// unknownSession reports whether a failure is "Invalid session ID", as servers say
// it that look at no bearer, or says in a 404 that there is no such session.
func unknownSession(cause error) bool {
	var refused *refusedError
	return errors.As(cause, &refused) && wire.KindOf(classify("", cause)) == wire.KindEnded
}

// unlessSwitched finds out whether the server has turned into one that looks at no
// bearer: then the login is over. Else another MCP session may help, if it knew
// none.
func (c *bearerConn) unlessSwitched(ctx context.Context, retry bool, cause error) (string, bool, error) {
	surfaces := &c.server.surfaces
	if err := surfaces.refresh(ctx, true, c.probe); err != nil {
		return "", false, &judgedError{kind: wire.KindUnreachable, text: "whether the server wants bearers is not known: " + cause.Error()}
	}
	switch now := surfaces.now(); {
	case now.Unfamiliar:
		return "", false, now.barred()
	case !now.OAuth:
		return "", false, &judgedError{kind: wire.KindEnded, why: wire.EndSwitched, text: "the server looks at no bearer: " + cause.Error()}
	default:
		return "", retry, cause
	}
}

// probe looks at the server: first without a login, since a server that
// looks at no bearer answers to any, and then, where that is refused, with the
// bearer.
func (c *bearerConn) probe(ctx context.Context) (Surface, []string, error) {
	seen, tools, err := c.server.probeWithoutLogin(ctx)
	if err != nil || seen.Style != query.StyleUnknown || seen.Unfamiliar {
		return seen, tools, err
	}
	text, err := c.list(ctx)
	if err != nil {
		return Surface{}, nil, err
	}
	seen, tools, err = surfaceOf(text)
	seen.OAuth = true
	return seen, tools, err
}

// list lists the tools, over another MCP session when there is none any more.
func (c *bearerConn) list(ctx context.Context) (text string, err error) {
	for range 2 {
		rpc, err := c.speak(ctx)
		if err != nil {
			return "", err
		}
		if text, err = c.call(ctx, rpc, query.ToolList(), query.StyleUnknown); err == nil || !losesSession(err) {
			return text, err
		}
		c.grant.lose(rpc)
	}
	return "", errNoSession
}

// Lost never closes: there is no stream to lose.
func (c *bearerConn) Lost() <-chan struct{} { return nil }
