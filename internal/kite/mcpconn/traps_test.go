package mcpconn

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

// asEvents answers every POST with an event stream.
func asEvents(stream string) func(*far) {
	return func(f *far) {
		f.mcp = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprint(w, stream)
		}
	}
}

// What a server may put around an answer that comes as events must cost
// nothing: mcp-go would answer each request in it with a POST, come back for
// the rest with a GET, and lose a goroutine to the third answer.
func TestEventsAroundAnAnswer(t *testing.T) {
	answer := `data: {"jsonrpc":"2.0","id":"b-1","result":` + textResult("x") + "}\n\n"
	ping := "data: {\"jsonrpc\":\"2.0\",\"id\":\"b-1\",\"method\":\"ping\"}\n\n"
	for name, test := range map[string]struct {
		stream string
		want   wire.Kind
	}{
		"many answers":        {strings.Repeat(answer, 9), wire.KindUnknown},
		"requests":            {strings.Repeat(ping, 50) + answer, wire.KindUnknown},
		"notifications":       {strings.Repeat("event: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\"}\n\n", 50) + answer, wire.KindUnknown},
		"another event":       {"event: endpoint\ndata: https://elsewhere.example.com/\n\n" + answer, wire.KindUnknown},
		"an event of no data": {"event: endpoint\n\n: hello\n\n" + answer, wire.KindUnknown},
		"what is no JSON":     {"data: {\n\n" + answer, wire.KindUnknown},
		"lines of data":       {strings.ReplaceAll(answer, ",", ",\r\ndata:"), wire.KindUnknown},
		"no empty line":       {strings.TrimRight(answer, "\n"), wire.KindUnknown},
		"a byte order mark":   {"\ufeff" + answer, wire.KindUnknown},
		"to be continued":     {"id: 7\nretry: 0\n\n", wire.KindMalformed},
		"requests only":       {strings.Repeat(ping, 50), wire.KindMalformed},
		"another's answer":    {strings.Replace(answer, "b-1", "b-2", 1), wire.KindMalformed},
		"a cut answer":        {answer[:40], wire.KindMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			leaks := goleak.IgnoreCurrent()
			f := newFar(t, asEvents(test.stream))
			d := f.dialer(t, "/sse", Options{})
			text, err := d.Resume(held(session.NewID(secret)), nil).Call(t.Context(), query.Holdings())
			if test.want != wire.KindUnknown {
				wantKind(t, err, test.want)
			} else if text != "x" || err != nil {
				t.Errorf("Call = %q, %v", text, err)
			}
			d.Close()
			f.Close()
			goleak.VerifyNone(t, leaks)
			if got := f.requests(); !slices.Equal(got, []string{"POST /mcp tools/call"}) {
				t.Errorf("requests: %v", got)
			}
		})
	}
}

// An answer is taken when it is there, not when its stream ends.
func TestEventStreamStaysOpen(t *testing.T) {
	f := newFar(t, func(f *far) {
		f.mcp = func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprint(w, `data: {"jsonrpc":"2.0","id":"b-1","result":`+textResult("x")+"}\n\n")
			flush(w)
			<-r.Context().Done()
		}
	})
	text, err := f.dialer(t, "/mcp", Options{}).Resume(held(session.NewID(secret)), nil).Call(t.Context(), query.Holdings())
	if text != "x" || err != nil {
		t.Errorf("Call = %q, %v", text, err)
	}
}

// A server that always has one more page of tools is not listened to for ever.
func TestEndlessListOfTools(t *testing.T) {
	pages := 0
	f := newFar(t, func(f *far) {
		f.mcp = func(w http.ResponseWriter, r *http.Request) {
			pages++
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"jsonrpc":"2.0","id":"b-%d","result":{"tools":[],"nextCursor":"%d"}}`, pages, pages)
		}
	})
	_, err := f.dialer(t, "/mcp", Options{}).Resume(held(session.NewID(secret)), nil).Call(t.Context(), query.ToolList())
	wantKind(t, err, wire.KindMalformed)
	if pages > maxPages {
		t.Errorf("%d pages were asked for", pages)
	}
}
