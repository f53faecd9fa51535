package kite

import (
	"net/http"
	"slices"
	"strings"
)

// ServeHTTP answers the paths of the MCP server and of Kite's login page. After Close it cuts every connection, as a
// process that is gone would.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	closed, version, off := s.closed, s.version, !s.servesPath(r.URL.Path)
	s.mu.Unlock()
	if closed {
		panic(http.ErrAbortHandler)
	}
	s.checkUserAgent(r)
	if off {
		http.NotFound(w, r)
		return
	}
	switch path := r.URL.Path; {
	case path == loginPath: // Kite itself
		s.serveLoginPage(w, r)
	case version == Next:
		s.serveNext(w, r)
	case s.opts.OAuthDocuments && (path == wellKnownResource || path == wellKnownServer):
		s.serveMetadata(w, r)
	default:
		s.serveToday(w, r, version)
	}
}

// serveToday answers the paths of Today and Old.
func (s *Server) serveToday(w http.ResponseWriter, r *http.Request, version Version) {
	switch r.URL.Path {
	case "/sse":
		s.serveSSE(w, r)
	case "/message":
		s.serveMessage(w, r)
	case "/mcp":
		s.serveMCP(w, r)
	case "/callback":
		s.serveCallback(w, r)
	case authorizePath:
		if version == Today {
			s.serveAuthorize(w, r)
			return
		}
		serveNothing(w)
	default:
		serveNothing(w)
	}
}

// serveNothing is the answer to a path that the server does not have.
func serveNothing(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusNotFound)
	_, _ = w.Write([]byte("Not Found"))
}

// servesPath reports whether path belongs to no transport or to one that is served. The caller holds mu.
func (s *Server) servesPath(path string) bool {
	t, of := map[string]Transport{"/sse": SSE, "/message": SSE, "/mcp": MCP}[path]
	return !of || s.served[t]
}

// ServeOnly answers 404 from now on where the transports that it is not given live, and serves the others, whatever
// was served before. Streams that are open stay so; DropStreams ends them.
func (s *Server) ServeOnly(transports ...Transport) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range []Transport{SSE, MCP} {
		s.served[t] = slices.Contains(transports, t)
	}
}

// checkUserAgent keeps requests of programs that do not say who they are, if the options ask for it. What a browser
// opens is not looked at.
func (s *Server) checkUserAgent(r *http.Request) {
	path, agent := r.URL.Path, r.UserAgent()
	machine := slices.Contains([]string{"/sse", "/message", "/mcp", "/register", "/token"}, path) ||
		strings.HasPrefix(path, "/.well-known")
	nameless := agent == "" || strings.HasPrefix(agent, "Go-http-client/") || strings.HasPrefix(agent, "Python-urllib")
	if s.opts.CheckUserAgent && machine && nameless {
		s.violation("%s %s: user agent %q", r.Method, path, agent)
	}
}
