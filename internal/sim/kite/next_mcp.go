package kite

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// serveNextMCP is the only transport of Next.
func (s *Server) serveNextMCP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodPost:
		s.postNext(w, r)
	case http.MethodGet:
		s.listenNext(w, r)
	case http.MethodDelete:
		s.deleteNext(w, r)
	default:
		if _, ok := s.authenticate(w, r); ok {
			w.Header().Set("Allow", "GET, POST, DELETE")
			http.Error(w, "Method Not Allowed", http.StatusMethodNotAllowed)
		}
	}
}

// postNext answers a message, or several, with a stream of events that ends with the last answer.
func (s *Server) postNext(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the client went away in the middle of its request
	}
	messages, batch, complaint := readMessages(body)
	ctx, cancel := s.requestContext(r)
	defer cancel()
	p := &postRequest{messages: messages, caller: caller{transport: MCP, base: s.baseFor(r)}}
	if s.strikePost(ctx, w, p) {
		return
	}
	v, ok := s.authenticate(w, r)
	if !ok {
		return
	}
	p.identity, p.session, p.grant = v, r.Header.Get(sessionHeader), v.Grant
	if refusal := s.refusePost(r, p, batch, complaint); refusal != nil {
		refusal.write(w)
		return
	}
	if !v.known {
		p.grant = p.session
	}
	s.answerPost(ctx, w, p)
}

// strikePost finds the faults of the messages and plays one that keeps the request from the server.
func (s *Server) strikePost(ctx context.Context, w http.ResponseWriter, p *postRequest) bool {
	for _, m := range p.messages {
		tool, mode, _ := m.called()
		f := s.takeFaultOfMode(m.method, tool, mode, MCP)
		if f.blocks(ctx, w) {
			return true
		}
		p.faults = append(p.faults, f)
	}
	return false
}

// answerPost answers the messages one after the other.
func (s *Server) answerPost(ctx context.Context, w http.ResponseWriter, p *postRequest) {
	var events []byte
	lost := false
	for i, m := range p.messages {
		f := p.faults[i]
		if m.method != OpCall {
			f.begin(ctx) // a tool call shows it once it is counted as a call
		}
		if res := s.dispatchNext(ctx, p, m, f); res != nil {
			data, err := json.Marshal(res)
			if err != nil {
				panic(fmt.Errorf("kite: a response that is no JSON: %w", err)) // the simulator's own fault
			}
			events = fmt.Appendf(events, "event: message\ndata: %s\n\n", data)
		}
		lost = lost || f.is(AnswerLost)
	}
	s.recordSession(p, lost || ctx.Err() != nil)
	abortIfProcessEnded(ctx)
	if lost {
		panic(http.ErrAbortHandler)
	}
	if p.named != "" {
		w.Header().Set(sessionHeader, p.named)
	}
	if events == nil {
		w.WriteHeader(http.StatusAccepted)
		return
	}
	eventHeaders(w)
	writeEvent(w, string(events))
}

// recordSession notes whether the client learns of the session that it began, and that a second one is one too many.
func (s *Server) recordSession(p *postRequest, lost bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.next.sessions[p.session]; e != nil {
		e.lastUse = s.opts.Now()
	}
	if p.began == nil {
		return
	}
	if p.began.lost = lost; lost || !p.known {
		return
	}
	for _, e := range s.next.sessions {
		if e != p.began && e.bearer == p.ID && !e.lost {
			s.violations = append(s.violations, "mcp: a second session of one bearer")
			return
		}
	}
}

// listenNext opens a stream on which nothing ever comes. A session has one at most.
func (s *Server) listenNext(w http.ResponseWriter, r *http.Request) {
	v, ok := s.authenticate(w, r)
	if !ok {
		return
	}
	if refusal := s.refuseGet(r, v); refusal != nil {
		refusal.write(w)
		return
	}
	st := s.newStream(r)
	defer st.end()
	if !s.attach(r.Header.Get(sessionHeader), st) {
		http.Error(w, "stream ID conflicts with ongoing stream", http.StatusConflict)
		return
	}
	defer s.detach(r.Header.Get(sessionHeader), st)
	eventHeaders(w)
	writeEvent(w, ": ok\n\n")
	select {
	case <-r.Context().Done():
	case <-st.ctx.Done():
		if context.Cause(st.ctx) != context.Canceled { // nobody ended the session
			panic(http.ErrAbortHandler)
		}
	}
}

// attach makes st the stream of a session, unless it has one or is gone.
func (s *Server) attach(id string, st *stream) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.next.sessions[id]
	if e == nil || e.listener != nil {
		return false
	}
	e.listener, s.listeners[st] = st, true
	return true
}

func (s *Server) detach(id string, st *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, st)
	if e := s.next.sessions[id]; e != nil && e.listener == st {
		e.listener = nil
	}
}

// deleteNext ends an MCP session and nothing else: the bearer stays good, and Kite hears nothing of it.
func (s *Server) deleteNext(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := s.requestContext(r)
	defer cancel()
	f := s.takeFault(OpDelete, "", MCP)
	if f.blocks(ctx, w) {
		return
	}
	v, ok := s.authenticate(w, r)
	if !ok {
		return
	}
	if refusal := s.refuseDelete(r, v); refusal != nil {
		refusal.write(w)
		return
	}
	s.mu.Lock()
	s.next.end(r.Header.Get(sessionHeader))
	s.mu.Unlock()
	f.finish(ctx)
	w.WriteHeader(http.StatusNoContent)
}
