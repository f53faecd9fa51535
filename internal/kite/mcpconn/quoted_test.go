package mcpconn_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kitebot/internal/kite/mcpconn"
	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
)

// figure stands for what only the person may see: no log line and no error may
// hold it, whatever is wrong with the answer that does.
const figure = "RELIANCE-4711.55"

// raw answers with these bytes, and hangs up.
func raw(answer string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, buffered, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		_, _ = buffered.WriteString(strings.ReplaceAll(answer, "\n", "\r\n"))
		_ = buffered.Flush()
	}
}

// malformed are answers that are wrong in every part that an answer has.
func malformed() map[string]string {
	head := "HTTP/1.1 200 OK\nContent-Type: application/json\nConnection: close\n"
	stream := "HTTP/1.1 200 OK\nContent-Type: text/event-stream\nConnection: close\n\n"
	all := map[string]string{
		"no HTTP":           figure + "\n\n",
		"version":           "HTTP/" + figure + " 200 OK\n\n",
		"status":            "HTTP/1.1 " + figure + " OK\n\n",
		"reason":            "HTTP/1.1 500 " + figure + "\n\n" + figure,
		"header line":       head + figure + "\n\n",
		"header name":       head + figure + " x: y\n\n",
		"header value":      head + "X: \x00" + figure + "\n\n",
		"length":            head + "Content-Length: " + figure + "\n\n",
		"two lengths":       head + "Content-Length: 1\nContent-Length: 2" + figure + "\n\n",
		"transfer encoding": head + "Transfer-Encoding: " + figure + "\n\n",
		"chunk":             head + "Transfer-Encoding: chunked\n\n" + figure + "\n\n",
		"trailer":           head + "Transfer-Encoding: chunked\nTrailer: X\n\n2\n{}\n0\n" + figure + "\n\n",
		"content type":      "HTTP/1.1 200 OK\nContent-Type: " + figure + "\n\n{}",
		"cut short":         head + "Content-Length: 1000\n\n" + figure,
		"redirect":          "HTTP/1.1 302 Found\nLocation: http://%" + figure + "/\n\n",
		"challenge":         "HTTP/1.1 401 x\nWWW-Authenticate: Bearer resource_metadata=" + figure + "\n\n" + figure,
		"session id":        head + "Mcp-Session-Id: " + figure + " x\n\n{}",
		"endpoint":          stream + "event: endpoint\ndata: http://%" + figure + "\n\n",
		"other endpoint":    stream + "event: endpoint\ndata: https://" + figure + "/message?sessionId=" + figure + "\n\n",
		"event":             stream + "event: " + figure + "\ndata: " + figure + "\n\n",
	}
	for name, body := range map[string]string{
		"page": "<html>" + figure, "no JSON": figure, "cut JSON": `{"jsonrpc":"2.0","id":"b-1","result":{"content":[{"type":"text","text":"` + figure,
		"rpc error":     `{"jsonrpc":"2.0","id":"b-1","error":{"code":-32603,"message":"` + figure + `"}}`,
		"odd error":     `{"jsonrpc":"2.0","id":"b-1","error":"` + figure + `"}`,
		"odd id":        `{"jsonrpc":"2.0","id":"` + figure + `","result":{}}`,
		"version":       `{"jsonrpc":"2.0","id":"b-1","result":{"protocolVersion":"` + figure + `","serverInfo":{"name":"` + figure + `"}}}`,
		"odd result":    `{"jsonrpc":"2.0","id":"b-1","result":"` + figure + `"}`,
		"odd content":   `{"jsonrpc":"2.0","id":"b-1","result":{"content":[{"type":"` + figure + `"}]}}`,
		"tool error":    `{"jsonrpc":"2.0","id":"b-1","result":{"isError":true,"content":[{"type":"text","text":"` + figure + `"}]}}`,
		"tool's reason": `{"jsonrpc":"2.0","id":"b-1","result":{"isError":true,"content":[{"type":"text","text":"Failed to get alerts: ` + figure + `"}]}}`,
		"tools":         `{"jsonrpc":"2.0","id":"b-1","result":{"tools":[{"name":"` + figure + `"}]}}`,
	} {
		all["body: "+name] = head + "\n" + body
		all["event: "+name] = stream + "data: " + body + "\n\n"
		all["refusal: "+name] = strings.Replace(head, "200 OK", "400 Bad Request", 1) + "\n" + body
	}
	return all
}

// What a server answers is quoted nowhere, at no level.
func TestResponsesAreQuotedNowhere(t *testing.T) {
	const brief = 100 * time.Millisecond // many of these are no answer at all
	for name, answer := range malformed() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, path := range []string{"/sse", "/mcp"} {
				var broken atomic.Bool
				f := newServer(t, func(f *fakeServer) {
					f.before = func(w http.ResponseWriter, r *http.Request) bool {
						if broken.Load() {
							raw(answer)(w, r)
						}
						return broken.Load()
					}
				})
				d, book := newDialer(t, mcpconn.Options{URL: f.URL + path, CallTimeout: brief, LoginTimeout: brief, OpenTimeout: waitLimit, LookPause: time.Hour})
				opened := open(t, d)
				broken.Store(true)
				var errs []error
				for _, c := range []session.Conn{opened, d.Resume(someSession(), nil), d.Resume(credential(session.NewBearer(secret)), nil)} {
					for _, q := range []query.Query{query.Holdings(), query.ToolList(), query.Login()} {
						_, err := c.Call(t.Context(), q)
						errs = append(errs, err)
					}
				}
				_, err := d.Open(t.Context())
				_, _, begin := d.Begin(t.Context())
				_, redeem := d.Redeem(t.Context(), session.Attempt{State: "s", Verifier: strings.Repeat("v", 43), ClientID: "c", Redirect: mcpconn.PasteRedirect, Code: "code"})
				errs = append(errs, err, begin, redeem, d.End(t.Context(), someSession()), d.End(t.Context(), credential(session.NewBearer(secret))))
				d.Close()
				for _, err := range errs {
					unquoted(t, err)
				}
				if strings.Contains(book.String(), figure) || strings.Contains(strings.ToLower(book.String()), "4711") {
					t.Errorf("%s: the log quotes the answer: %s", path, book)
				}
			}
		})
	}
}

// unquoted fails the test when an error, or what it wraps, holds the figure.
func unquoted(t *testing.T, err error) {
	t.Helper()
	for ; err != nil; err = errors.Unwrap(err) {
		if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, "4711") {
			t.Errorf("an error quotes the answer: %s", text)
		}
	}
}
