package kite

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"kitebot/internal/sim/kite/sample"
)

// New returns a server that is ready to serve. It panics when an option contradicts itself: two accounts with one user
// id, for example.
func New(opts Options) *Server {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.PingEvery == 0 {
		opts.PingEvery = pingPeriod
	}
	if opts.AsOf.IsZero() {
		opts.AsOf = sample.DefaultTime()
	}
	if opts.Accounts == nil {
		opts.Accounts = sample.AccountsAt(opts.AsOf)
	}
	s := &Server{
		opts:         opts,
		market:       sample.NewMarket(opts.AsOf, opts.Accounts),
		pages:        parsePages(),
		registryLock: make(chan struct{}, 1),
		version:      opts.Version,
		served:       map[Transport]bool{SSE: !opts.NoSSE, MCP: !opts.NoMCP},
		base:         strings.TrimSuffix(opts.BaseURL, "/"),
		broker:       newBroker(opts.Accounts),
		signer:       newBearerSigner(),
		usedCodes:    map[string]bool{},
	}
	s.tools, s.nextTools = newTools(opts), newNextTools(opts)
	s.startProcess()
	return s
}

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

// serveNext answers the paths of Next. There is no SSE, and the documents of OAuth are at the root only.
func (s *Server) serveNext(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("X-Frame-Options", "DENY")
	s.checkQuery(r)
	switch r.URL.Path {
	case "/mcp":
		s.serveNextMCP(w, r)
	case authorizePath:
		s.serveNextAuthorize(w, r)
	case "/callback":
		s.serveNextCallback(w, r)
	case "/token":
		s.serveToken(w, r)
	case "/register":
		s.serveRegister(w, r)
	case wellKnownResource, wellKnownServer:
		s.serveMetadata(w, r)
	case "/":
		s.pages.write(w, http.StatusOK, s.pages.docs, nil)
	default:
		http.NotFound(w, r)
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
