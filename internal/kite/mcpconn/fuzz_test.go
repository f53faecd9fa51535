package mcpconn

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

// Any bytes as the stream of a session: opening and calling end in time,
// nothing is sent elsewhere, no goroutine stays behind, and only the answer to
// a call is taken for one.
func FuzzSSE(f *testing.F) {
	for _, seed := range streams() {
		f.Add([]byte(seed), byte(255), true)
		f.Add([]byte(strings.ReplaceAll(seed, "\n", "\r\n")), byte(7), false)
		f.Add([]byte(strings.ReplaceAll(seed, "\n", "\r")), byte(1), true)
	}
	f.Fuzz(func(t *testing.T, stream []byte, piece byte, stays bool) {
		synctest.Test(t, func(t *testing.T) {
			s := &scripted{stream: stream, piece: int(piece), stays: stays, answer: func(req *http.Request) *http.Response {
				return response(req, http.StatusAccepted, "text/plain", http.NoBody)
			}}
			d, book := s.dialer(t, ssePath)
			began := time.Now()
			id := tryStream(t, d)
			d.Close()
			if took := time.Since(began); took > DefaultOpenTimeout+2*DefaultCallTimeout {
				t.Fatalf("it took %v", took)
			}
			synctest.Wait()
			s.checkRequests(t, id)
			if len(id) > 12 && strings.Contains(book.String(), id) {
				t.Fatal("the log holds the session id")
			}
		})
	})
}

// tryStream opens a session and calls two tools. It returns the session's id
// when there was one.
func tryStream(t *testing.T, d *Dialer) string {
	c, err := d.Open(t.Context())
	checkFailure(t, err, "")
	if err != nil {
		return ""
	}
	id := c.ID().Reveal()
	if !plausible(c.ID()) {
		t.Fatalf("session %q", id)
	}
	for _, q := range []query.Query{query.Holdings(), query.ToolList()} {
		text, err := c.Call(t.Context(), q)
		checkFailure(t, err, id)
		if err != nil && text != "" || wire.KindOf(err) == wire.KindEnded {
			t.Fatalf("%s: %q, %v", q.Name(), text, err)
		}
	}
	return id
}

// streams are streams as servers send them, and as they should not.
func streams() []string {
	const (
		endpoint = "event: endpoint\ndata: /message?sessionId=5ad1f4c2-feed-beef\n\n"
		shook    = "\x1eevent: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":\"b-1\",\"result\":{\"protocolVersion\":\"2025-03-26\",\"capabilities\":{},\"serverInfo\":{\"name\":\"k\",\"version\":\"1\"}}}\n\n\x1e"
		holdings = "\x1edata: {\"jsonrpc\":\"2.0\",\"id\":\"b-2\",\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"[]\"}]}}\n\n"
		tools    = "\x1edata: {\"jsonrpc\":\"2.0\",\"id\":\"b-3\",\"result\":{\"tools\":[{\"name\":\"get_ltp\",\"inputSchema\":{\"type\":\"object\"}}]}}\n\n"
		ping     = "data: {\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"ping\"}\n\n: keep-alive\n\n"
	)
	whole := endpoint + shook + holdings + tools
	return []string{
		whole, endpoint + ping + shook + ping + holdings + ping + tools, "", "\ufeff" + whole, ": hello\n" + whole, "\x00" + whole,
		strings.ReplaceAll(whole, ",", ",\ndata:"), strings.ReplaceAll(whole, "\n", "\r"), strings.TrimRight(whole, "\n"),
		"event: endpoint\n\n" + whole, "event: endpoint\ndata: https://elsewhere.example.com/message?sessionId=5ad1f4c2-feed-beef\n\n",
		"event: endpoint\ndata: http://mcp.example.com/message?sessionId=5ad1f4c2-feed-beef\n\n",
		"event: endpoint\ndata: //mcp.example.com/message?sessionId=5ad1f4c2-feed-beef\n\n" + shook + holdings,
		"event: endpoint\ndata: /message?sessionId=%0d%0a\n\n", "event: endpoint\ndata: /message?sessionId=" + strings.Repeat("x", 200) + "\n\n",
		endpoint + strings.ReplaceAll(endpoint, "feed", "face") + shook + holdings, endpoint + shook + strings.ReplaceAll(endpoint, "feed", "face") + holdings,
		endpoint + shook + "\x1edata: {\"jsonrpc\":\"2.0\",\"id\":\"b-2\",\"error\":{\"code\":-32602,\"message\":\"Invalid session ID\"}}\n\n",
		endpoint + shook + "\x1edata: {\"id\":\"b-2\",\"result\":null}\n\n", endpoint + shook + "\x1edata: {\"id\":{},\"result\":7}\n\n",
		endpoint + shook + "\x1edata: {\"id\":\"b-2\",\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"" + strings.Repeat("[", 9000) + "\"}]}}\n\n",
		endpoint + shook + "\x1edata: {\"id\":\"b-2\",\"result\":" + strings.Repeat("[", 9000) + "}\n\n", endpoint + "\x1edata: {\"id\":\"b-1\",\"result\":{\"protocolVersion\":\"2026-07-28\"}}\n\n",
	}
}

// Any answer over …/mcp: calling ends in time, costs one request (a list of
// tools some more), and only the server's word ends a session.
func FuzzAnswer(f *testing.F) {
	good := `{"jsonrpc":"2.0","id":"b-1","result":{"content":[{"type":"text","text":"[]"}],"protocolVersion":"2025-03-26","tools":[],"nextCursor":""}}`
	refusal := `{"jsonrpc":"2.0","id":null,"error":{"code":-32602,"message":"Invalid session ID"}}`
	for _, seed := range []struct {
		status      uint16
		media, body string
	}{
		{200, "application/json", good}, {200, "application/json; charset=utf-8", good + "\n" + good}, {200, "text/event-stream", "data: " + good + "\n\n"},
		{200, "text/event-stream", "id: 1\nretry: 0\ndata:\n\n"}, {200, "text/event-stream", "\ufeff: x\r\nevent: message\r\ndata: " + good}, {200, "text/event-stream", "event: message\rdata: " + good + "\r\r"}, {202, "", ""}, {204, "", ""},
		{200, "text/event-stream", "data: {\"id\":1,\"method\":\"ping\"}\n\n" + strings.Repeat("data: "+good+"\n\n", 3)}, {200, "application/json", strings.Replace(good, `""`, `"next"`, 1)},
		{400, "text/plain", "Invalid session ID"}, {400, "application/json", refusal}, {404, "text/plain", "Session terminated"}, {404, "text/html", "<html>"}, {404, "text/html", "<html>Session terminated"}, {404, "", ""}, {524, "text/html", "<html>"},
		{200, "application/json", `{"id":"b-1","error":{"code":-32602,"message":"tool 'x' not found: tool not found"}}`}, {200, "application/json", `{"id":"b-1","result":{"content":[{"type":"image"}]}}`},
		{200, "application/json", strings.Repeat("[", 11000)}, {200, "text/event-stream", "data: {\"id\":\"b-1\",\"result\":" + strings.Repeat("[", 9000) + "}\n\n"}, {301, "text/plain", ""}, {200, "\x00;=", good},
		{401, "text/plain", "no bearer token"}, {404, "text/plain", "session not found"}, {403, "text/plain", "session user mismatch"}, {405, "", ""},
		{200, "text/event-stream", "data: " + strings.Replace(good, `"[]"`, `"failed to get session: session ID not found"`, 1) + "\n\n"},
		{200, "application/json", `{"id":"b-1","error":{"code":0,"message":"method \"tools/call\" is invalid during session initialization"}}`},
		{200, "application/json", strings.Replace(good, `"[]"`, `"Please log in first using the login tool"`, 1)},
	} {
		f.Add(seed.status-100, seed.media, []byte(seed.body), byte(255))
	}
	f.Fuzz(func(t *testing.T, status uint16, media string, body []byte, piece byte) {
		synctest.Test(t, func(t *testing.T) {
			s := &scripted{piece: 1}
			s.answer = func(req *http.Request) *http.Response {
				resp := response(req, 100+int(status)%500, media, &pieces{r: bytes.NewReader(body), most: 1 + int(piece)})
				resp.Header.Set("Mcp-Session-Id", secret)
				return resp
			}
			d, book := s.dialer(t, mcpPath)
			began := time.Now()
			tryAnswer(t, d, s)
			d.Close()
			if took := time.Since(began); took > 7*DefaultCallTimeout+3*DefaultOpenTimeout {
				t.Fatalf("it took %v", took)
			}
			synctest.Wait()
			s.checkRequests(t, "")
			hides(t, book.String())
		})
	})
}

// tryAnswer opens, calls and ends a session whose server gives one answer to
// everything.
func tryAnswer(t *testing.T, d *Dialer, s *scripted) {
	for _, q := range []query.Query{query.Holdings(), query.ToolList()} {
		before := s.asked("tools/call")
		text, err := d.Resume(held(session.NewID(secret)), nil).Call(t.Context(), q)
		checkFailure(t, err, secret)
		if err != nil && text != "" {
			t.Fatalf("%s: a text and %v", q.Name(), err)
		}
		if n := s.asked("tools/call") - before; n != 1 && !q.IsToolList() {
			t.Fatalf("%s: %d calls", q.Name(), n)
		}
		if n := s.asked("tools/list"); n > 2*maxPages {
			t.Fatalf("%s: %d pages", q.Name(), n)
		}
	}
	c, err := d.Open(t.Context())
	checkFailure(t, err, secret)
	if wire.KindOf(err) == wire.KindEnded || err == nil && c.ID().Reveal() != secret {
		t.Fatalf("Open: %v", err)
	}
	err = d.End(t.Context(), held(session.NewID(secret)))
	checkFailure(t, err, secret)
	if err != nil && !wire.Unanswered(err) {
		t.Fatalf("End: %v", err)
	}
	before := len(s.seen)
	_, err = d.Resume(bearing(secret), nil).Call(t.Context(), query.Holdings())
	checkFailure(t, err, secret)
	err = d.End(t.Context(), bearing(secret))
	checkFailure(t, err, secret)
	if n := len(s.seen) - before; n > 20+6*maxPages || err != nil && !wire.Unanswered(err) {
		t.Fatalf("a bearer: %d requests; End: %v", n, err)
	}
}
