package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// pingEvery is how often Kite's server says on each stream that it is alive.
const pingEvery = 10 * time.Second

// stream is an open event stream.
type stream struct {
	mu   sync.Mutex
	w    http.ResponseWriter
	out  *http.ResponseController
	gone bool
}

func (s *stream) send(event []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.gone {
		_, _ = s.w.Write(event) // a stream that is cut is noticed by its own goroutine
		_ = s.out.Flush()
	}
}

func (s *stream) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone = true
}

// openStream begins a session and keeps its stream open.
func (f *fakes) openStream(w http.ResponseWriter, r *http.Request) {
	id := fmt.Sprintf("11111111-0000-4000-8000-%012d", f.sessionsMade.Add(1))
	s := &stream{w: w, out: http.NewResponseController(w)}
	f.streams.Store(id, s)
	f.count(func(n *counts) { n.asked++; n.streams++ })
	defer func() {
		s.end()
		f.streams.Delete(id)
		f.count(func(n *counts) { n.streams-- })
	}()
	w.Header().Set("Content-Type", "text/event-stream")
	s.send(fmt.Appendf(nil, "event: endpoint\ndata: /message?sessionId=%s\r\n\r\n", id))
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for n := 1; ; n++ {
		select {
		case <-ping.C:
			s.send(fmt.Appendf(nil, "data:{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"ping\"}\n\n", n))
		case <-r.Context().Done():
			return
		}
	}
}

// takeMessage answers a call over its session's stream.
func (f *fakes) takeMessage(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("sessionId")
	s, ok := f.streams.Load(id)
	if !ok {
		http.Error(w, "Invalid session ID", http.StatusBadRequest)
		return
	}
	f.answer(id, r, func(answer []byte) {
		if answer != nil {
			s.(*stream).send(fmt.Appendf(nil, "event: message\ndata: %s\n\n", answer))
		}
	})
	w.WriteHeader(http.StatusAccepted)
}

// takeCall answers a call at once, over streamable HTTP.
func (f *fakes) takeCall(w http.ResponseWriter, r *http.Request) {
	f.answer(r.Header.Get("Mcp-Session-Id"), r, func(answer []byte) {
		if answer == nil {
			w.WriteHeader(http.StatusAccepted)
			return
		}
		reply(w, answer)
		_ = http.NewResponseController(w).Flush() // now, so that it is within the call's time
	})
}

// call is what matters of a JSON-RPC request.
type call struct {
	ID     json.RawMessage
	Method string
	Params struct{ Name string }
}

// answer answers one request, and measures how long a user's tool call took from its arrival until send returned.
func (f *fakes) answer(session string, r *http.Request, send func([]byte)) {
	f.count(func(n *counts) { n.asked++ })
	p := f.owner(session)
	if p != nil {
		p.callBegins()
		defer p.callEnds()
	}
	body, err := io.ReadAll(r.Body)
	var c call
	if err != nil || json.Unmarshal(body, &c) != nil || len(c.ID) == 0 {
		send(nil)
		return
	}
	send(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"result":%s}`, c.ID, f.result(c, session, p)))
}

func (f *fakes) result(c call, session string, p *user) []byte {
	if c.Method != "tools/call" {
		return []byte(`{"protocolVersion":"2025-03-26","capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"Kite MCP Server","version":"v0.0.0"}}`)
	}
	f.count(func(n *counts) { n.tools++ })
	switch {
	case c.Params.Name == "login":
		return toolResult("[Login to Kite](https://kite.example/connect/login?api_key=load&v=3&redirect_params=session_id%3D"+session+")", false)
	case p == nil:
		return toolResult("Failed to execute "+c.Params.Name, true)
	case c.Params.Name == "get_holdings":
		f.count(func(n *counts) { n.holdings++ })
		return f.account
	case c.Params.Name == "get_profile":
		return toolResult(fmt.Sprintf(`{"user_id":%q,"user_name":"Person %d","user_shortname":"P","avatar_url":"","user_type":"individual","email":"p@example.com","broker":"ZERODHA","meta":{"demat_consent":""},"products":["CNC"],"order_types":["MARKET"],"exchanges":["NSE"]}`,
			userOf(p.id), p.id), false)
	}
	return toolResult("[]", false)
}

// knownSession is the session of a user who was logged in before the bot started.
func knownSession(id int64) string { return knownPrefix + fmt.Sprintf("%012d", id) }

const knownPrefix = "00000000-0000-4000-8000-"

// userOf is a user's id at Kite.
func userOf(id int64) string { return fmt.Sprintf("LD%06d", id) }

// owner is whose session it is; nil until they are logged in.
func (f *fakes) owner(session string) *user {
	if p, ok := f.owners.Load(session); ok {
		return p.(*user)
	}
	if number, ok := strings.CutPrefix(session, knownPrefix); ok {
		id, _ := strconv.ParseInt(number, 10, 64)
		return f.user(id)
	}
	return nil
}

// toolResult is the result of a tool that says a text.
func toolResult(text string, failed bool) []byte {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err) // a text can always be quoted
	}
	return fmt.Appendf(nil, `{"content":[{"type":"text","text":%s}],"isError":%t}`, quoted, failed)
}

// manyHoldings is an answer of so many holdings, with the noise of floats.
func manyHoldings(holdings int) string {
	rows := make([]string, holdings)
	for i := range rows {
		average, last, shares := 90+i*37%4000, 100+i*53%4000, 1+i%90
		rows[i] = fmt.Sprintf(`{"tradingsymbol":"STOCK%03d","exchange":"NSE","instrument_token":%d,"isin":"INE%06d01","product":"CNC",`+
			`"price":0,"used_quantity":0,"quantity":%d,"t1_quantity":0,"realised_quantity":%d,"authorised_quantity":0,"authorised_date":"2026-09-12T00:00:00+05:30",`+
			`"opening_quantity":%d,"collateral_quantity":0,"collateral_type":"","discrepancy":false,"average_price":%d.2813,"last_price":%d.35,`+
			`"close_price":%d.4,"pnl":%v,"day_change":0.9500000000000455,"day_change_percentage":0.%d119146005509641,`+
			`"mtf":{"quantity":0,"used_quantity":0,"average_price":0,"value":0,"initial_margin":0}}`,
			i, 300_000+i, i, shares, shares, shares, average, last, last-1, (float64(last-average)+0.35-0.2813)*float64(shares), 1+i%9)
	}
	return "[" + strings.Join(rows, ",") + "]"
}
