package kite

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// writeWait bounds each write to a stream, so that a client that stops reading cannot hold a handler for ever.
const writeWait = 5 * time.Second

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

// writeEvent writes and flushes one event; a client that does not read for too long is cut off.
func writeEvent(w http.ResponseWriter, event string) {
	c := http.NewResponseController(w)
	_ = c.SetWriteDeadline(time.Now().Add(writeWait)) // the real clock: this is about a real socket
	if _, err := w.Write([]byte(event)); err != nil {
		panic(http.ErrAbortHandler)
	}
	if err := c.Flush(); err != nil {
		panic(http.ErrAbortHandler)
	}
	_ = c.SetWriteDeadline(time.Time{}) // on HTTP/2 it would end the stream even when nothing is written
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
