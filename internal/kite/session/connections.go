package session

import (
	"context"
	"errors"
	"sync"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/wire"
)

// connection returns the connection to a session: its stream while that lives, else
// one that resumes it, on which the account has yet to be proved.
func (pr *personState) connection(id ID) *trackedConn {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	if login := pr.rec.Login; login != nil && login.Session == id {
		pr.lastUsed = pr.pool.Now()
	}
	l := pr.conns[id]
	if l != nil && !l.lost() {
		return l
	}
	if l != nil {
		l.Close()
	}
	l = &trackedConn{Conn: pr.resume(pr.rec.credential(id))}
	delete(pr.conns, id)
	pr.addConn(l)
	return l
}

// adoptConn takes a connection into use in the place of the one that its session had.
func (pr *personState) adoptConn(c Conn) {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	if old := pr.conns[c.ID()]; old != nil {
		old.Close()
		delete(pr.conns, c.ID())
	}
	l := &trackedConn{Conn: c, stream: c.Lost() != nil}
	if !pr.addConn(l) {
		l.Close()
	}
}

// addConn keeps a connection whose account has yet to be proved, unless its session was
// given up meanwhile; mu is held.
func (pr *personState) addConn(l *trackedConn) bool {
	if !pr.rec.uses(l.ID()) {
		return false
	}
	pr.conns[l.ID()] = l
	if pr.rec.Login != nil && pr.rec.Login.Session == l.ID() {
		pr.proof = 0
	}
	return true
}

// hasStream reports whether the stream of a session is open.
func (pr *personState) hasStream(id ID) bool {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	return pr.conns[id].isOpenStream()
}

// resumed is a connection over /mcp whose first answer is counted.
type resumed struct {
	Conn
	meter Meter
	first sync.Once
}

// resume connects to a login without its stream.
func (pr *personState) resume(h Credential) Conn {
	var renewed func(ID)
	if h.Session.IsBearer() {
		renewed = func(mcp ID) { pr.renewed(h.Session, mcp) }
	}
	return &resumed{Conn: pr.pool.Dialer.Resume(h, renewed), meter: pr.pool.Meter}
}

// Call implements [Conn].
func (r *resumed) Call(ctx context.Context, q query.Query) (string, error) {
	text, err := r.Conn.Call(ctx, q)
	if errors.Is(err, context.Canceled) {
		return text, err // the caller gave up: the next call is counted
	}
	r.first.Do(func() {
		if r.meter != nil {
			r.meter.Resumed(resumeOf(err))
		}
	})
	return text, err
}

func resumeOf(err error) string {
	switch {
	case wire.KindOf(err) == wire.KindEnded:
		return resumeEnded
	case wire.Unanswered(err):
		return resumeUnreachable
	default:
		return resumeOK
	}
}

// renewed remembers the MCP session that a bearer is used on, so that the next
// process need not make another one.
func (pr *personState) renewed(bearer, mcp ID) {
	pr.pool.spawnFor(pr, func(context.Context) {
		err := pr.update(func(r *Record) {
			if r.Login != nil && r.Login.Session == bearer {
				r.Login.MCP = mcp
			}
			for i := range r.Links {
				if r.Links[i].Session == bearer {
					r.Links[i].MCP = mcp
				}
			}
		})
		if err != nil {
			pr.pool.Logger.Error("the mcp session of a login was not saved", "effect", "the next process opens another one", "person", pr.id, "err", err)
		}
	})
}

// open makes a new session. Of all people together only Timing.MaxOpening do so at once,
// since after an outage they all come at the same moment.
func (p *Pool) open(ctx context.Context) (Conn, error) {
	if err := p.opening.lock(ctx); err != nil {
		return nil, err
	}
	defer p.opening.unlock()
	return p.Dialer.Open(ctx)
}
