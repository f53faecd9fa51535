package mcpconn

import (
	"context"
	"runtime"
	"sync"
	"time"
	"weak"

	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

// grant is what the connections of one bearer share: the MCP session that it is
// used on. The bearer says who the person is, the MCP session only what was agreed
// on: it may be lost and made again, and the login is none the worse.
type grant struct {
	bearer session.ID

	mu      sync.Mutex
	mcp     session.ID
	client  *rpcClient // over mcp; nil before the first call and after mcp was lost
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
	g := &grant{bearer: h.Session, mcp: h.MCP}
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

// speak returns what speaks for the bearer. Where there is no MCP session it makes
// one over l, and calls renewed with it; concurrent calls share one.
func (g *grant) speak(ctx context.Context, l *baseConn, renewed func(session.ID)) (*rpcClient, error) {
	for {
		g.mu.Lock()
		if g.client == nil && plausible(g.mcp) {
			g.client = &rpcClient{wire: l.dialer.newStreamable(g.mcp, g.bearer)}
		}
		if s := g.client; s != nil {
			g.mu.Unlock()
			return s, nil
		}
		j := g.joining
		if j == nil {
			j = &joining{done: make(chan struct{}), again: true} // a panic counts as giving up
			g.joining = j
			g.mu.Unlock()
			return g.join(ctx, l, j, renewed)
		}
		g.mu.Unlock()
		select {
		case <-j.done:
			if j.err != nil && !j.again {
				return nil, j.err
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-l.life.Done():
			return nil, context.Cause(l.life)
		}
	}
}

// join makes an MCP session, and lets those who wait for it go on.
func (g *grant) join(ctx context.Context, l *baseConn, j *joining, renewed func(session.ID)) (*rpcClient, error) {
	var made *rpcClient
	var mcp session.ID
	defer func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.joining = nil
		if made != nil {
			g.client, g.mcp = made, mcp
		}
		close(j.done)
	}()
	s, id, err := l.begin(ctx)
	j.again, j.err = ctx.Err() != nil || l.life.Err() != nil, err
	if err != nil {
		return nil, err
	}
	made, mcp = s, id
	if renewed != nil && !id.IsZero() {
		renewed(id)
	}
	return made, nil
}

// lose forgets the MCP session that s speaks over; nil for whichever there is.
// Calls that failed over the same one lose it once.
func (g *grant) lose(s *rpcClient) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if s == nil || g.client == s {
		g.client, g.mcp = nil, session.ID{}
	}
}

// session returns the MCP session that there is; zero for none.
func (g *grant) session() session.ID {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.mcp
}

// maxBearer is the longest bearer believed, in bytes. Real ones have some 400.
const maxBearer = 4096

// begin shakes hands for a bearer, which makes an MCP session.
func (l *baseConn) begin(ctx context.Context) (*rpcClient, session.ID, error) {
	d := l.dialer
	if !d.enter() {
		return nil, session.ID{}, errClosed
	}
	defer d.work.Done()
	began := time.Now()
	s, id, err := l.join(ctx, l.id)
	switch {
	case err != nil:
		err = d.judge(ctx, l.id, scrub(scrub(err, l.id), id))
	case !id.IsZero() && !plausible(id):
		err = errOdd
	}
	d.measure(opening, began, unopened(err))
	if answer(err) != nil { // its status says nothing of the login
		err = &judgedError{kind: wire.KindOf(unopened(err)), text: err.Error()}
	}
	return s, id, err
}
