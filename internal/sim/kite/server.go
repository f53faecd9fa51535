package kite

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"kitebot/internal/sim/kite/sample"
)

const (
	sessionLife  = 12 * time.Hour   // from the birth of a session, never extended
	cleanupEvery = 30 * time.Minute // sessions that are over are forgotten at these ticks only
	linkLife     = 35 * time.Minute // 30 minutes of validity and 5 of allowed clock skew
	upstreamWait = 7 * time.Second  // what the server gives Kite before it calls a request failed
	pingPeriod   = 10 * time.Second
)

// errProcessEnded is the cause of every context that ended because the simulated server process ended.
var errProcessEnded = errors.New("the server process is gone")

// errStreamCut is the cause of a stream that a test cut.
var errStreamCut = errors.New("the stream was cut")

// Server is a simulated Kite MCP server together with Kite's own login page. It is an http.Handler and safe for
// concurrent use. Call Close when done with it, before closing the listener in front of it.
type Server struct {
	opts      Options
	tools     []tool
	nextTools []modeTool
	market    *sample.Market
	pages     pages
	signer    bearerSigner

	// registryLock stands for the lock that the real registry holds while it tells Kite that a session is over: a DELETE
	// whose Kite request hangs keeps everybody else waiting. Sending takes it, receiving gives it back.
	registryLock chan struct{}

	mu         sync.Mutex // guards everything below, including what registry and broker hold
	version    Version
	served     map[Transport]bool
	base       string
	registry   registry
	broker     broker
	links      linkSigner
	next       nextState
	streams    map[string]*stream
	listeners  map[*stream]bool // open GET /mcp, which never carry an event
	faults     []*Fault
	calls      []Call
	loginLinks []string
	bearers    []string
	codes      []string
	usedCodes  map[string]bool // codes that were tried
	violations []string
	closed     bool
	processCtx context.Context // ends with the simulated process: at Restart and at Close
	endProcess context.CancelCauseFunc
}

// New returns a server that is ready to serve. It panics when an option contradicts itself: two accounts with one
// user id, for example.
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
		broker:       newBroker(opts.Accounts, opts.OneTokenPerUser),
		listeners:    map[*stream]bool{},
		signer:       newBearerSigner(),
		usedCodes:    map[string]bool{},
	}
	s.tools, s.nextTools = newTools(opts), newNextTools(opts)
	s.startProcess()
	return s
}

// startProcess makes everything that a process start makes anew. The caller holds mu, or nobody else knows s yet.
func (s *Server) startProcess() {
	s.registry = newRegistry(s.opts.Now(), &s.broker)
	s.links = newLinkSigner()
	s.next = newNextState(s.opts.Now())
	s.streams = map[string]*stream{}
	s.processCtx, s.endProcess = context.WithCancelCause(context.Background())
}

// SetBaseURL says where this server is reachable, for tests that learn their port late.
func (s *Server) SetBaseURL(base string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.base = strings.TrimSuffix(base, "/")
}

// Close ends the simulated process for good: streams and waiting requests are cut, and so is every later request.
// It does not wait; closing the listener does.
func (s *Server) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.streams = map[string]*stream{}
	s.endProcess(errProcessEnded)
}

// Restart ends the simulated process and starts another one at the same address: streams are cut, answers under way
// are lost, all sessions, logins and login links are gone. Kite itself goes on, and so do its access tokens.
func (s *Server) Restart() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endProcess(errProcessEnded)
	s.startProcess()
}

// baseFor returns the address that links in the answer to r start with.
func (s *Server) baseFor(r *http.Request) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.base != "" {
		return s.base
	}
	return "http://" + r.Host
}

// requestContext returns a context that ends with the request or with the simulated process, whichever is first.
func (s *Server) requestContext(r *http.Request) (context.Context, context.CancelFunc) {
	s.mu.Lock()
	life := s.processCtx
	s.mu.Unlock()
	ctx, cancel := context.WithCancelCause(r.Context())
	stop := context.AfterFunc(life, func() { cancel(errProcessEnded) })
	return ctx, func() { stop(); cancel(context.Canceled) }
}

// withRegistry runs fn as the real server runs its registry operations: one at a time, behind whoever holds the
// gate, with what is over by now swept away. A client that has gone does not stop it: the real server finishes what
// it has begun. The error is errGone, and fn has not run, when the process that ctx belongs to is gone.
func (s *Server) withRegistry(ctx context.Context, fn func(now time.Time)) error {
	leave, err := s.lockRegistry()
	if err != nil {
		return err
	}
	defer leave()
	return s.withLock(ctx, fn)
}

// lockRegistry takes the gate; leave gives it back.
func (s *Server) lockRegistry() (leave func(), err error) {
	s.mu.Lock()
	life := s.processCtx
	s.mu.Unlock()
	select {
	case s.registryLock <- struct{}{}:
		return func() { <-s.registryLock }, nil
	case <-life.Done():
		return nil, errProcessEnded
	}
}

// withLock is withRegistry for a caller that holds the gate already.
func (s *Server) withLock(ctx context.Context, fn func(now time.Time)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if errors.Is(context.Cause(ctx), errProcessEnded) {
		return errProcessEnded
	}
	now := s.opts.Now()
	s.registry.sweep(now)
	s.next.sweep(now)
	fn(now)
	return nil
}

// newUUID returns a random version 4 UUID in its usual form.
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return formatUUID(b)
}
