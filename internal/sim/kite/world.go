package kite

// Version says which of the servers that the hosted address has had, or may have one day, a Server simulates.
type Version int

// The versions.
const (
	// Today is the hosted server since July 2026. Its login links lead to a page of its own, /authorize, which warns
	// the person and links to Kite's login page.
	Today Version = iota
	// Old is the hosted server before that. Its login links lead straight to Kite's login page; nothing else differs.
	Old
	// Next is the rewrite that may follow: OAuth before anything else, seven tools with modes, no SSE.
	Next
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
