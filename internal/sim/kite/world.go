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
)

// World returns the world that the server plays now.
func (s *Server) World() World {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.world
}
