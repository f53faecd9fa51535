package kite

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// wire is a JSON-RPC message as the rewrite reads it: names of keys are exact, and of two equal keys the last counts.
type wire struct {
	id       json.RawMessage // nil when there is none, or null
	method   string
	params   json.RawMessage // nil when there are none, or null
	repeated string          // a key that stands twice in one object somewhere in the message
}

func malformed(format string, a ...any) string {
	return "malformed payload: " + fmt.Sprintf(format, a...)
}

// unreadable is the complaint about JSON that cannot be read. How it goes on after "json:" is our reader's wording.
func unreadable(err error) string {
	return malformed("unmarshaling jsonrpc message: json: %s", strings.TrimPrefix(err.Error(), "json: "))
}

// readMessage reads the body of a POST. complaint says what is wrong with it, or is empty. A list of messages counts as
// unreadable here: the real server answers one to clients of old protocols.
func readMessage(body []byte) (m wire, complaint string) {
	if len(body) == 0 {
		return wire{}, "POST requires a non-empty body"
	}
	var keys map[string]json.RawMessage
	if err := json.NewDecoder(bytes.NewReader(body)).Decode(&keys); err != nil { // what follows the message is ignored
		return wire{}, unreadable(err)
	}
	version := ""
	_ = json.Unmarshal(keys["jsonrpc"], &version) // anything but the right text is the wrong version
	if version != "2.0" {
		return wire{}, malformed("invalid message version tag %q; expected %q", version, "2.0")
	}
	if err := json.Unmarshal(orNull(keys["method"]), &m.method); err != nil {
		return wire{}, unreadable(err)
	}
	m.id, m.params, m.repeated = present(keys["id"]), present(keys["params"]), repeatedKey(body)
	return m, ""
}

func orNull(raw json.RawMessage) json.RawMessage {
	if raw == nil {
		return json.RawMessage("null")
	}
	return raw
}

func present(raw json.RawMessage) json.RawMessage {
	if string(raw) == "null" {
		return nil
	}
	return raw
}

// param returns a parameter by its exact name, or nil.
func (m wire) param(name string) json.RawMessage {
	var all map[string]json.RawMessage
	_ = json.Unmarshal(orNull(m.params), &all) // what is no object has no parameters
	return present(all[name])
}

// called returns the tool and the mode that a tools/call is about.
func (m wire) called() (tool, mode string, given args) {
	if m.method != OpCall {
		return "", "", nil
	}
	_ = json.Unmarshal(orNull(m.param("name")), &tool)
	_ = json.Unmarshal(orNull(m.param("arguments")), &given) // anything but an object counts as no arguments
	return tool, given.text("mode", ""), given
}

// repeatedKey returns a key that stands twice in one object of raw, or "".
func repeatedKey(raw json.RawMessage) string {
	d := json.NewDecoder(bytes.NewReader(raw))
	var open []map[string]bool // the objects that are open, nil for an array
	key := true                // the next text is a key, if an object is innermost
	for {
		t, err := d.Token()
		if err != nil {
			return ""
		}
		var inner map[string]bool
		if n := len(open); n > 0 {
			inner = open[n-1]
		}
		if name, is := t.(string); is && inner != nil && key {
			if inner[name] {
				return name
			}
			inner[name], key = true, false
			continue
		}
		switch t {
		case json.Delim('{'):
			open = append(open, map[string]bool{})
		case json.Delim('['):
			open = append(open, nil)
		case json.Delim('}'), json.Delim(']'):
			if open = open[:len(open)-1]; len(open) == 0 {
				return ""
			}
		}
		key = true
	}
}

// The methods of JSON-RPC that are simulated. Of requests the value says whether they need parameters.
var (
	knownRequests      = map[string]bool{OpInitialize: true, OpCall: true, OpPing: false, OpList: false}
	knownNotifications = map[string]bool{
		"notifications/initialized": true, "notifications/cancelled": true, "notifications/progress": true,
		"notifications/roots/list_changed": true,
	}
)

// complaint says why the server does not even try to answer a message, or nothing.
func (m wire) complaint() string {
	needsParams, request := knownRequests[m.method]
	switch {
	case m.method == "", knownNotifications[m.method] && m.id == nil:
		return ""
	case knownNotifications[m.method]:
		return fmt.Sprintf("invalid request: unexpected id for %q", m.method)
	case !request:
		return fmt.Sprintf("JSON RPC not handled: %q unsupported", m.method)
	case m.id == nil:
		return fmt.Sprintf("invalid request: missing id for %q", m.method)
	case needsParams && m.params == nil:
		return `invalid request: missing required "params"`
	}
	return ""
}

// nextVersions are the protocol versions that are spoken, newest first.
var nextVersions = []string{"2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"}

const versionHeader = "MCP-Protocol-Version"

// identity is who sends a request to /mcp: the holder of the bearer, or no one in a Hybrid that was shown none.
type identity struct {
	claims
	known bool
}

// postRequest is one POST on its way through the server.
type postRequest struct {
	identity
	caller
	message wire
	began   *nextSession
	named   string // the session id that the answer carries, "" for none
}

// refusal is an HTTP answer to a request that the server does not look into further.
type refusal struct {
	status int
	text   string
}

func (f *refusal) write(w http.ResponseWriter) { http.Error(w, f.text, f.status) }

// refusePost says why a POST is refused, in the order in which the server looks; nil if it is not.
func (s *Server) refusePost(r *http.Request, p *postRequest, complaint string) *refusal {
	if f := s.refuseVersion(r); f != nil {
		return f
	}
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); !strings.EqualFold(strings.TrimSpace(kind), "application/json") {
		s.violation("mcp: content type %q", r.Header.Get("Content-Type"))
		return &refusal{http.StatusUnsupportedMediaType, "Content-Type must be 'application/json'"}
	}
	if !accepts(r, "application/json") || !accepts(r, "text/event-stream") {
		s.violation("mcp: a POST that accepts %q", r.Header.Get("Accept"))
		return &refusal{http.StatusBadRequest, "Accept must contain both 'application/json' and 'text/event-stream'"}
	}
	if p.session != "" {
		if f := s.refuseSession(p.session, p.identity); f != nil {
			return f
		}
	}
	if complaint != "" {
		s.violation("mcp: a body that is no JSON-RPC: %s", complaint)
	} else {
		complaint = p.message.complaint()
	}
	if complaint != "" {
		return &refusal{http.StatusBadRequest, complaint}
	}
	return nil
}

// refuseVersion looks at the protocol version that the header names. The newest, 2026-07-28, is known to the real
// server and refused in other words; the bot does not speak it.
func (s *Server) refuseVersion(r *http.Request) *refusal {
	v := r.Header.Get(versionHeader)
	if v == "" || slices.Contains(nextVersions, v) {
		return nil
	}
	s.violation("mcp: protocol version %q", v)
	return &refusal{http.StatusBadRequest, "Bad Request: Unsupported protocol version (supported versions: 2026-07-28," +
		strings.Join(nextVersions, ",") + ")"}
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
		return &refusal{http.StatusNotFound, "session not found"}
	case e.userID != "" && e.userID != v.UserID:
		return &refusal{http.StatusForbidden, "session user mismatch"}
	}
	return nil
}

// refuseDelete says why a DELETE is refused, or nil.
func (s *Server) refuseDelete(r *http.Request, v identity) *refusal {
	if f := s.refuseVersion(r); f != nil {
		return f
	}
	id := r.Header.Get(sessionHeader)
	if id == "" {
		return &refusal{http.StatusBadRequest, "Bad Request: " + r.Method + " requires an Mcp-Session-Id header"}
	}
	return s.refuseSession(id, v)
}
