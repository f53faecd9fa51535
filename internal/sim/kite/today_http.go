package kite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// serveSSE opens a stream. Every GET is a new session id, whatever the query says.
func (s *Server) serveSSE(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		http.Error(w, "Method not allowed", http.StatusMethodNotAllowed)
		return
	}
	ctx, cancel := s.requestContext(r)
	defer cancel()
	f := s.takeFault(OpStream, "", SSE)
	if f.blocks(ctx, w) {
		return
	}
	f.begin(ctx)
	abortIfProcessEnded(ctx)
	st := s.newStream(r)
	defer st.end()
	st.frozen = f.is(AnswerLost)
	if !s.register(st) {
		panic(http.ErrAbortHandler)
	}
	defer s.unregister(st)
	s.serveStream(w, r, st)
}

func (s *Server) register(st *stream) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || st.ctx.Err() != nil {
		return false
	}
	s.streams[st.id] = st
	return true
}

func (s *Server) unregister(st *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.streams, st.id)
}

// serveStream writes the endpoint event, then answers and pings until the stream ends. An end that is not the client's
// wish cuts the connection, which the client sees as an unexpected EOF.
func (s *Server) serveStream(w http.ResponseWriter, r *http.Request, st *stream) {
	var ping <-chan time.Time
	if s.opts.PingEvery > 0 {
		t := time.NewTicker(s.opts.PingEvery)
		defer t.Stop()
		ping = t.C
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("Connection", "keep-alive")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	writeEvent(w, "") // the headers alone
	st.push("event: endpoint\ndata: /message?sessionId=" + st.id + "\r\n\r\n")
	for n := 1; ; {
		select {
		case <-r.Context().Done():
			return
		case <-st.ctx.Done():
			panic(http.ErrAbortHandler)
		case <-ping:
			// A request, not a notification, and without the space after "data:" that answers have.
			st.push(fmt.Sprintf("event: message\ndata:{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"ping\"}\n\n", n))
			n++
		case <-st.wake:
			for _, event := range st.drain() {
				writeEvent(w, event)
			}
		}
	}
}

// serveMessage takes a message for an open stream: 202 at once, the answer as an event when it is ready.
func (s *Server) serveMessage(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		writeRPC(w, http.StatusBadRequest, fail(nil, codeInvalidRequest, "Method not allowed"))
		return
	}
	id := r.URL.Query().Get("sessionId")
	if id == "" {
		writeRPC(w, http.StatusBadRequest, fail(nil, codeInvalidParams, "Missing sessionId"))
		return
	}
	s.mu.Lock()
	st := s.streams[id]
	s.mu.Unlock()
	if st == nil {
		writeRPC(w, http.StatusBadRequest, fail(nil, codeInvalidParams, "Invalid session ID"))
		return
	}
	var raw json.RawMessage
	if err := json.NewDecoder(r.Body).Decode(&raw); err != nil {
		s.violation("sse: a body that is not JSON")
		writeRPC(w, http.StatusBadRequest, fail(nil, codeParse, "Parse error"))
		return
	}
	s.acceptMessage(w, r, st, raw)
}

// acceptMessage starts the answer to a message, unless a fault keeps the message from the server.
func (s *Server) acceptMessage(w http.ResponseWriter, r *http.Request, st *stream, raw json.RawMessage) {
	var m message
	_ = json.Unmarshal(raw, &m) // handle says what is wrong with it
	ctx, cancel := s.requestContext(r)
	defer cancel()
	f := s.takeFault(m.Method, m.tool(), SSE)
	if f.blocks(ctx, w) {
		return
	}
	if !st.start(func() { s.answerOnStream(st, raw, f) }) {
		writeRPC(w, http.StatusBadRequest, fail(nil, codeInvalidParams, "Invalid session ID"))
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

// answerOnStream handles one message and queues its answer. Answers of parallel calls come in the order they are ready.
func (s *Server) answerOnStream(st *stream, raw json.RawMessage, f *Fault) {
	r := s.handle(st.ctx, caller{session: st.id, transport: SSE, base: st.base}, raw, f)
	if r == nil || f.is(AnswerLost) || st.ctx.Err() != nil {
		return
	}
	data, err := json.Marshal(r)
	if err != nil {
		panic(fmt.Errorf("kite: a response that is no JSON: %w", err)) // the simulator's own fault
	}
	st.push("event: message\ndata: " + string(data) + "\n\n")
}

// sessionHeader carries the session id on /mcp.
const sessionHeader = "Mcp-Session-Id"

// serveMCP is the streamable HTTP transport.
func (s *Server) serveMCP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodPost:
		s.serveMCPPost(w, r)
	case http.MethodDelete:
		s.serveMCPDelete(w, r)
	default:
		s.noteGet(r)
		http.NotFound(w, r)
	}
}

// noteGet keeps a GET on /mcp: the real server opens a stream on which nothing ever comes, the simulator none.
func (s *Server) noteGet(r *http.Request) {
	if r.Method == http.MethodGet {
		s.violation("mcp: the simulator opens no stream on GET")
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

// mcpSession finds the session of a request, or makes one for initialize, whatever id came with it. It has answered the
// request itself when it reports false.
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

// initialize makes a session. The one that the client named stays as it is, and is lost to a client that takes the new
// id for its own.
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

// serveMCPDelete ends a session of either transport and logs its user out at Kite. It holds the registry while it talks
// to Kite, so all requests wait for a Kite that hangs; what Kite answers does not matter.
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
