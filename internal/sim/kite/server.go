package kite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"kitebot/internal/sim/kite/sample"
)

// caller is who sent a message, and how.
type caller struct {
	session   string
	grant     string // the login that the bearer stands for, in Next
	transport Transport
	base      string // what login links in the answer start with
}

// call is one tools/call on its way through the server.
type call struct {
	caller
	tool    string
	mode    string // of a tool of the rewrite
	args    args
	fault   *Fault
	failure string // all that the tool says when Kite did not give it its data
	problem string // what Kite said then
}

// answer is what a tool says: one text, which is JSON where it is data.
type answer struct {
	text    string
	isError bool
}

// runner does what a tool does, once it is sure that the tool exists.
type runner func(ctx context.Context, s *Server, c *call) answer

// tool is one entry of tools/list. The specification of what it takes is in data/tools.json.
type tool struct {
	name string
	spec json.RawMessage
	run  runner // nil for the write tools, which never do anything here
}

// mode is one thing that a tool does.
type mode struct {
	name    string
	run     runner // nil for one that writes, which never does anything here
	failure string // all that the tool says when Kite did not give it its data
}

// modeTool is a tool of the rewrite: one name for several things to do, reading and writing. What it takes is in
// data/next_tools.json, and nothing there says which mode writes.
type modeTool struct {
	name  string
	spec  json.RawMessage
	modes []mode // in the order of the tool's own list
}

// Call is one tools/call that reached the tool dispatcher, known tool or not. Requests that a fault answered before
// that (an HTTP status, a connection reset) are not calls.
type Call struct {
	Tool string
	Mode string // of a tool of Next
}

// Server is a simulated Kite MCP server together with Kite's own login page. It is an http.Handler and safe for
// concurrent use. Call Close when done with it, before closing the listener in front of it.
type Server struct {
	opts      Options
	tools     []tool
	nextTools []modeTool
	market    *sample.Market
	pages     pages
	signer    bearerSigner

	// registryLock stands for the lock that the real registry holds while it logs a session out at Kite: a DELETE whose
	// Kite request hangs keeps all others waiting. Sending takes it, receiving gives it back.
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

// startProcess makes everything that a process start makes anew. The caller holds mu, or s is not shared yet.
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

// Close ends the simulated process for good: streams and waiting requests are cut, and so is every later request. It
// does not wait; closing the listener does.
func (s *Server) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.streams = map[string]*stream{}
	s.endProcess(errProcessEnded)
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

// newStream makes a stream that ends with the process.
func (s *Server) newStream(r *http.Request) *stream {
	base := s.baseFor(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	st := &stream{id: newUUID(), base: base, wake: make(chan struct{}, 1)}
	st.ctx, st.cancel = context.WithCancelCause(s.processCtx)
	return st
}

// withRegistry runs fn as the real server runs its registry operations: one at a time, after the holder of the registry
// lock, with what is over by now swept away. A client that has gone does not stop it: the real server finishes what it
// has begun. The error is errGone, and fn has not run, when the process that ctx belongs to is gone.
func (s *Server) withRegistry(ctx context.Context, fn func(now time.Time)) error {
	leave, err := s.lockRegistry()
	if err != nil {
		return err
	}
	defer leave()
	return s.withLock(ctx, fn)
}

// lockRegistry takes the registry lock; leave gives it back.
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

// withLock is withRegistry for a caller that holds the registry lock already.
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

// takeFault returns the fault that strikes this request, or nil. It counts as used up with that; the caller calls begin
// at the moment that matters.
func (s *Server) takeFault(op, tool string, t Transport) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if f.Op != op || f.Tool != "" && f.Tool != tool || f.Transport != "" && f.Transport != t {
			continue
		}
		hit := *f
		if f.Times > 0 {
			if f.Times--; f.Times == 0 {
				s.faults = append(s.faults[:i:i], s.faults[i+1:]...)
			}
		}
		return &hit
	}
	return nil
}

// accountOf returns who is logged in on a session, or "". The caller holds mu.
func (s *Server) accountOf(id string, now time.Time) string {
	e, ok := s.registry.sessions[id]
	if !ok || e.login == nil || e.terminated || now.After(e.expiresAt) {
		return ""
	}
	if a := s.broker.account(e.login.token, now); a != nil {
		return a.UserID()
	}
	return ""
}

// record notes a tool call.
func (s *Server) record(c *call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, Call{c.tool, c.mode})
}

// violation notes a request that no well-behaved client sends.
func (s *Server) violation(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.violations = append(s.violations, fmt.Sprintf(format, args...))
}

// shortID names a session in a violation without giving the whole id, which is a key.
func shortID(sessionID string) string {
	bare := strings.TrimPrefix(sessionID, sessionPrefix)
	return bare[:min(8, len(bare))]
}
