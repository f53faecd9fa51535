package session

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// person is one person's part of the pool.
//
// Channels of capacity one serialise what takes long: making a link, proving,
// ending, exchanging a code, writing. mu guards the fields, and is never held
// during network or disk access.
type person struct {
	pool       *Pool
	id         int64
	users      int           // how many callers use it now; guarded by the pool's mu, see acquire
	loaded     chan struct{} // closed once the record was read
	unreadable error         // why it could not be; set before loaded is closed
	linking    chan struct{} // capacity one; serialises link creation
	// proving is held while the account is asked who it is; capacity one. Of
	// several answers that came in side by side, one proof serves all.
	proving chan struct{}
	// ending is held while sessions are being ended; capacity one. A caller of
	// Logout and the watcher must not both send the DELETEs.
	ending chan struct{}
	// exchanging is held while a code is exchanged; capacity one. It is sent once.
	exchanging chan struct{}
	bringing   atomic.Int32  // how many bring a code just now; see Authorized
	wake       chan struct{} // capacity one; makes the watcher look again
	// writing is held while the record is changed, and taken before mu; capacity
	// one. A slow disk delays writers, not readers.
	writing chan struct{}
	// notifying is held while an event is sent: after a logout none is under way.
	notifying sync.Mutex

	mu          sync.Mutex
	rec         Record
	conns       map[ID]*trackedConn     // of the login and of the links
	ticks       uint64                  // see tick
	proof       uint64                  // when the login's present connection was asked who it is, and named the right user; 0: not yet
	proofAt     time.Time               // proof, by the clock
	answers     map[string]cachedAnswer // see Fetch; nil when nothing is kept
	used        time.Time               // when the login was last asked something, or made
	verdict     *verdict                // what is being found out of the login's silence; see confirm
	doubted     bool                    // the account did not answer when last asked
	watching    bool                    // the watcher goroutine runs
	announcedAt time.Time               // when the login was announced in this process; zero: not yet
	made        map[string]time.Time    // when this process made a link, by its ref
	noting      bool                    // a use of the login is being written down
	leaves      int                     // how often the person logged out: what began before is void
	tries       int                     // failed attempts to end sessions, for the back-off
}

// trackedConn is a connection, by stream or resumed.
type trackedConn struct {
	Conn
	stream bool // an SSE stream; otherwise over /mcp
}

// lost reports whether the stream is gone. A resumed one has none to lose.
func (l *trackedConn) lost() bool {
	select {
	case <-l.Lost():
		return true
	default:
		return false
	}
}

// lockLinking waits until no other link of the person is being made. The returned func unlocks.
func (pr *person) lockLinking(ctx context.Context) (func(), error) {
	select {
	case pr.linking <- struct{}{}:
		return func() { <-pr.linking }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// closeUnusedConns closes the connections of sessions that are no longer used.
func (pr *person) closeUnusedConns() {
	for id, l := range pr.conns {
		if !pr.rec.uses(id) {
			l.Close()
			delete(pr.conns, id)
		}
	}
}

func (pr *person) closeConns() {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	for _, l := range pr.conns {
		l.Close()
	}
	clear(pr.conns)
}

// conn returns the connection to a session: its stream while that lives, else
// one that resumes it, on which the account has yet to be proved.
func (pr *person) conn(id ID) *trackedConn {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	if login := pr.rec.Login; login != nil && login.Session == id {
		pr.used = pr.pool.Clock.Now()
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
func (pr *person) adoptConn(c Conn) {
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
func (pr *person) addConn(l *trackedConn) bool {
	if !pr.rec.uses(l.ID()) {
		return false
	}
	pr.conns[l.ID()] = l
	if pr.rec.Login != nil && pr.rec.Login.Session == l.ID() {
		pr.proof = 0
	}
	return true
}

// streams reports whether the stream of a session stands.
func (pr *person) streams(id ID) bool {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	l := pr.conns[id]
	return l != nil && l.stream && !l.lost()
}

// idle reports whether nothing is lost by forgetting the person until they ask
// again.
func (pr *person) idle() bool {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	return !pr.watching && !pr.doubted && len(pr.conns)+len(pr.answers)+len(pr.rec.Links)+len(pr.rec.Ending) == 0
}

func (pr *person) record() Record {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	return pr.rec
}

func (pr *person) status() Status {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	stream := false
	if pr.rec.Login != nil {
		l := pr.conns[pr.rec.Login.Session]
		stream = l != nil && l.stream && !l.lost()
	}
	alive := false
	if n := len(pr.rec.Links); n > 0 {
		alive = pr.ageOf(pr.rec.Links[n-1]) < pr.rec.Links[n-1].life()
	}
	s := pr.rec.status(pr.pool.Clock.Now(), stream, pr.doubted, alive)
	s.News = len(s.Untold) > 0 && pr.announcing()
	s.EndWaits = slices.ContainsFunc(pr.rec.Ending, func(h Credential) bool { return pr.rec.waits(h, pr.pool.forgot) })
	return s
}

// doubt notes that a login did not answer. It says nothing of one that came
// after it.
func (pr *person) doubt(login Login) {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	if now := pr.rec.Login; now != nil && now.Session == login.Session {
		pr.doubted = true
	}
}

// clone copies a record so that changing it leaves the original alone.
func (r Record) clone() Record {
	if r.Login != nil {
		login := *r.Login
		r.Login = &login
	}
	r.Links = slices.Clone(r.Links)
	for i, l := range r.Links {
		if l.Attempt != nil {
			attempt := *l.Attempt
			r.Links[i].Attempt = &attempt
		}
	}
	r.Lapsing = slices.Clone(r.Lapsing)
	r.Ending = slices.Clone(r.Ending)
	return r
}

// credential returns the Credential of a session: that of the login, or of a link.
func (r Record) credential(id ID) Credential {
	if r.Login != nil && r.Login.Session == id {
		return r.Login.Credential
	}
	for _, l := range r.Links {
		if l.Session == id {
			return l.Credential
		}
	}
	return Credential{Session: id}
}

// uses reports whether the session is that of the login or of a link.
func (r Record) uses(id ID) bool {
	return r.Login != nil && r.Login.Session == id ||
		slices.ContainsFunc(r.Links, func(l Link) bool { return l.Session == id })
}

// lapse retires sessions: they are never used again and end by themselves,
// unless /logout ends them first. Those that lapsed before and that the server
// has forgotten are dropped, and of more than mostLapsing the oldest: a bot that is
// restarted often does not know what is forgotten.
func (r *Record) lapse(forgot func(Credential) bool, sessions ...Credential) {
	r.Lapsing = slices.DeleteFunc(r.Lapsing, forgot)
	for _, h := range sessions {
		if !h.Session.IsZero() { // there is no session behind an attempt
			r.Lapsing = append(r.Lapsing, h)
		}
	}
	r.Lapsing = r.Lapsing[max(0, len(r.Lapsing)-mostLapsing):]
}

// mostLapsing is how many replaced sessions of a person are remembered.
const mostLapsing = 10

// madeAt is when a link was made, as far as this process knows: the wall may have
// been set since, so that one of an earlier process is known to be older than this
// one, and no more. mu is held.
func (pr *person) madeAt(link Link) time.Time {
	if at, ok := pr.made[link.Ref]; ok {
		return at
	}
	return pr.pool.started
}

// ageOf is how old a link is at least; mu is held.
func (pr *person) ageOf(link Link) time.Duration { return pr.pool.Clock.Since(pr.madeAt(link)) }

func (pr *person) age(link Link) time.Duration {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	return pr.ageOf(link)
}

// forgot reports whether the server has forgotten a session by itself. The wall may
// be wrong: what an earlier process left is as old as this one at least.
func (p *Pool) forgot(h Credential) bool {
	life := h.End().Sub(h.Since)
	return p.Clock.Since(h.End()) > forgetGrace && p.Clock.Since(p.started) > life+forgetGrace
}

// announcing reports whether EventLoggedIn is still being delivered; mu is held.
func (pr *person) announcing() bool {
	return pr.announcedAt.IsZero() || pr.pool.Clock.Since(pr.announcedAt) < NewsFor
}
