package kite

// World says which of the servers that the hosted address has had, or may have one day, a Server plays.
type World int

// The worlds.
const (
	// Today is the hosted server since July 2026. Its login links lead to a page of its own, /authorize, which warns
	// the person and links to Kite's login page.
	Today World = iota
	// Old is the hosted server before that. Its login links lead straight to Kite's login page; nothing else differs.
	Old
	// Next is the rewrite that may follow: OAuth before anything else, seven tools with modes, no SSE.
	Next
)

// World returns the world that the server plays now.
func (s *Server) World() World {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.world
}

// SetWorld switches the server over to another world at the same address, as a deployment does: everything in memory
// is gone as after Restart, while Kite goes on.
func (s *Server) SetWorld(w World) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kill(errGone)
	s.world = w
	s.boot()
}
