package kite

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
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

// args are the arguments of a tool call. They are read as the real server reads them: unknown ones are ignored, and one
// of the wrong type silently becomes its zero value or its printed form.
type args map[string]any

// require returns the complaint about the first of names that is missing or empty, or "".
func (a args) require(names ...string) string {
	for _, name := range names {
		switch v := a[name].(type) {
		case nil:
			return "parameter '" + name + "': is required"
		case string:
			if v == "" {
				return "parameter '" + name + "': cannot be empty"
			}
		case []any:
			if len(v) == 0 {
				return "parameter '" + name + "': cannot be empty"
			}
		}
	}
	return ""
}

// text returns a string argument; other types are printed.
func (a args) text(name, otherwise string) string {
	switch v := a[name].(type) {
	case nil:
		return otherwise
	case string:
		return v
	default:
		return fmt.Sprintf("%v", v)
	}
}

// integer returns a number argument without its fraction; anything else is 0.
func (a args) integer(name string) int {
	f, _ := a[name].(float64)
	return int(f)
}

// boolean returns a flag; some words for one are understood as well, anything else is false.
func (a args) boolean(name string) bool {
	switch v := a[name].(type) {
	case bool:
		return v
	case string:
		return slices.Contains([]string{"1", "true", "yes", "on"}, strings.ToLower(v))
	}
	return false
}

// texts returns an array of strings without its empty ones; anything but an array is none.
func (a args) texts(name string) []string {
	list, _ := a[name].([]any)
	var out []string
	for _, v := range list {
		if t := (args{"": v}).text("", ""); t != "" {
			out = append(out, t)
		}
	}
	return out
}

// pageMeta is what a page says about itself. From is echoed as it came, even when negative, and spoils HasMore then.
type pageMeta struct {
	From     int  `json:"from"`
	Limit    int  `json:"limit"`
	Total    int  `json:"total"`
	HasMore  bool `json:"has_more"`
	Returned int  `json:"returned"`
}

// paged is an answer cut into pages.
type paged[T any] struct {
	Data       []T      `json:"data"`
	Pagination pageMeta `json:"pagination"`
}

// paginate cuts all as the arguments from and limit ask. Only a limit above 0 makes a page with its description;
// otherwise the answer is the bare rest of the list.
func paginate[T any](all []T, a args) any {
	from, limit := a.integer("from"), a.integer("limit")
	if all == nil {
		all = []T{}
	}
	rest := all[min(max(from, 0), len(all)):]
	if limit <= 0 {
		return rest
	}
	rest = rest[:min(limit, len(rest))]
	return paged[T]{rest, pageMeta{
		From: from, Limit: limit, Total: len(all), HasMore: from+len(rest) < len(all), Returned: len(rest),
	}}
}
