package session

import (
	"context"
	"reflect"
	"slices"
	"sync"
	"time"
)

// person is one person's part of the pool.
//
// Of the locks, turn is held for the length of a conversation that
// must not happen twice at once (making a link); mu guards the
// fields and is never held while the network is asked.
type person struct {
	pool *Pool
	id   int64
	turn chan struct{} // capacity one; see takeTurn
	// proving is held while the account is asked who it is; capacity one. Of
	// several answers that came in side by side, one proof serves all.
	proving chan struct{}
	// ending is held while sessions are being ended; capacity one. Somebody who
	// waits for their logout and the minder must not both send the DELETEs.
	ending chan struct{}
	wake   chan struct{} // capacity one; makes the minder look again

	mu      sync.Mutex
	rec     Record
	lines   map[ID]*line    // connections of the login and of the links
	ticks   uint64          // see tick
	proof   uint64          // when the login's present connection was asked who it is, and named the right user; 0: not yet
	answers map[string]kept // see Recall; nil when nothing is kept
	doubted bool            // the account did not answer when last asked
	minding bool            // the minder goroutine runs
	told    bool            // the login was announced in this process
	tries   int             // failed attempts to end sessions, for the back-off
}

// line is a connection, by stream or resumed.
type line struct {
	Conn
	stream bool // an SSE stream; otherwise over /mcp
}

// lost reports whether the stream is gone. A resumed line has none to lose.
func (l *line) lost() bool {
	select {
	case <-l.Lost():
		return true
	default:
		return false
	}
}

// takeTurn waits for the person's turn. The returned func gives it back.
func (pr *person) takeTurn(ctx context.Context) (func(), error) {
	select {
	case pr.turn <- struct{}{}:
		return func() { <-pr.turn }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// update changes the record: on disk first, then in memory, or neither.
func (pr *person) update(change func(*Record)) error {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	next := pr.rec.clone()
	change(&next)
	if reflect.DeepEqual(pr.rec, next) {
		return nil
	}
	if err := pr.pool.Store.Save(next); err != nil {
		return err
	}
	if l := next.Login; l == nil || pr.rec.Login == nil || l.Session != pr.rec.Login.Session {
		clear(pr.answers)
	}
	pr.rec = next
	pr.dropLines()
	return nil
}

// dropLines closes the connections of sessions that are no longer used.
func (pr *person) dropLines() {
	for id, l := range pr.lines {
		if !pr.rec.uses(id) {
			l.Close()
			delete(pr.lines, id)
		}
	}
}

func (pr *person) hangUp() {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	for _, l := range pr.lines {
		l.Close()
	}
	clear(pr.lines)
}

// line returns the connection to a session: its stream while that lives, else
// one that resumes it, on which the account has yet to be proved.
func (pr *person) line(id ID) *line {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	l := pr.lines[id]
	if l != nil && !l.lost() {
		return l
	}
	if l != nil {
		l.Close()
	}
	l = &line{Conn: pr.pool.Dialer.Resume(id)}
	pr.lines[id] = l
	if pr.rec.Login != nil && pr.rec.Login.Session == id {
		pr.proof = 0
	}
	return l
}

// keep takes a freshly opened connection into use.
func (pr *person) keep(c Conn) {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	pr.lines[c.ID()] = &line{Conn: c, stream: c.Lost() != nil}
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
		l := pr.lines[pr.rec.Login.Session]
		stream = l != nil && l.stream && !l.lost()
	}
	return pr.rec.status(pr.pool.Clock.Now(), stream, pr.doubted)
}

func (pr *person) doubt(yes bool) {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	pr.doubted = yes
}

// clone copies a record so that changing it leaves the original alone.
func (r Record) clone() Record {
	if r.Login != nil {
		login := *r.Login
		r.Login = &login
	}
	r.Links = slices.Clone(r.Links)
	r.Lapsing = slices.Clone(r.Lapsing)
	r.Ending = slices.Clone(r.Ending)
	return r
}

// uses reports whether the session still answers for somebody.
func (r Record) uses(id ID) bool {
	return r.Login != nil && r.Login.Session == id ||
		slices.ContainsFunc(r.Links, func(l Link) bool { return l.Session == id })
}

// lapse retires sessions: they are never used again and end by themselves,
// unless /logout ends them first. Those the server has forgotten are dropped.
func (r *Record) lapse(now time.Time, sessions ...Held) {
	r.Lapsing = append(r.Lapsing, sessions...)
	r.Lapsing = slices.DeleteFunc(r.Lapsing, func(h Held) bool { return now.After(h.Since.Add(forgotten)) })
}
