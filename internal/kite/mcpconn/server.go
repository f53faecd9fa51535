package mcpconn

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
	"kitebot/internal/stdlog"
)

// server is the Kite MCP server as all connections to it share it.
type server struct {
	opts   Options
	at     addresses
	client *http.Client // guarded: see guard
	budget *budget      // of large answers
	log    *slog.Logger

	// base is the parent of every stream and the bound of every call. It has
	// to be a field because streams outlive the call that opened them.
	base context.Context
	stop context.CancelCauseFunc

	surfaces surfaces // what it offers

	asking     *semaphore.Weighted // held by the caller that asks for the document below
	documented bool                // it has a document on how to authorize
	believed   time.Time           // until when documented is

	mu     sync.Mutex
	closed bool
	work   sync.WaitGroup // calls under way and streams being read
}

func newServer(o Options) (*server, error) {
	at, err := parseURL(o.URL)
	if err != nil {
		return nil, err
	}
	if err := o.validate(); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	s := &server{opts: o, at: at, log: o.Logger, budget: newBudget(), asking: semaphore.NewWeighted(1)}
	s.client = guarded(o.HTTPClient, at.mcp, o.userAgent())
	s.base, s.stop = context.WithCancelCause(context.Background())
	s.surfaces = surfaces{log: o.Logger, pause: o.LookPause, report: func(string) {}}
	if o.Meter != nil {
		s.surfaces.report = o.Meter.Surface
	}
	return s, nil
}

// shutdown ends all streams and calls, waits for them, and closes the idle
// connections.
func (s *server) shutdown() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.stop(errClosed)
	s.work.Wait()
	s.opts.HTTPClient.CloseIdleConnections()
}

// enter books a piece of work that shutdown waits for; the worker calls
// s.work.Done. It reports false once the server is shut down.
func (s *server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.work.Add(1)
	return true
}

// within bounds ctx by a time limit, by the server's life and by the life of
// what is being used. The cause of its end says which of them it was.
func (s *server) within(ctx context.Context, limit time.Duration, life context.Context) (context.Context, context.CancelFunc) {
	timed, cancel := context.WithTimeout(ctx, limit)
	bound, end := context.WithCancelCause(timed)
	unlife := context.AfterFunc(life, func() { end(context.Cause(life)) })
	unbase := context.AfterFunc(s.base, func() { end(context.Cause(s.base)) })
	return bound, func() {
		unlife()
		unbase()
		end(nil)
		cancel()
	}
}

// measure counts how something ended that began at a moment. The time
// is that of the network, not of an injected clock.
func (s *server) measure(tool string, began time.Time, err error) {
	if s.opts.Meter == nil || errors.Is(err, context.Canceled) || errors.Is(err, errClosed) {
		return
	}
	outcome := well
	if err != nil {
		outcome = wire.KindOf(err).String()
	}
	s.opts.Meter.Tool(tool, outcome, time.Since(began), faultOf(tool, err))
}

// maxDocument bounds a document about the server, and an answer to a login by OAuth.
const maxDocument = 64 << 10

// readDocument reads a short body to its end.
func readDocument(body io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(body, maxDocument+1))
	if err == nil && len(text) > maxDocument {
		err = errTooBig
	}
	return text, unread(err)
}

// page reads a page of the configured server.
func (s *server) page(ctx context.Context, path, query string) ([]byte, error) {
	bound, cancel := s.within(ctx, s.opts.CallTimeout, s.base)
	defer cancel()
	at := *s.at.mcp
	at.Path, at.RawQuery = path, query
	req, err := http.NewRequestWithContext(bound, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, errOdd
	}
	req.Header.Set("Accept", "application/json, text/html")
	var body []byte
	resp, err := s.client.Do(req)
	if err == nil {
		defer resp.Body.Close()
		body, err = readDocument(resp.Body)
	}
	if err != nil {
		return nil, because(ctx, bound, s.base, err)
	}
	return body, nil
}

// judge finds out what a failure means where that takes more than its answer.
// id is the login that was used; zero when there was none yet.
//
// A 401 without a challenge, from a server that has no document on how to
// authorize, comes from something on the way: it ends no login. And texts about
// logins by OAuth say nothing of a login by the login tool.
func (s *server) judge(ctx context.Context, id session.ID, cause error) error {
	var refused *refusedError
	var failed *toolError
	switch {
	case errors.As(cause, &refused) && refused.status == http.StatusUnauthorized:
		if !refused.challenge && !s.wantsOAuth(ctx) {
			return &judgedError{kind: wire.KindBlocked, text: cause.Error()}
		}
		s.surfaces.learnOAuth(id.IsBearer())
		kind, why := authorizes(id)
		return &judgedError{kind: kind, why: why, text: cause.Error()}
	case errors.As(cause, &failed) && !id.IsBearer() && wire.EndingOf(classify("", cause)) != wire.EndUnknown:
		return &judgedError{kind: wire.KindDoubt, text: cause.Error()}
	default:
		return cause
	}
}

// authorizes says what it means for a login that the server wants one by OAuth.
func authorizes(id session.ID) (wire.Kind, wire.Ending) {
	switch {
	case id.IsZero():
		return wire.KindAuthorize, wire.EndUnknown
	case id.IsBearer():
		return wire.KindEnded, wire.EndExpired
	default:
		return wire.KindEnded, wire.EndSwitched
	}
}

// wantsOAuth reports whether the server has a document on how to authorize. One
// caller asks for all, and is believed for a while: each 401 without a challenge
// raises the question.
func (s *server) wantsOAuth(ctx context.Context) bool {
	if s.asking.Acquire(ctx, 1) != nil {
		return false
	}
	defer s.asking.Release(1)
	if time.Now().Before(s.believed) {
		return s.documented
	}
	body, err := s.page(ctx, resourceDocument, "")
	if ctx.Err() != nil {
		return false // the next one asks
	}
	var document resource
	s.documented = err == nil && json.Unmarshal(body, &document) == nil && len(document.Servers) > 0
	s.believed = time.Now().Add(s.opts.LookPause)
	return s.documented
}

// lookLater probes the server in the background, if it was not looked at. The probe
// belongs to the server.
func (s *server) lookLater(probe probeFunc) {
	if !s.surfaces.unseen() || !s.enter() {
		return
	}
	go func() {
		defer s.work.Done()
		defer func() {
			if bug := recover(); bug != nil {
				s.log.Error("checking kite's server panicked", stdlog.Panic(bug, "effect", "it is checked again later")...)
			}
		}()
		ctx, cancel := context.WithTimeout(s.base, s.opts.CallTimeout)
		defer cancel()
		_ = s.surfaces.refresh(ctx, false, probe) // it was logged as a call
	}()
}
