package mcpconn

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func request(t *testing.T, method, url string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func TestDeleteIsRefused(t *testing.T) {
	f := newFar(t, nil)
	d := f.dialer(t, "/mcp", Options{})
	if resp, err := d.client.Do(request(t, http.MethodDelete, d.at.mcp.String())); !errors.Is(err, errDelete) {
		t.Errorf("DELETE = %v, %v; want it refused", resp, err)
	}
	if slices.Contains(f.requests(), "DELETE /mcp") {
		t.Error("it was sent")
	}
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

func TestRedirectPolicy(t *testing.T) {
	const from = "https://mcp.example.com/sse"
	for name, test := range map[string]struct {
		method, to string
		hops       int
		good       bool
	}{
		"same place":     {"POST", "https://mcp.example.com/other", 1, true},
		"other host":     {"POST", "https://example.com/sse", 1, false},
		"other port":     {"POST", "https://mcp.example.com:444/sse", 1, false},
		"plain http":     {"POST", "http://mcp.example.com/sse", 1, false},
		"another method": {"GET", "https://mcp.example.com/other", 1, false},
		"five hops":      {"POST", from, maxRedirects, true},
		"six hops":       {"POST", from, maxRedirects + 1, false},
	} {
		via := slices.Repeat([]*http.Request{request(t, "POST", from)}, test.hops)
		err := checkRedirect(request(t, test.method, test.to), via)
		if test.good != (err == nil) {
			t.Errorf("%s: %v, want followed = %v", name, err, test.good)
		}
	}
}

// Nobody listens on …/mcp: mcp-go would, to take up an answer that broke off.
func TestListeningIsRefused(t *testing.T) {
	f := newFar(t, nil)
	d := f.dialer(t, "/mcp", Options{})
	if _, err := d.client.Do(request(t, http.MethodGet, d.at.mcp.String())); !errors.Is(err, errListen) {
		t.Errorf("GET: %v, want it refused", err)
	}
	if got := f.requests(); len(got) != 0 {
		t.Errorf("requests: %v", got)
	}
}
