package mcpconn_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"kitebot/internal/kite/mcpconn"
	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

func TestResults(t *testing.T) {
	image := `{"type":"image","data":"eHg=","mimeType":"image/png"}`
	text := `{"type":"text","text":"` + secret + `"}`
	for name, test := range map[string]struct {
		result string
		want   wire.Kind
	}{
		"two texts":          {`{"content":[` + text + `,` + text + `]}`, wire.KindMalformed},
		"an image":           {`{"content":[` + image + `]}`, wire.KindMalformed},
		"an unknown content": {`{"content":[{"type":"` + secret + `"}]}`, wire.KindMalformed},
		"nothing":            {`{"content":[]}`, wire.KindMalformed},
		"no content":         {`{}`, wire.KindMalformed},
		"a string":           {`"` + secret + `"`, wire.KindMalformed},
		"null":               {`null`, wire.KindMalformed},
		"asks for input":     {`{"resultType":"input_required","requestState":"x","inputRequests":{}}`, wire.KindMalformed},
		"failed":             {failedResult("Failed to execute get_holdings"), wire.KindFailed},
		"unfamiliar failure": {failedResult("it is " + secret), wire.KindFailed},
		"no login":           {failedResult("Please log in first using the login tool"), wire.KindNoLogin},
		"in doubt":           {failedResult("Failed to establish a session. Please try again."), wire.KindDoubt},
		"flag forgotten":     {textResult("Failed to execute get_holdings"), wire.KindFailed},
		"no tool":            {`!{"code":-32602,"message":"tool 'x' not found: tool not found"}`, wire.KindNoTool},
		"no tool, otherwise": {`!{"code":-32602,"message":"Unknown tool: ` + secret + `"}`, wire.KindNoTool},
		"internal error":     {`!{"code":-32603,"message":"boom ` + secret + `"}`, wire.KindFailed},
		"wordless error":     {`!{"code":-32000}`, wire.KindFailed},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(f *fakeServer) { f.result = func(string) string { return test.result } }, mcpconn.Options{},
				func(t *testing.T, f *fakeServer, c session.Conn) {
					got, err := c.Call(t.Context(), query.Holdings())
					wantKind(t, err, test.want)
					if got != "" {
						t.Errorf("text = %q with an error", got)
					}
					if n := len(f.called); n != 1 {
						t.Errorf("the tool was called %d times", n)
					}
				})
		})
	}
}

func TestArgumentsArrive(t *testing.T) {
	both(t, nil, mcpconn.Options{}, func(t *testing.T, f *fakeServer, c session.Conn) {
		if _, err := c.Call(t.Context(), query.Quotes([]string{"NSE:ACME"})); err != nil {
			t.Fatal(err)
		}
		log := f.record()
		if last := log[len(log)-1]; !strings.Contains(last.body, `"arguments":{"instruments":["NSE:ACME"]}`) {
			t.Errorf("request = %s", last.body)
		}
	})
}

func TestContextOfCall(t *testing.T) {
	unanswered := func(f *fakeServer) { f.result = func(string) string { return "" } }
	both(t, unanswered, mcpconn.Options{}, func(t *testing.T, f *fakeServer, c session.Conn) {
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-f.called
			cancel()
		}()
		_, err := c.Call(ctx, query.Holdings())
		wantKind(t, err, wire.KindUnreachable)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		for range 20 { // mcp-go's own timer runs out at the same moment
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
			_, err := c.Call(ctx, query.Holdings())
			cancel()
			wantKind(t, err, wire.KindUnreachable)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("deadline: %v", err)
			}
		}
		before := len(f.requests())
		if _, err := c.Call(ctx, query.Holdings()); !errors.Is(err, context.Canceled) || len(f.requests()) != before {
			t.Errorf("a context that was over before: %v", err)
		}
	})
}

func TestTimeouts(t *testing.T) {
	unanswered := func(f *fakeServer) { f.result = func(string) string { return "" } }
	o := mcpconn.Options{CallTimeout: 20 * time.Millisecond, LoginTimeout: 200 * time.Millisecond}
	both(t, unanswered, o, func(t *testing.T, _ *fakeServer, c session.Conn) {
		for _, q := range []query.Query{query.Holdings(), query.Login()} {
			tool, limit := q.Name(), o.CallTimeout
			if tool == "login" {
				limit = o.LoginTimeout
			}
			start := time.Now()
			_, err := c.Call(t.Context(), q)
			wantKind(t, err, wire.KindUnreachable)
			if took := time.Since(start); took < limit || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s failed after %v with %v, want its limit of %v", tool, took, err, limit)
			}
		}
	})
}

func TestResumeAnswers(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		body   string
		want   wire.Kind
	}{
		"terminated":      {404, "Session terminated\n", wire.KindEnded},
		"unknown":         {400, "Invalid session ID\n", wire.KindEnded},
		"unknown in json": {400, `{"jsonrpc":"2.0","id":null,"error":{"code":-32602,"message":"Invalid session ID"}}`, wire.KindEnded},
		"other 400":       {400, "Invalid content type: must be 'application/json' " + secret, wire.KindFailed},
		"router":          {404, "404 page not found\n", wire.KindNotServed},
		"gateway":         {524, "<html>a timeout occurred " + secret, wire.KindUnreachable},
		"result in a 502": {502, `{"jsonrpc":"2.0","id":"b-1","result":{"content":[{"type":"text","text":"x"}]}}`, wire.KindUnreachable},
		"long page":       {503, "<html>" + strings.Repeat("x", 1<<20), wire.KindUnreachable},
		"accepted":        {202, "", wire.KindMalformed},
		"a page":          {200, "<html>" + secret, wire.KindMalformed},
		"cut json":        {200, `{"jsonrpc":"2.0","id":"b-1","resu`, wire.KindMalformed},
		"no id":           {200, `{"jsonrpc":"2.0","result":{"content":[{"type":"text","text":"` + secret + `"}]}}`, wire.KindMalformed},
		"another's":       {200, `{"jsonrpc":"2.0","id":"b-99","result":{"content":[{"type":"text","text":"x"}]}}`, wire.KindMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			var healed atomic.Bool
			f := newServer(t, func(f *fakeServer) {
				f.mcp = func(w http.ResponseWriter, r *http.Request) {
					if healed.Load() {
						f.serveMCP(w, r)
						return
					}
					if w.Header().Set("Content-Type", "application/json"); strings.HasPrefix(test.body, "<") {
						w.Header().Set("Content-Type", "text/html")
					}
					status(test.status, test.body)(w, r)
				}
			})
			c := f.dialer(t, "/sse", mcpconn.Options{}).Resume(credential(session.NewID(secret+"-0000")), nil)
			defer c.Close()
			for range 2 {
				_, err := c.Call(t.Context(), query.Holdings())
				wantKind(t, err, test.want)
			}
			healed.Store(true)
			if _, err := c.Call(t.Context(), query.Holdings()); err != nil {
				t.Errorf("once the server is well again: %v", err)
			}
		})
	}
}

func TestResumeOfNonsense(t *testing.T) {
	f := newServer(t, nil)
	d := f.dialer(t, "/sse", mcpconn.Options{})
	for _, id := range []string{"", secret + "\r\nX: y", secret + " x", secret + "é", strings.Repeat("x", 129)} {
		_, err := d.Resume(credential(session.NewID(id)), nil).Call(t.Context(), query.Profile())
		wantKind(t, err, wire.KindEnded)
		if err := d.End(t.Context(), credential(session.NewID(id))); err != nil {
			t.Errorf("End: %v", err)
		}
	}
	if got := f.requests(); len(got) != 0 {
		t.Errorf("requests: %v", got)
	}
}

func TestAnswerAsEvents(t *testing.T) {
	broken := func(w http.ResponseWriter, r *http.Request) {
		asEvents("event: message\n")(w, r)
		flush(w)
		panic(http.ErrAbortHandler)
	}
	big := `{"jsonrpc":"2.0","id":"b-1","result":{"content":[{"type":"text","text":"` + strings.Repeat("x", mcpconn.MaxAnswer) + `"}]}}`
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		want    wire.Kind
	}{
		"good":    {asEvents("event: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":\"b-1\",\"result\":" + textResult("x") + "}\n\n"), wire.KindUnknown},
		"none":    {asEvents(": nothing\n\n"), wire.KindMalformed},
		"too big": {asEvents("data: " + big + "\n\n"), wire.KindTooBig},
		"broken":  {broken, wire.KindUnreachable},
		"big json": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, big)
		}, wire.KindTooBig},
		"cut short": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "{")
		}, wire.KindUnreachable},
	} {
		t.Run(name, func(t *testing.T) {
			f := newServer(t, func(f *fakeServer) { f.mcp = test.handler })
			c := f.dialer(t, "/mcp", mcpconn.Options{}).Resume(someSession(), nil)
			text, err := c.Call(t.Context(), query.Holdings())
			if test.want == wire.KindUnknown {
				if text != "x" || err != nil {
					t.Errorf("Call = %q, %v", text, err)
				}
				return
			}
			wantKind(t, err, test.want)
		})
	}
}

// Nothing is sent to another server than the configured one, whatever asks for that.
func TestForeignRequestsAreRefused(t *testing.T) {
	f := newServer(t, nil)
	d := f.dialer(t, "/mcp", mcpconn.Options{})
	host := strings.TrimPrefix(f.URL, "http://")
	for _, address := range []string{"http://127.0.0.1:1/mcp", "https://" + host + "/mcp", "http://joe@" + host + "/mcp"} {
		if err := d.Get(t.Context(), address); !errors.Is(err, mcpconn.ErrForeign) {
			t.Errorf("GET %s: %v, want it refused", address, err)
		}
	}
	if got := f.requests(); len(got) != 0 {
		t.Errorf("requests: %v", got)
	}
}

// A redirect carries the session id in a header to wherever the server points:
// none is followed, not even on the same host.
func TestRedirectsAreNotFollowed(t *testing.T) {
	var strayed atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strayed.Add(1) }))
	defer other.Close()
	for name, test := range map[string]struct {
		location string // "" for /moved on the same host, which would answer
		status   int
	}{
		"same host, 307":        {"", http.StatusTemporaryRedirect},
		"same host, 308":        {"", http.StatusPermanentRedirect},
		"POST becomes GET, 302": {"", http.StatusFound},
		"other host, 307":       {other.URL + "/mcp", http.StatusTemporaryRedirect},
		"other host, 302":       {other.URL + "/mcp", http.StatusFound},
		"other scheme":          {"https://HOST/mcp", http.StatusTemporaryRedirect},
		"for ever":              {"/mcp", http.StatusTemporaryRedirect},
	} {
		t.Run(name, func(t *testing.T) {
			f := newServer(t, func(f *fakeServer) {
				f.before = func(w http.ResponseWriter, r *http.Request) bool {
					if r.URL.Path == "/moved" {
						f.serveMCP(w, r)
						return true
					}
					to := cmp.Or(strings.ReplaceAll(test.location, "HOST", r.Host), "/moved")
					http.Redirect(w, r, to+"?"+secret, test.status)
					return true
				}
			})
			d := f.dialer(t, "/sse", mcpconn.Options{})
			_, err := d.Resume(someSession(), nil).Call(t.Context(), query.Holdings())
			wantKind(t, err, wire.KindUnreachable)
			_, err = d.Open(t.Context())
			wantKind(t, err, wire.KindUnreachable)
			wantKind(t, d.End(t.Context(), someSession()), wire.KindUnreachable)
		})
	}
	if n := strayed.Load(); n != 0 {
		t.Errorf("%d requests went to another host", n)
	}
}

// asEvents answers with an event stream.
func asEvents(stream string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, stream)
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
			f := newServer(t, func(f *fakeServer) { f.mcp = asEvents(test.stream) })
			d := f.dialer(t, "/sse", mcpconn.Options{})
			text, err := d.Resume(someSession(), nil).Call(t.Context(), query.Holdings())
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
	f := newServer(t, func(f *fakeServer) {
		f.mcp = func(w http.ResponseWriter, r *http.Request) {
			asEvents(`data: {"jsonrpc":"2.0","id":"b-1","result":`+textResult("x")+"}\n\n")(w, r)
			flush(w)
			hang(w, r)
		}
	})
	wantText(t, f.dialer(t, "/mcp", mcpconn.Options{}).Resume(someSession(), nil), query.Holdings(), "x")
}

// A server that always has one more page of tools is not listened to for ever.
func TestEndlessListOfTools(t *testing.T) {
	pages := 0
	f := newServer(t, func(f *fakeServer) {
		f.mcp = func(w http.ResponseWriter, r *http.Request) {
			pages++
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"jsonrpc":"2.0","id":"b-%d","result":{"tools":[],"nextCursor":"%d"}}`, pages, pages)
		}
	})
	_, err := f.dialer(t, "/mcp", mcpconn.Options{}).Resume(someSession(), nil).Call(t.Context(), query.ToolList())
	wantKind(t, err, wire.KindMalformed)
	if pages > mcpconn.MaxPages {
		t.Errorf("%d pages were asked for", pages)
	}
}
