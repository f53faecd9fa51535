package kite

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// nextVersions are the protocol versions that are spoken, newest first. newestVersion is one that is known and
// refused, since it wants a server without sessions.
var nextVersions = []string{"2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"}

const (
	newestVersion = "2026-07-28"
	noBatchSince  = "2025-06-18"
	versionHeader = "MCP-Protocol-Version"
	versionMeta   = "io.modelcontextprotocol/protocolVersion"
)

// JSON-RPC error codes of the newest protocol.
const (
	codeHeaderMismatch = -32020
	codeVersion        = -32022
)

// identity is who sends a request to /mcp: whoever holds the bearer, or nobody in a Hybrid that was shown none.
type identity struct {
	claims
	known bool
}

// postRequest is one POST on its way through the server.
type postRequest struct {
	identity
	caller
	messages []wire
	faults   []*Fault // one per message, nil for most
	began    *nextSession
	named    string // the session id that the answer carries, "" for none
}

// refusal is an HTTP answer to a request that the server does not look into further.
type refusal struct {
	status int
	text   string
	rpc    *response // instead of text
}

func (f *refusal) write(w http.ResponseWriter) {
	if f.rpc == nil {
		http.Error(w, f.text, f.status)
		return
	}
	body, err := json.Marshal(f.rpc)
	if err != nil {
		panic(fmt.Errorf("kite: a response that is no JSON: %w", err)) // the simulator's own fault
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(f.status)
	_, _ = w.Write(body)
}

// refusePost says why a POST is refused, in the order in which the server looks; nil if it is not.
func (s *Server) refusePost(r *http.Request, p *postRequest, batch bool, complaint string) *refusal {
	if f := refuseVersion(r); f != nil {
		return f
	}
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); !strings.EqualFold(strings.TrimSpace(kind), "application/json") {
		s.violation("mcp: content type %q", r.Header.Get("Content-Type"))
		return &refusal{status: http.StatusUnsupportedMediaType, text: "Content-Type must be 'application/json'"}
	}
	if !accepts(r, "application/json") || !accepts(r, "text/event-stream") {
		s.violation("mcp: a POST that accepts %q", r.Header.Get("Accept"))
		return &refusal{status: http.StatusBadRequest, text: "Accept must contain both 'application/json' and 'text/event-stream'"}
	}
	if p.session != "" {
		if f := s.refuseSession(p.session, p.identity); f != nil {
			return f
		}
	}
	if complaint != "" {
		s.violation("mcp: a body that is no JSON-RPC: %s", complaint)
		return &refusal{status: http.StatusBadRequest, text: complaint}
	}
	return refuseMessages(r, p.messages, batch)
}

// refuseVersion looks at the protocol version that the header names. One from the future gets further than one from
// the past that never was.
func refuseVersion(r *http.Request) *refusal {
	v := r.Header.Get(versionHeader)
	if v == "" || v >= newestVersion || slices.Contains(nextVersions, v) {
		return nil
	}
	return &refusal{status: http.StatusBadRequest, text: "Bad Request: Unsupported protocol version (supported versions: " +
		newestVersion + "," + strings.Join(nextVersions, ",") + ")"}
}

// accepts reports whether the client takes an answer of that type.
func accepts(r *http.Request, kind string) bool {
	family, _, _ := strings.Cut(kind, "/")
	for _, line := range r.Header.Values("Accept") {
		for one := range strings.SplitSeq(line, ",") {
			one, _, _ = strings.Cut(one, ";")
			if one = strings.ToLower(strings.TrimSpace(one)); one == kind || one == family+"/*" || one == "*/*" {
				return true
			}
		}
	}
	return false
}

// refuseSession looks for the MCP session that a request names.
func (s *Server) refuseSession(id string, v identity) *refusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.opts.Now()
	s.next.sweep(now)
	e := s.next.sessions[id]
	switch {
	case e == nil:
		return &refusal{status: http.StatusNotFound, text: "session not found"}
	case e.userID != "" && e.userID != v.UserID:
		return &refusal{status: http.StatusForbidden, text: "session user mismatch"}
	}
	return nil
}

// refuseMessages looks at the messages before any of them is answered.
func refuseMessages(r *http.Request, all []wire, batch bool) *refusal {
	version := r.Header.Get(versionHeader)
	if batch && version >= noBatchSince {
		return &refusal{status: http.StatusBadRequest, text: fmt.Sprintf(
			"JSON-RPC batching is not supported in %s and later (request version: %s)", noBatchSince, version)}
	}
	for _, m := range all {
		if text := m.complaint(); text != "" {
			return &refusal{status: http.StatusBadRequest, text: text}
		}
		if f := m.refuseNewest(version); f != nil {
			return f
		}
	}
	if m := all[0]; !batch && m.method != "" && version >= newestVersion && r.Header.Get("Mcp-Method") != m.method {
		return &refusal{status: http.StatusBadRequest, rpc: fail(m.id, codeHeaderMismatch, "missing required Mcp-Method header")}
	}
	return nil
}

// versionData tells which versions would do.
type versionData struct {
	Supported []string `json:"supported"`
	Requested string   `json:"requested"`
}

// refuseNewest refuses a request of the newest protocol, in which every message says again which protocol it is of.
// Only server/discover is answered, so that the client can learn what to do instead.
func (m wire) refuseNewest(version string) *refusal {
	var meta map[string]any
	_ = json.Unmarshal(orNull(m.param("_meta")), &meta) // what is no object says nothing
	said, _ := meta[versionMeta].(string)
	if m.method == "" || said == "" && (version < newestVersion || m.id == nil) {
		return nil
	}
	bad := func(code int, text string, data any) *refusal {
		f := fail(m.id, code, text)
		f.Error.Data = data
		return &refusal{status: http.StatusBadRequest, rpc: f}
	}
	switch {
	case m.method != opDiscover:
		if version == "" {
			version = "2025-03-26" // what a request without the header is taken for
		}
		return bad(codeVersion, fmt.Sprintf("protocol version %q is not supported by this server", version),
			versionData{nextVersions, version})
	case version == "":
		return bad(codeHeaderMismatch, fmt.Sprintf("Mcp-Protocol-Version header is required for requests carrying %q", versionMeta), nil)
	case said == "":
		return bad(codeInvalidParams, fmt.Sprintf("missing or invalid _meta field %q", versionMeta), nil)
	case said != version:
		return bad(codeHeaderMismatch,
			fmt.Sprintf("Mcp-Protocol-Version header %q does not match request %s %q", version, versionMeta, said), nil)
	}
	return nil
}

// refuseGet says why a GET is refused, or nil.
func (s *Server) refuseGet(r *http.Request, v identity) *refusal {
	if f := refuseVersion(r); f != nil {
		return f
	}
	if !accepts(r, "text/event-stream") {
		return &refusal{status: http.StatusBadRequest, text: "Accept must contain 'text/event-stream' for GET requests"}
	}
	return s.refuseUnnamed(r, v)
}

// refuseDelete says why a DELETE is refused, or nil.
func (s *Server) refuseDelete(r *http.Request, v identity) *refusal {
	if f := refuseVersion(r); f != nil {
		return f
	}
	return s.refuseUnnamed(r, v)
}

// refuseUnnamed is refuseSession for a method that needs a session.
func (s *Server) refuseUnnamed(r *http.Request, v identity) *refusal {
	id := r.Header.Get(sessionHeader)
	if id == "" {
		return &refusal{status: http.StatusBadRequest, text: "Bad Request: " + r.Method + " requires an Mcp-Session-Id header"}
	}
	return s.refuseSession(id, v)
}
