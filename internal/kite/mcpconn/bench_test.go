package mcpconn_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"kitebot/internal/kite/mcpconn"
	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
)

// function is a server without a network, whose answers cost next to nothing.
type function func(*http.Request) (*http.Response, error)

func (f function) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// answering answers every tool call with a text, on whatever way it comes.
func answering(text string) function {
	streams := map[string]*io.PipeWriter{}
	quoted, _ := json.Marshal(text)
	return func(req *http.Request) (*http.Response, error) {
		resp := &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}, "Mcp-Session-Id": {"some-session"}}, Body: http.NoBody, Request: req}
		if req.Method == http.MethodGet {
			id := fmt.Sprint("session-", len(streams))
			body, w := io.Pipe()
			streams[id], resp.Body = w, body
			context.AfterFunc(req.Context(), func() { w.CloseWithError(req.Context().Err()) })
			resp.Header.Set("Content-Type", "text/event-stream")
			go fmt.Fprintf(w, "event: endpoint\ndata: /message?sessionId=%s\n\n", id)
			return resp, nil
		}
		body, _ := io.ReadAll(req.Body)
		var call struct {
			ID     json.RawMessage
			Method string
		}
		_ = json.Unmarshal(body, &call)
		answer := fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"content":[{"type":"text","text":%s}],"protocolVersion":"2025-03-26","tools":[{"name":"get_holdings"},{"name":"login"}]}}`, call.ID, quoted)
		switch stream := streams[req.URL.Query().Get("sessionId")]; {
		case call.ID == nil:
			resp.StatusCode = http.StatusAccepted
		case stream != nil:
			resp.StatusCode = http.StatusAccepted
			go fmt.Fprintf(stream, "event: message\ndata: %s\n\n", answer)
		default:
			resp.Body, resp.ContentLength = io.NopCloser(strings.NewReader(answer)), int64(len(answer))
		}
		return resp, nil
	}
}

func dialerTo(b *testing.B, server function) *mcpconn.Dialer {
	d, err := mcpconn.New(mcpconn.Options{URL: "https://mcp.example.com/sse", HTTPClient: &http.Client{Transport: server}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(d.Close)
	return d
}

// BenchmarkCall is a question with a long answer, by each kind of connection.
func BenchmarkCall(b *testing.B) {
	d := dialerTo(b, answering(strings.Repeat("x", 30<<10)))
	stream, err := d.Open(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	for name, conn := range map[string]session.Conn{
		"stream": stream, "resumed": d.Resume(credential(stream.ID()), nil), "bearer": d.Resume(credential(session.NewBearer("some-bearer")), nil),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := conn.Call(b.Context(), query.Trades()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSession is what an open session that does nothing costs.
func BenchmarkSession(b *testing.B) {
	d := dialerTo(b, answering("x"))
	memory := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc + m.StackInuse
	}
	before := memory()
	var conns []session.Conn
	for b.Loop() {
		conn, err := d.Open(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		conns = append(conns, conn)
	}
	b.ReportMetric(float64(memory()-before)/float64(len(conns)), "B/session")
	runtime.KeepAlive(conns)
}
