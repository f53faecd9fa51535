package kite

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// dispatchNext answers one message, or returns nil where JSON-RPC wants no answer.
func (s *Server) dispatchNext(ctx context.Context, p *postRequest, m wire, f *Fault) *response {
	if m.method == "" || knownNotifications[m.method] {
		return nil
	}
	switch m.method {
	case OpInitialize:
		if p.session != "" {
			p.named = p.session
			return fail(m.id, 0, `duplicate "initialize" received`)
		}
		s.beginSession(ctx, p)
		return succeed(m.id, nextInitializeResult(m))
	case OpPing:
		return succeed(m.id, struct{}{})
	case opDiscover:
		return discover(m)
	}
	if p.session == "" && p.began == nil {
		return fail(m.id, 0, fmt.Sprintf("method %q is invalid during session initialization", m.method))
	}
	switch m.method {
	case OpList:
		return s.nextToolList(m)
	case OpCall:
		return s.callNext(ctx, p, m, f)
	case "resources/list":
		return succeed(m.id, cacheableList{Scope: "public", Resources: &[]string{}})
	case "prompts/list":
		return succeed(m.id, cacheableList{Scope: "public", Prompts: &[]string{}})
	}
	return succeed(m.id, struct{}{}) // logging/setLevel
}

func nextServerInfo() map[string]any {
	return map[string]any{"name": "Kite MCP Server", "version": "v0.0.0"}
}

func nextCapabilities() map[string]any {
	return map[string]any{"logging": struct{}{}, "tools": map[string]any{"listChanged": true}}
}

// nextInitializeResult negotiates the protocol version: one that is spoken is echoed, any other gets the newest.
func nextInitializeResult(m wire) any {
	version := ""
	_ = json.Unmarshal(orNull(m.param("protocolVersion")), &version) // anything unreadable counts as no wish
	if !slices.Contains(nextVersions, version) {
		version = nextVersions[0]
	}
	return map[string]any{"capabilities": nextCapabilities(), "protocolVersion": version, "serverInfo": nextServerInfo()}
}

// discover answers a client that has said in all the right places that it speaks the newest protocol; for any other
// the method does not exist.
func discover(m wire) *response {
	if m.param("_meta") == nil {
		return fail(m.id, codeNoMethod, fmt.Sprintf("method not found: %q", m.method))
	}
	return succeed(m.id, struct {
		ResultType string         `json:"resultType"`
		Meta       map[string]any `json:"_meta"`
		TTL        int            `json:"ttlMs"`
		Scope      string         `json:"cacheScope"`
		Versions   []string       `json:"supportedVersions"`
		Able       map[string]any `json:"capabilities"`
	}{
		"complete", map[string]any{"io.modelcontextprotocol/serverInfo": nextServerInfo()}, 0, "public", nextVersions, nextCapabilities(),
	})
}

// cacheableList is a list of something with what the protocol has to say about keeping it.
type cacheableList struct {
	TTL       int               `json:"ttlMs"`
	Scope     string            `json:"cacheScope"`
	Tools     []json.RawMessage `json:"tools,omitempty"`
	Resources *[]string         `json:"resources,omitempty"`
	Prompts   *[]string         `json:"prompts,omitempty"`
}

func (s *Server) nextToolList(m wire) *response {
	if cursor := m.param("cursor"); cursor != nil && string(cursor) != `""` {
		return fail(m.id, codeInvalidParams, "invalid params")
	}
	var specs []json.RawMessage
	for _, t := range s.nextTools {
		specs = append(specs, t.spec)
	}
	return succeed(m.id, cacheableList{Scope: "public", Tools: specs})
}
