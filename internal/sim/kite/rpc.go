package kite

import (
	"context"
	"encoding/json"
	"net/http"
)

// JSON-RPC error codes that the server uses.
const (
	codeParse          = -32700
	codeInvalidRequest = -32600
	codeNoMethod       = -32601
	codeInvalidParams  = -32602
)

// message is a JSON-RPC message from a client, read as leniently as the far end reads it.
type message struct {
	JSONRPC string          `json:"jsonrpc"`
	Method  string          `json:"method"`
	ID      any             `json:"id"`
	Result  any             `json:"result"`
	Params  json.RawMessage `json:"params"`
}

// response is a JSON-RPC response; one of Result and Error is set.
type response struct {
	JSONRPC string    `json:"jsonrpc"`
	ID      any       `json:"id"`
	Result  any       `json:"result,omitempty"`
	Error   *rpcError `json:"error,omitempty"`
}

type rpcError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Data    any    `json:"data,omitempty"`
}

// callParams are the parameters of tools/call. Arguments that are no object count as none.
type callParams struct {
	Name      string `json:"name"`
	Arguments any    `json:"arguments"`
}

// caller is who sent a message, and how.
type caller struct {
	session   string
	grant     string // the login that the bearer stands for, in Next
	transport Transport
	base      string // what login links in the answer start with
}

func fail(id any, code int, text string) *response {
	return &response{JSONRPC: "2.0", ID: id, Error: &rpcError{Code: code, Message: text}}
}

func succeed(id, result any) *response {
	return &response{JSONRPC: "2.0", ID: id, Result: result}
}

// tool returns the name of the tool that the message calls, or "".
func (m message) tool() string {
	if m.Method != OpCall {
		return ""
	}
	var p callParams
	_ = json.Unmarshal(m.Params, &p) // what does not parse is refused by callTool
	return p.Name
}

// handle answers one message, or returns nil where JSON-RPC wants no answer. f is the fault that strikes it, if any.
func (s *Server) handle(ctx context.Context, who caller, raw json.RawMessage, f *Fault) *response {
	var m message
	if err := json.Unmarshal(raw, &m); err != nil {
		s.violation("%s: a message that is no JSON-RPC object", who.transport)
		return fail(nil, codeParse, "Failed to parse message")
	}
	if m.JSONRPC != "2.0" {
		s.violation("%s: a message that is not JSON-RPC 2.0", who.transport)
		return fail(m.ID, codeInvalidRequest, "Invalid JSON-RPC version")
	}
	if m.ID == nil || m.Result != nil {
		return nil // a notification, or the answer to one of our pings
	}
	if m.Method != OpCall {
		f.begin(ctx) // a tool call shows it once it is counted as a call
	}
	return s.dispatch(ctx, who, m, f)
}

func (s *Server) dispatch(ctx context.Context, who caller, m message, f *Fault) *response {
	switch m.Method {
	case OpInitialize:
		return succeed(m.ID, initializeResult(m.Params))
	case OpPing:
		return succeed(m.ID, struct{}{})
	case OpList:
		return succeed(m.ID, map[string]any{"tools": s.toolList()})
	case OpCall:
		return s.callTool(ctx, who, m, f)
	case "resources/list", "resources/read", "resources/templates/list":
		return fail(m.ID, codeNoMethod, "resources not supported")
	case "prompts/list", "prompts/get":
		return fail(m.ID, codeNoMethod, "prompts not supported")
	}
	return fail(m.ID, codeNoMethod, "Method "+m.Method+" not found")
}

// initializeResult negotiates the protocol version: only the oldest is spoken on request, everything else gets
// 2025-03-26, known or not.
func initializeResult(params json.RawMessage) any {
	var p struct {
		ProtocolVersion string `json:"protocolVersion"`
	}
	_ = json.Unmarshal(params, &p) // anything unreadable counts as no wish
	version := "2025-03-26"
	if p.ProtocolVersion == "2024-11-05" {
		version = p.ProtocolVersion
	}
	return map[string]any{
		"protocolVersion": version,
		"capabilities":    map[string]any{"tools": map[string]any{"listChanged": true}},
		"serverInfo":      map[string]any{"name": "Kite MCP Server", "version": "v0.3.1"},
	}
}

// writeRPC writes a JSON-RPC response as an HTTP answer.
func writeRPC(w http.ResponseWriter, status int, r *response) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(r) // a client that is gone needs no answer
}
