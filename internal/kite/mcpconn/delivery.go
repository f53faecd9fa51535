package mcpconn

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"kitebot/internal/kite"
)

// delivery is the result of a tool call on its way to the caller. It goes past
// mcp-go, which would copy it three times.
type delivery struct {
	result string // JSON
	held   *reservation
}

// deliveryKey is the key of a request's *delivery in its context.
type deliveryKey struct{}

// delivered returns the delivery of a request; nil for one that has none.
func delivered(ctx context.Context) *delivery {
	d, _ := ctx.Value(deliveryKey{}).(*delivery)
	return d
}

// withoutDelivery is the context of a request whose answer comes another way.
func withoutDelivery(ctx context.Context) context.Context {
	return context.WithValue(ctx, deliveryKey{}, (*delivery)(nil))
}

// deliver reads the answer to a tool call, within the budget, and leaves mcp-go
// an answer without the result.
func (g *guard) deliver(d *delivery, req *http.Request, resp *http.Response, events bool) (*http.Response, error) {
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
