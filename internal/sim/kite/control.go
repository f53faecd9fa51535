package kite

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"kitebot/internal/sim/kite/sample"
)

// Version returns the version that the server simulates now.
func (s *Server) Version() Version {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.version
}

// SetVersion switches the server over to another version at the same address, as a deployment does: everything in
// memory is gone as after Restart, while Kite goes on.
func (s *Server) SetVersion(v Version) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endProcess(errProcessEnded)
	s.version = v
	s.startProcess()
}

// Restart ends the simulated process and starts another one at the same address: streams are cut, answers under way are
// lost, all sessions, logins and login links are gone. Kite itself goes on, and so do its access tokens.
func (s *Server) Restart() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endProcess(errProcessEnded)
	s.startProcess()
}

// Inject makes f strike matching requests from now on. It panics when the fault says nothing or contradicts itself,
// since such a test would prove nothing.
func (s *Server) Inject(f Fault) {
	if f.Kind <= 0 || f.Kind >= lastFaultKind {
		panic(fmt.Sprintf("kite: fault of unknown kind %d", f.Kind))
	}
	if (f.Kind == HTTPStatus) != (f.Status != 0) {
		panic("kite: Status belongs to an HTTPStatus fault, and only there")
	}
	if f.Op == "" {
		f.Op = OpCall
	}
	if !f.Kind.appliesTo(f.Op) {
		panic(fmt.Sprintf("kite: a fault of kind %d cannot strike %s", f.Kind, f.Op))
	}
	if f.Kind == Delay && f.After == 0 && f.Until == nil {
		panic("kite: a delay needs After or Until")
	}
	if f.Tool != "" && f.Op != OpCall {
		panic("kite: a fault with a tool strikes tools/call only")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// ClearFaults ends all faults. Requests that one has struck already play it to its end.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// ServeOnly answers 404 from now on where the transports that it is not given live, and serves the others, whatever was
// served before. Streams that are open stay so; DropStreams ends them.
func (s *Server) ServeOnly(transports ...Transport) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range []Transport{SSE, MCP} {
		s.served[t] = slices.Contains(transports, t)
	}
}

// DropStreams cuts all open streams abruptly and returns how many there were. Sessions stay.
func (s *Server) DropStreams() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.streams)
	for _, st := range s.streams {
		st.cancel(errStreamCut)
	}
	s.streams = map[string]*stream{}
	return n
}

// FreezeStreams makes the SSE streams that are open now half-open: they stay, POSTs are accepted, nothing arrives any
// more. FreezeStreams(false) ends that, and what was held back arrives at once. Streams opened later are healthy.
func (s *Server) FreezeStreams(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, st := range s.streams {
		st.freeze(on)
	}
}

// SetAccount replaces the account of the same user id for every later answer, logins stay. It fails when there is no
// such account.
func (s *Server) SetAccount(a sample.Account) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, old := range s.broker.accounts {
		if old.UserID() == a.UserID() {
			s.broker.accounts[i] = &a
			return nil
		}
	}
	return errors.New("kite: no account " + a.UserID())
}

// EndKiteLogins ends all access tokens of a person at Kite, as logging out of all devices there does, and returns how
// many there were. MCP sessions know nothing of it.
func (s *Server) EndKiteLogins(userID string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.broker.endAll(userID)
}

// SessionInfo describes a session that the server still knows.
type SessionInfo struct {
	ID         string
	Account    string    // the Kite user id whose access token is alive behind it, or ""; in Next, whose bearer began it
	ExpiresAt  time.Time // in Next, unless it is used before
	Terminated bool      // DELETEd, or found expired; it stays known until its 12 hours are over and a clean-up tick came
}

// Calls returns every tool call so far in the order of arrival.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Sessions returns the MCP sessions that are known now, oldest first.
func (s *Server) Sessions() []SessionInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.opts.Now()
	s.registry.sweep(now)
	s.next.sweep(now)
	var out []SessionInfo
	for _, e := range byAge(s.registry.sessions, func(e *session) time.Time { return e.createdAt }) {
		out = append(out, SessionInfo{e.id, s.accountOf(e.id, now), e.expiresAt, e.terminated || now.After(e.expiresAt)})
	}
	for _, e := range byAge(s.next.sessions, func(e *nextSession) time.Time { return e.createdAt }) {
		out = append(out, SessionInfo{e.id, e.userID, e.lastUse.Add(idleLife), false})
	}
	return out
}

// byAge returns the values of a map, oldest first.
func byAge[T any](all map[string]T, born func(T) time.Time) []T {
	return slices.SortedFunc(maps.Values(all), func(a, b T) int { return born(a).Compare(born(b)) })
}

// Grants returns the ids of the logins that the server of Next keeps now, oldest first, expired ones until the next
// clean-up. An id is worth nothing without its bearer.
func (s *Server) Grants() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next.sweep(s.opts.Now())
	var out []string
	for _, g := range byAge(s.next.grants, func(g *authGrant) time.Time { return g.createdAt }) {
		if g.login != nil {
			out = append(out, g.id)
		}
	}
	return out
}

// Streams returns how many SSE streams are open.
func (s *Server) Streams() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.streams)
}

// LoginLinks returns every login link handed out so far, oldest first. Each is a key to a session: tests use them to
// make sure that they show up nowhere else.
func (s *Server) LoginLinks() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.loginLinks)
}

// Bearers returns every bearer handed out so far, oldest first, whether it is still good or not. Each is a key to an
// account: tests use them to make sure that they show up nowhere else.
func (s *Server) Bearers() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.bearers)
}

// Codes returns every code that the browser was sent away with so far, oldest first.
func (s *Server) Codes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.codes)
}

// Violations returns what a well-behaved read-only client never does, one line each, oldest first: write tools, unknown
// tools, a second initialize on a logged-in session, a second login while a link may be in use, requests that are not
// JSON-RPC; in Next also modes that write or do not exist, keys that stand twice in a call, a bearer in a query, a code
// that is tried again or with the wrong things, a second MCP session of one bearer.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.violations)
}
