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
	case http.MethodDelete:
		s.deleteNext(w, r)
	default:
		if _, ok := s.authenticate(w, r); ok {
			s.noteGet(r)
			w.Header().Set("Allow", "GET, POST, DELETE")
			http.Error(w, "Method Not Allowed", http.StatusMethodNotAllowed)
		}
	}
}

// postNext answers a message with a stream that holds one event.
func (s *Server) postNext(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the client went away in the middle of its request
	}
	m, complaint := readMessage(body)
	ctx, cancel := s.requestContext(r)
	defer cancel()
	tool, _, _ := m.called()
	f := s.takeFault(m.method, tool, MCP)
	if f.blocks(ctx, w) {
		return
	}
	v, ok := s.authenticate(w, r)
	if !ok {
		return
	}
	p := &postRequest{message: m, identity: v, caller: caller{
		session: r.Header.Get(sessionHeader), grant: v.Grant, transport: MCP, base: s.baseFor(r),
	}}
	if refusal := s.refusePost(r, p, complaint); refusal != nil {
		refusal.write(w)
		return
	}
	if !v.known {
		p.grant = p.session
	}
	s.answerPost(ctx, w, p, f)
}

func (s *Server) answerPost(ctx context.Context, w http.ResponseWriter, p *postRequest, f *Fault) {
	if p.message.method != OpCall {
		f.begin(ctx) // a tool call shows it once it is counted as a call
	}
	res := s.dispatchNext(ctx, p, f)
	lost := f.is(AnswerLost)
	s.recordSession(p, lost || ctx.Err() != nil)
	abortIfProcessEnded(ctx)
	if lost {
		panic(http.ErrAbortHandler)
	}
	if p.named != "" {
		w.Header().Set(sessionHeader, p.named)
	}
	if res == nil {
		w.WriteHeader(http.StatusAccepted)
		return
	}
	data, err := json.Marshal(res)
	if err != nil {
		panic(fmt.Errorf("kite: a response that is no JSON: %w", err)) // the simulator's own fault
	}
	w.Header().Set("Cache-Control", "no-cache, no-transform")
	w.Header().Set("Connection", "keep-alive")
	w.Header().Set("Content-Type", "text/event-stream")
	writeEvent(w, fmt.Sprintf("event: message\ndata: %s\n\n", data))
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
	delete(s.next.sessions, r.Header.Get(sessionHeader))
	s.mu.Unlock()
	f.finish(ctx)
	w.WriteHeader(http.StatusNoContent)
}
