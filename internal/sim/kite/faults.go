package kite

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// errProcessEnded is the cause of every context that ended because the simulated server process ended.
var errProcessEnded = errors.New("the server process is gone")

// Transport says which way a tool call came.
type Transport string

// The two transports of the server.
const (
	SSE Transport = "sse" // POST /message, answered on the stream of GET /sse
	MCP Transport = "mcp" // POST /mcp, answered in place
)

// FaultKind says what goes wrong.
type FaultKind int

// The kinds of fault. Those that start with Upstream happen between the MCP server and Kite and so need a session that
// got that far; on login they strike the profile check, with all its consequences. On OpStream a Delay hangs before the
// headers, an AnswerLost after them: the endpoint event never comes.
const (
	_               FaultKind = iota
	UpstreamFailure           // Kite refuses or breaks: 403, 429, 5xx, HTML, reset, bad JSON all look the same
	UpstreamHang              // Kite is silent until After (0 means 7 s) or Until, then it counts as failed
	UpstreamNull              // Kite answers {"data":null}
	BadJSON                   // the tool's text is JSON cut in half
	ToolMissing               // JSON-RPC error -32602, as if the tool were not there
	HTTPStatus                // an HTTP answer of Status (200 as well) and Body instead of the server's; nothing runs
	ConnectionReset           // the connection ends without an answer; nothing runs
	AnswerLost                // everything runs, the answer is lost: connection reset on /mcp, silence on SSE
	Delay                     // the answer comes after After or Until; nothing else changes
	lastFaultKind
)

// What a Fault can strike besides tool calls. Any other JSON-RPC method name does as well.
const (
	OpCall       = "tools/call"
	OpInitialize = "initialize"
	OpList       = "tools/list"
	OpPing       = "ping"
	OpStream     = "GET /sse"
	OpDelete     = "DELETE /mcp"
	OpCallback   = "/callback"
	OpRegister   = "/register" // of Next, as is the one below
	OpToken      = "/token"
)

// Fault is something that goes wrong for some requests. Of several faults that fit a request the one injected first
// strikes, alone.
type Fault struct {
	Kind      FaultKind
	Op        string    // one of the Op constants or a JSON-RPC method; "" means OpCall
	Tool      string    // for OpCall: this tool only; "" means all
	Transport Transport // this transport only; "" means both
	Times     int       // strikes so many requests; 0 means until ClearFaults
	Status    int       // for HTTPStatus
	Body      string    // for HTTPStatus; "" with Status 524 gives the HTML page of a gateway
	// After is a time to wait, on the real clock, before the fault shows; a wait also ends when Until is closed, and at
	// once when the client has gone or the server restarts.
	After time.Duration
	Until <-chan struct{}
	// OnHit is called, if set, when the fault strikes, before any wait: on a DELETE once it holds the registry, on a
	// callback once it knows which login it completes. It must not block.
	OnHit func()
}

// gatewayPage is what a proxy in front of the server shows when the server was too slow.
const gatewayPage = "<!DOCTYPE html>\n<html lang=\"en\"><head><title>524: A timeout occurred</title></head>\n" +
	"<body><h1>A timeout occurred</h1><p>The origin web server timed out responding to this request.</p></body></html>\n"

// appliesTo reports whether a fault of this kind means anything for op.
func (k FaultKind) appliesTo(op string) bool {
	switch k {
	case UpstreamFailure, UpstreamHang:
		return op == OpCall || op == OpDelete || op == OpCallback
	case UpstreamNull, BadJSON, ToolMissing:
		return op == OpCall
	}
	return true
}

// report calls OnHit, if there is one.
func (f *Fault) report() {
	if f != nil && f.OnHit != nil {
		f.OnHit()
	}
}

// begin reports the fault and waits, unless the fault lies upstream, where the wait is part of the failure.
func (f *Fault) begin(ctx context.Context) {
	f.report()
	if f.is(Delay) || f.is(AnswerLost) || f.is(BadJSON) || f.is(ToolMissing) {
		f.wait(ctx, 0)
	}
}

// finish plays what is left of a fault when the answer of a plain request is ready: the answer waits, or is lost with
// the connection, as it is when the process has ended meanwhile.
func (f *Fault) finish(ctx context.Context) {
	f.begin(ctx)
	if f.is(AnswerLost) {
		panic(http.ErrAbortHandler)
	}
	abortIfProcessEnded(ctx)
}

// is reports whether f is a fault of this kind; nil has no kind.
func (f *Fault) is(k FaultKind) bool {
	return f != nil && f.Kind == k
}

// wait passes the time of the fault, or least if the fault names none, or less when ctx ends.
func (f *Fault) wait(ctx context.Context, least time.Duration) {
	d := f.After
	if d == 0 && f.Until == nil {
		d = least
	}
	var timeout <-chan time.Time
	if d > 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		timeout = t.C
	} else if f.Until == nil {
		return
	}
	select {
	case <-timeout:
	case <-f.Until:
	case <-ctx.Done():
	}
}

// blocks plays the faults that keep a request from the server altogether and reports whether f is one of them.
func (f *Fault) blocks(ctx context.Context, w http.ResponseWriter) bool {
	switch {
	case f.is(HTTPStatus):
		f.report()
		f.wait(ctx, 0)
		f.writeStatus(w)
		return true
	case f.is(ConnectionReset):
		f.report()
		f.wait(ctx, 0)
		panic(http.ErrAbortHandler)
	}
	return false
}

func (f *Fault) writeStatus(w http.ResponseWriter) {
	body, kind := f.Body, "text/plain; charset=utf-8"
	if body == "" && f.Status == 524 {
		body = gatewayPage
	}
	if len(body) > 0 && body[0] == '<' {
		kind = "text/html; charset=utf-8"
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(f.Status)
	_, _ = w.Write([]byte(body))
}

// abortIfProcessEnded cuts the connection of a request whose process ended while it was served.
func abortIfProcessEnded(ctx context.Context) {
	if errors.Is(context.Cause(ctx), errProcessEnded) {
		panic(http.ErrAbortHandler)
	}
}
