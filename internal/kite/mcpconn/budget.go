package mcpconn

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/semaphore"

	"kitebot/internal/kite"
)

// The bounds of answers, in bytes.
const (
	// maxAnswer bounds one answer, and one event. The longest real one, 22,500
	// candles, has 3 MB, and thousands of holdings have 2 MB.
	maxAnswer = 4 << 20
	// freeAnswer is how much of each answer is read without a reservation:
	// ordinary answers never wait for large ones.
	freeAnswer = 64 << 10
	// maxLarge bounds the large answers of all people together, from the moment
	// they outgrow freeAnswer until they are decoded. They take about 2.3 times as
	// much memory: the body and its text at once, or the text and its rows.
	maxLarge = 6 << 20
)

// budget bounds the large answers that are on their way at once.
type budget struct{ free *semaphore.Weighted }

func newBudget() *budget { return &budget{semaphore.NewWeighted(maxLarge)} }

// reserve waits until there is room for so many bytes, until ctx ends at the
// longest: errBusy then. An answer has one reservation, which never grows, and a
// caller that holds one already does not wait for another, so that no two wait
// for each other. What can never fit is errAnswerTooBig.
func (b *budget) reserve(ctx context.Context, bytes int64, holding bool) (*reservation, error) {
	switch {
	case bytes > maxAnswer:
		return nil, errAnswerTooBig
	case b.free.TryAcquire(bytes):
	case holding || b.free.Acquire(ctx, bytes) != nil:
		return nil, errBusy
	}
	r := &reservation{budget: b}
	r.bytes.Store(bytes)
	return r, nil
}

// reservation is the room of one answer. nil is none, for a small answer.
type reservation struct {
	budget *budget
	bytes  atomic.Int64
}

// shrink gives back what turned out not to be needed.
func (r *reservation) shrink(to int) {
	if r != nil {
		r.budget.free.Release(max(0, r.bytes.Swap(int64(to))-int64(to)))
	}
}

// release gives back all. It may be called again.
func (r *reservation) release() { r.shrink(0) }

// bounded reads the body of one answer within the bounds.
type bounded struct {
	io.Reader
	ctx    context.Context // of the request, which bounds the wait
	budget *budget
	length int64 // of the body; -1 when it is not said
	read   int64
	held   *reservation
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	most := int64(maxAnswer + 1)
	switch {
	case b.held != nil:
	case b.read < freeAnswer:
		most = freeAnswer
	default:
		need := b.length
		if need < 0 {
			need = maxAnswer
		}
		var err error
		if b.held, err = b.budget.reserve(b.ctx, need, kite.Holds(b.ctx)); err != nil {
			return 0, err
		}
	}
	n, err := b.Reader.Read(p[:min(int64(len(p)), most-b.read)])
	if b.read += int64(n); b.read > maxAnswer {
		return 0, errAnswerTooBig
	}
	return n, err
}

// toolResult is the result of a tool call on its way to the caller. It goes past
// mcp-go, which would copy it three times.
type toolResult struct {
	result string // JSON
	held   *reservation
}

// toolResultKey is the key of a request's *delivery in its context.
type toolResultKey struct{}

// toolResultOf returns the delivery of a request; nil for one that has none.
func toolResultOf(ctx context.Context) *toolResult {
	d, _ := ctx.Value(toolResultKey{}).(*toolResult)
	return d
}

// withoutToolResult is the context of a request whose answer comes another way.
func withoutToolResult(ctx context.Context) context.Context {
	return context.WithValue(ctx, toolResultKey{}, (*toolResult)(nil))
}

// readToolResult reads the answer to a tool call, within the budget, and leaves mcp-go
// an answer without the result.
func (g *guard) readToolResult(d *toolResult, req *http.Request, resp *http.Response, events bool) (*http.Response, error) {
	defer resp.Body.Close()
	if resp.ContentLength > maxAnswer {
		return nil, errAnswerTooBig
	}
	body := &bounded{Reader: resp.Body, ctx: req.Context(), budget: g.dialer.budget, length: resp.ContentLength}
	defer func() {
		if d.held == nil { // not handed on, also by a panic
			body.held.release()
		}
	}()
	text, err := readAnswer(body, events)
	if err != nil {
		return nil, err
	}
	body.held.shrink(len(text))
	a, ok := kite.DecodeAnswer(text)
	if !ok {
		return nil, errOdd
	}
	d.result, d.held = a.Result, body.held
	rest := map[string]any{"jsonrpc": "2.0", "id": json.RawMessage(a.ID), "result": struct{}{}}
	if a.Failed {
		rest["error"] = map[string]any{"code": a.Code, "message": a.Message}
	}
	stub, err := json.Marshal(rest)
	if err != nil {
		return nil, errOdd
	}
	if events {
		resp.Header.Set("Content-Type", "application/json")
	}
	resp.Body = io.NopCloser(strings.NewReader(string(stub)))
	return resp, nil
}

func readAnswer(body io.Reader, events bool) (string, error) {
	if events {
		return firstAnswer(body)
	}
	whole, err := io.ReadAll(body)
	return string(whole), unread(err)
}
