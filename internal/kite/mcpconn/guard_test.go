package mcpconn

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
)

func request(t *testing.T, method, url string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func TestForeignRequestIsRefused(t *testing.T) {
	f := newFar(t, nil)
	d := f.dialer(t, "/mcp", Options{})
	host := strings.TrimPrefix(f.URL, "http://")
	for _, url := range []string{"http://127.0.0.1:1/mcp", "https://" + host + "/mcp", "http://joe@" + host + "/mcp"} {
		if _, err := d.client.Do(request(t, http.MethodPost, url)); !errors.Is(err, errForeign) {
			t.Errorf("POST %s: %v, want it refused", url, err)
		}
	}
	if got := f.requests(); len(got) != 0 {
		t.Errorf("requests: %v", got)
	}
}

// The gateway before the hosted server refuses clients that do not say who they
// are: every request does, whichever of us and mcp-go makes it.
func TestEveryRequestSaysWhoAsks(t *testing.T) {
	f := newFar(t, nil)
	usual := f.Config.Handler
	var mu sync.Mutex
	agents := map[string]bool{}
	f.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		agents[r.Method+" "+r.URL.Path+" "+r.UserAgent()] = true
		mu.Unlock()
		usual.ServeHTTP(w, r)
	})
	d := f.dialer(t, "/sse", Options{Version: "v1.2.3"})
	c, err := d.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, _ = c.Call(t.Context(), query.Holdings())
	_, _ = d.Resume(held(session.NewID(secret)), nil).Call(t.Context(), query.Holdings())
	_ = d.End(t.Context(), held(session.NewID(secret)))
	mu.Lock()
	defer mu.Unlock()
	for _, what := range []string{"GET /sse", "POST /message", "POST /mcp", "DELETE /mcp"} {
		if !agents[what+" kitebot/v1.2.3"] {
			t.Errorf("%s did not come as kitebot/v1.2.3", what)
		}
	}
	if len(agents) != 4 {
		t.Errorf("requests came as %v", slices.Sorted(maps.Keys(agents)))
	}
}
