package mcpconn_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"kitebot/internal/kite/mcpconn"
)

func TestNewChecksTheURL(t *testing.T) {
	for raw, want := range map[string]string{
		"https://mcp.example.com/sse":              "",
		"https://mcp.example.com/mcp":              "",
		"https://mcp.example.com:8443/a/b/sse":     "",
		"HTTPS://mcp.example.com/sse":              "",
		"http://127.0.0.1:9/sse":                   "",
		"http://[::1]:9/mcp":                       "",
		"http://localhost/sse":                     "",
		"":                                         "scheme",
		"mcp.example.com/sse":                      "scheme",
		"ftp://mcp.example.com/sse":                "scheme",
		"https:///sse":                             "host",
		"https://:443/sse":                         "host",
		"http://mcp.example.com/sse":               "loopback",
		"http://127.0.0.1.example.com/sse":         "loopback",
		"http://192.168.1.5/sse":                   "loopback",
		"https://joe:hunter2@mcp.example.com/sse":  "user",
		"https://hunter2@mcp.example.com/sse":      "user",
		"https://mcp.example.com/sse?key=hunter2":  "query",
		"https://mcp.example.com/sse?":             "query",
		"https://mcp.example.com/sse#hunter2":      "query",
		"https://mcp.example.com/":                 "path",
		"https://mcp.example.com/sse/":             "path",
		"https://mcp.example.com/xsse":             "path",
		"https://mcp.example.com/a%2Fb/sse":        "path",
		"https://joe:hunter2@mcp.example.com:x/se": "parsed",
	} {
		d, err := mcpconn.New(mcpconn.Options{URL: raw})
		switch {
		case want == "" && err != nil:
			t.Errorf("New(%q) = %v, want none", raw, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("New(%q) = %v, want one about the %s", raw, err, want)
		case err != nil && strings.Contains(err.Error(), "hunter2"):
			t.Errorf("New(%q) repeats the secret: %v", raw, err)
		}
		if d != nil {
			d.Close()
		}
	}
	if _, err := mcpconn.New(mcpconn.Options{URL: home + "/sse", OpenTimeout: -1}); err == nil {
		t.Error("a negative timeout was taken")
	}
}

func TestHTTPClient(t *testing.T) {
	c := mcpconn.NewHTTPClient(nil)
	tr := c.Transport.(*http.Transport)
	if c.Timeout != 0 || tr.MaxConnsPerHost != 0 || tr.ResponseHeaderTimeout != 0 {
		t.Error("a timeout or limit that would cut or starve streams")
	}
	if !tr.ForceAttemptHTTP2 || !tr.DisableCompression || tr.MaxIdleConnsPerHost < 64 || tr.MaxIdleConns < tr.MaxIdleConnsPerHost {
		t.Errorf("transport not tuned: %+v", tr)
	}
	if tr.HTTP2 == nil || tr.HTTP2.SendPingTimeout != 15*time.Second || tr.HTTP2.PingTimeout != 10*time.Second {
		t.Errorf("http2 = %+v", tr.HTTP2)
	}
}

func TestCallbackOption(t *testing.T) {
	for address, good := range map[string]bool{
		"": true, callback: true, "http://127.0.0.1:1/x": true, "http://bot.example.com/": false, "https://joe@bot.example.com/": false,
		"https://bot.example.com/?x": false, "https://bot.example.com/#": false, "https:///kite": false, "t.me/bot": false, "\x00": false,
	} {
		d, err := mcpconn.New(mcpconn.Options{URL: home + "/sse", Callback: address})
		if (err == nil) != good {
			t.Errorf("%q: %v", address, err)
		}
		if d != nil {
			d.Close()
		}
	}
}
