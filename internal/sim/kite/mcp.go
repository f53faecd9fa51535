package kite

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"
)

// sessionHeader carries the session id on /mcp.
const sessionHeader = "Mcp-Session-Id"

// serveMCP is the streamable HTTP transport.
func (s *Server) serveMCP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodPost:
		s.serveMCPPost(w, r)
	case http.MethodGet:
		s.serveMCPGet(w, r)
	case http.MethodDelete:
		s.serveMCPDelete(w, r)
	default:
		http.NotFound(w, r)
	}
}

// serveMCPPost answers one message in place.
func (s *Server) serveMCPPost(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Content-Type") != "application/json" {
		s.violation("mcp: content type %q", r.Header.Get("Content-Type"))
		http.Error(w, "Invalid content type: must be 'application/json'", http.StatusBadRequest)
		return
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the client went away in the middle of its request
	}
	var m message
	if err := json.Unmarshal(raw, &m); err != nil {
		s.violation("mcp: a body that is no JSON object")
		writeRPC(w, http.StatusBadRequest, fail(nil, codeParse, "request body is not valid json"))
		return
	}
	ctx, cancel := s.requestContext(r)
	defer cancel()
	f := s.takeFault(m.Method, m.tool(), MCP)
	if f.blocks(ctx, w) {
		return
	}
	id, ok := s.mcpSession(ctx, w, r, m)
	if !ok {
		abortIfProcessEnded(ctx)
		return
	}
	s.answerMCP(ctx, w, caller{session: id, transport: MCP, base: s.baseFor(r)}, raw, f)
}

func (s *Server) answerMCP(ctx context.Context, w http.ResponseWriter, who caller, raw json.RawMessage, f *Fault) {
	res := s.handle(ctx, who, raw, f)
	abortIfProcessEnded(ctx)
	if f.is(AnswerLost) {
		panic(http.ErrAbortHandler)
	}
	if res == nil {
		w.WriteHeader(http.StatusAccepted)
		return
	}
	writeRPC(w, http.StatusOK, res)
}

// mcpSession finds the session of a request, or makes one for initialize, whatever id came with it. It has answered
// the request itself when it reports false.
func (s *Server) mcpSession(ctx context.Context, w http.ResponseWriter, r *http.Request, m message) (string, bool) {
	given := r.Header.Get(sessionHeader)
	if m.Method == OpInitialize {
		return s.initialize(ctx, w, given)
	}
	v := unknown
	if err := s.withRegistry(ctx, func(now time.Time) { _, v = s.registry.validate(given, now) }); err != nil {
		return "", false
	}
	switch v {
	case unknown:
		http.Error(w, "Invalid session ID", http.StatusBadRequest)
	case ended:
		http.Error(w, "Session terminated", http.StatusNotFound)
	}
	return given, v == alive
}

// initialize makes a session. The one that the client named stays as it is, and is lost to a client that takes the
// new id for its own.
func (s *Server) initialize(ctx context.Context, w http.ResponseWriter, given string) (string, bool) {
	id, who := sessionPrefix+newUUID(), ""
	err := s.withRegistry(ctx, func(now time.Time) {
		who = s.accountOf(given, now)
		s.registry.create(id, now)
	})
	if err != nil {
		return "", false
	}
	if who != "" {
		s.violation("mcp: initialize on session %s, which is logged in", shortID(given))
	}
	w.Header().Set(sessionHeader, id)
	return id, true
}

// serveMCPGet opens a stream on which nothing ever comes, with any session id or none.
func (s *Server) serveMCPGet(w http.ResponseWriter, r *http.Request) {
	st := s.newStream(r)
	defer st.end()
	s.mu.Lock()
	s.listeners[st] = true
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.listeners, st)
	}()
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusAccepted)
	writeEvent(w, "")
	select {
	case <-r.Context().Done():
	case <-st.ctx.Done():
		panic(http.ErrAbortHandler)
	}
}

// serveMCPDelete ends a session of either transport and logs its user out at Kite. It holds the registry while it
// talks to Kite, so everybody waits for a Kite that hangs; what Kite answers does not matter.
func (s *Server) serveMCPDelete(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := s.requestContext(r)
	defer cancel()
	f := s.takeFault(OpDelete, "", MCP)
	if f.blocks(ctx, w) {
		return
	}
	err := s.terminate(ctx, r.Header.Get(sessionHeader), f)
	abortIfProcessEnded(ctx)
	switch {
	case f.is(AnswerLost):
		panic(http.ErrAbortHandler)
	case err != nil:
		http.Error(w, "Session termination failed: "+err.Error(), http.StatusInternalServerError)
	default:
		w.WriteHeader(http.StatusOK)
	}
}

func (s *Server) terminate(ctx context.Context, id string, f *Fault) error {
	leave, err := s.lockRegistry()
	if err != nil {
		return err
	}
	defer leave()
	var e *session
	var missing error
	if err := s.withLock(ctx, func(time.Time) { e, missing = s.registry.find(id) }); err != nil || missing != nil {
		return errors.Join(err, missing)
	}
	f.begin(ctx)
	if f.is(UpstreamHang) {
		f.wait(ctx, upstreamWait)
	}
	return s.withLock(ctx, func(time.Time) {
		e.terminated = true
		if !f.is(UpstreamHang) && !f.is(UpstreamFailure) {
			s.registry.logout(e)
		}
	})
}
