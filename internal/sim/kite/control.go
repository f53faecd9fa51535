package kite

import (
	"errors"
	"fmt"
	"slices"

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
