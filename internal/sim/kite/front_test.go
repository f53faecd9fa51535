package kite_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"kitebot/internal/sim/kite"
)

func TestTransportsCanBeSwitchedOff(t *testing.T) {
	for name, c := range map[string]struct {
		option func(*kite.Options)
		only   []kite.Transport
		gone   map[string]bool
	}{
		"no sse":        {func(o *kite.Options) { o.NoSSE = true }, nil, map[string]bool{"/sse": true, "/message": true}},
		"no mcp":        {func(o *kite.Options) { o.NoMCP = true }, nil, map[string]bool{"/mcp": true}},
		"later":         {func(*kite.Options) {}, []kite.Transport{kite.MCP}, map[string]bool{"/sse": true, "/message": true}},
		"and back":      {func(o *kite.Options) { o.NoSSE = true }, []kite.Transport{kite.SSE, kite.MCP}, map[string]bool{}},
		"the other way": {func(o *kite.Options) { o.NoSSE = true }, []kite.Transport{kite.SSE}, map[string]bool{"/mcp": true}},
	} {
		w := startServer(t, c.option)
		if c.only != nil {
			w.sim.ServeOnly(c.only...)
		}
		for _, path := range []string{"/sse", "/message", "/mcp"} {
			for _, method := range []string{"POST", "PATCH"} {
				r := w.must(method, path, "{}", "Content-Type", "text/plain")
				gone := r.status == http.StatusNotFound && r.body == "404 page not found\n"
				// A PATCH of /mcp meets the same words on a server that has it.
				if gone != c.gone[path] && !(path == "/mcp" && method == "PATCH") {
					t.Errorf("%s: %s %s: %d %q", name, method, path, r.status, r.body)
				}
			}
		}
		if c.gone["/sse"] {
			if r := w.must("GET", "/sse", ""); r.status != 404 || r.body != "404 page not found\n" {
				t.Errorf("%s: GET /sse: %d %q", name, r.status, r.body)
			}
		}
	}
}

// A session of a stream lives on at /mcp when the streams are switched off under it.
func TestStreamsAreSwitchedOffUnderASession(t *testing.T) {
	w := startServer(t)
	s := w.open()
	link := linkIn(t, s.call("login", `{}`).text)
	w.sim.ServeOnly(kite.MCP)
	w.sim.DropStreams()
	w.finish(link, "AD7730")
	if got := w.userOf(s.id); got != "AD7730" {
		t.Errorf("the session belongs to %q", got)
	}
}

func TestNamelessProgramsAreNoticed(t *testing.T) {
	paths := []string{"/message", "/mcp", "/register", "/token", "/.well-known/oauth-protected-resource"}
	visit := func(w *fixture, agents ...string) {
		for _, path := range append(paths, "/callback", "/authorize", "/connect/login") {
			for _, agent := range agents {
				w.must("POST", path, "", "User-Agent", agent, "Content-Type", "application/json")
			}
		}
	}
	w := startServer(t, func(o *kite.Options) { o.CheckUserAgent = true })
	visit(w, "a-reader/1.0 (+https://example.in)", "Mozilla/5.0")
	for _, v := range w.sim.Violations() {
		if strings.Contains(v, "user agent") {
			t.Errorf("an honest name: %s", v)
		}
	}
	visit(w, "Go-http-client/1.1", "Go-http-client/2.0", "Python-urllib/3.13", "")
	seen := map[string]int{}
	for _, v := range w.sim.Violations() {
		if where, agent, is := strings.Cut(v, ": user agent "); is {
			seen[where]++
			seen[agent]++
		}
	}
	for _, path := range paths {
		if seen["POST "+path] != 4 {
			t.Errorf("%s: %d violations, want 4", path, seen["POST "+path])
		}
	}
	if seen[`""`] != len(paths) || seen[`"Go-http-client/2.0"`] != len(paths) || len(seen) != len(paths)+4 {
		t.Errorf("violations: %v", seen)
	}
	careless := startServer(t)
	visit(careless, "Go-http-client/1.1")
	for _, v := range careless.sim.Violations() {
		if strings.Contains(v, "user agent") {
			t.Errorf("noticed without being asked: %s", v)
		}
	}
}

func TestStreamThatHangsBeforeItsHeaders(t *testing.T) {
	w := startServer(t)
	asked, release := make(chan struct{}), make(chan struct{})
	w.sim.Inject(kite.Fault{Kind: kite.Delay, Op: kite.OpStream, Times: 1, Until: release, OnHit: func() { close(asked) }})
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, "GET", w.web.URL+"/sse", nil)
	if err != nil {
		t.Fatal(err)
	}
	left := make(chan error, 1)
	go func() {
		res, err := w.web.Client().Do(r)
		if err == nil {
			_ = res.Body.Close()
		}
		left <- err
	}()
	<-asked
	select {
	case err := <-left:
		t.Fatalf("headers came: %v", err)
	default:
	}
	cancel()
	if err := <-left; err == nil {
		t.Error("headers came")
	}
	close(release)
}

func TestStreamThatIsAWebPage(t *testing.T) {
	w := startServer(t)
	w.sim.Inject(kite.Fault{Kind: kite.HTTPStatus, Op: kite.OpStream, Status: 200, Body: "<html>hello"})
	r := w.must("GET", "/sse", "")
	if r.status != 200 || r.body != "<html>hello" || r.header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("%d %q %s", r.status, r.body, r.header.Get("Content-Type"))
	}
}
