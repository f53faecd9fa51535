package kite

import (
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

// message is a JSON-RPC message from a client, read as leniently as the real server reads it.
type message struct {
	JSONRPC string          `json:"jsonrpc"`
	Method  string          `json:"method"`
	ID      any             `json:"id"`
	Result  any             `json:"result"`
	Params  json.RawMessage `json:"params"`
}

// callParams are the parameters of tools/call. Arguments that are no object count as none.
type callParams struct {
	Name      string `json:"name"`
	Arguments any    `json:"arguments"`
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
}

func fail(id any, code int, text string) *response {
	return &response{JSONRPC: "2.0", ID: id, Error: &rpcError{Code: code, Message: text}}
}

func succeed(id, result any) *response {
	return &response{JSONRPC: "2.0", ID: id, Result: result}
}

// writeRPC writes a JSON-RPC response as an HTTP answer.
func writeRPC(w http.ResponseWriter, status int, r *response) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(r) // a client that is gone needs no answer
}
