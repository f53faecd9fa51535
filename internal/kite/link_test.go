package kite_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"kitebot/internal/kite"
)

const goodLink = "https://kite.zerodha.com/connect/login?api_key=demo&v=3&redirect_params=session_id%3D0b1c%7C1790000000.q-_Zz%3D"

// loginText writes a link into prose as the login tool does: in Markdown, and bare.
func loginText(link string) string {
	return "⚠️ **WARNING: mind your account.**\n\nOpen this: [Login to Kite](" + link + ")\n\nIf you cannot, copy it: " + link + "\n\nThen say so."
}

func TestParseLink(t *testing.T) {
	const query = "/connect/login?api_key=k&redirect_params=p"
	kiteHost := []string{"kite.zerodha.com"}
	tests := []struct {
		name, text string
		hosts      []string
		want       string // "" for an error
	}{
		{"twice, as it comes", loginText(goodLink), kiteHost, goodLink},
		{"older prose", "Please visit " + goodLink + ". Thanks!", kiteHost, goodLink},
		{"in angle brackets", "<" + goodLink + ">", kiteHost, goodLink},
		{"other links beside it", "See https://example.com/docs and " + goodLink, kiteHost, goodLink},
		{"port 443", "https://kite.zerodha.com:443" + query, kiteHost, "https://kite.zerodha.com:443" + query},
		{"second host", "https://kite.example.in" + query, []string{"kite.zerodha.com", "kite.example.in"}, "https://kite.example.in" + query},
		{"loopback with its port", "http://127.0.0.1:4567" + query, []string{"127.0.0.1:4567"}, "http://127.0.0.1:4567" + query},
		{"loopback on any port", "http://127.0.0.1:4567" + query, []string{"127.0.0.1"}, "http://127.0.0.1:4567" + query},
		{"loopback, version 6", "http://[::1]:4567" + query, []string{"::1"}, "http://[::1]:4567" + query},

		{"no link", "Please try again later", kiteHost, ""},
		{"empty", "", kiteHost, ""},
		{"no hosts", goodLink, nil, ""},
		{"empty host listed", "https:///connect/login?api_key=k&redirect_params=p", []string{""}, ""},
		{"two different links", goodLink + " " + goodLink + "x", kiteHost, ""},
		{"http", "http://kite.zerodha.com" + query, kiteHost, ""},
		{"other host", "https://kite.zerodha.org" + query, kiteHost, ""},
		{"host as a prefix", "https://kite.zerodha.com.evil.example" + query, kiteHost, ""},
		{"host as a suffix", "https://evil-kite.zerodha.com" + query, kiteHost, ""},
		{"host with a dot", "https://kite.zerodha.com." + query, kiteHost, ""},
		{"user info", "https://kite.zerodha.com@evil.example" + query, kiteHost, ""},
		{"user info before it", "https://evil.example@kite.zerodha.com" + query, kiteHost, ""},
		{"backslash", `https://evil.example\@kite.zerodha.com` + query, kiteHost, ""},
		{"other port", "https://kite.zerodha.com:8443" + query, kiteHost, ""},
		{"empty port", "https://kite.zerodha.com:" + query, kiteHost, ""},
		{"fragment", goodLink + "#x", kiteHost, ""},
		{"other path", "https://kite.zerodha.com/connect/logout?api_key=k&redirect_params=p", kiteHost, ""},
		{"longer path", "https://kite.zerodha.com/connect/login/x?api_key=k&redirect_params=p", kiteHost, ""},
		{"escaped path", "https://kite.zerodha.com/connect%2Flogin?api_key=k&redirect_params=p", kiteHost, ""},
		{"no key", "https://kite.zerodha.com/connect/login?redirect_params=p", kiteHost, ""},
		{"empty key", "https://kite.zerodha.com/connect/login?api_key=&redirect_params=p", kiteHost, ""},
		{"two keys", "https://kite.zerodha.com/connect/login?api_key=k&api_key=l&redirect_params=p", kiteHost, ""},
		{"no params", "https://kite.zerodha.com/connect/login?api_key=k", kiteHost, ""},
		{"bad escape", "https://kite.zerodha.com/connect/login?api_key=k&redirect_params=%zz", kiteHost, ""},
		{"control character", "https://kite.zerodha.com/connect/login?api_key=k\x00&redirect_params=p", kiteHost, ""},
		{"too long", goodLink + "&x=" + strings.Repeat("y", 2048), kiteHost, ""},
		{"loopback on another port", "http://127.0.0.1:4568" + query, []string{"127.0.0.1:4567"}, ""},
		{"loopback not listed", "http://127.0.0.1:4567" + query, kiteHost, ""},
		{"loopback by name", "http://localhost:4567" + query, []string{"localhost", "localhost:4567"}, ""},
		{"http to another machine", "http://10.0.0.1" + query, []string{"10.0.0.1"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			link, err := kite.ParseLink(tt.text, tt.hosts)
			if link.Reveal() != tt.want || (err == nil) != (tt.want != "") {
				t.Fatalf("ParseLink = %q, %v, want %q", link.Reveal(), err, tt.want)
			}
			if err != nil && kite.KindOf(err) != kite.KindMalformed {
				t.Errorf("error %v is %v, want %v", err, kite.KindOf(err), kite.KindMalformed)
			}
			if err != nil && (strings.Contains(err.Error(), "://") || strings.Contains(err.Error(), "redirect_params")) {
				t.Errorf("error %v tells the link", err)
			}
		})
	}
}

func FuzzParseLink(f *testing.F) {
	f.Add(loginText(goodLink))
	f.Add("http://127.0.0.1:4567/connect/login?api_key=k&redirect_params=p")
	f.Add("https://kite.zerodha.com@evil.example/connect/login?api_key=k&redirect_params=p")
	f.Add(`https://kite.zerodha.com\@evil.example/connect/login?api_key=k&redirect_params=p`)
	hosts := []string{"kite.zerodha.com", "127.0.0.1:4567"}
	f.Fuzz(func(t *testing.T, text string) {
		link, err := kite.ParseLink(text, hosts)
		if err != nil {
			if link != (kite.Link{}) {
				t.Fatal("an error and a link")
			}
			return
		}
		s := link.Reveal()
		if !strings.Contains(text, s) || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Fatalf("link %q is not taken as it stands", s)
		}
		u, err := url.Parse(s)
		if err != nil || u.User != nil || u.Path != "/connect/login" || u.Query().Get("api_key") == "" || u.Query().Get("redirect_params") == "" {
			t.Fatalf("link %q: %v", s, err)
		}
		if origin := u.Scheme + "://" + u.Host; !slices.Contains([]string{"https://kite.zerodha.com", "https://kite.zerodha.com:443", "http://127.0.0.1:4567"}, origin) {
			t.Fatalf("link to %s", origin)
		}
		if again, err := kite.ParseLink(s, hosts); err != nil || again != link {
			t.Fatalf("the link by itself: %v", err)
		}
	})
}
