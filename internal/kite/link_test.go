package kite_test

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"kitebot/internal/kite"
	"kitebot/internal/kite/wire"
)

// ourSession is the session whose link is looked for.
const ourSession = "5f0c9a52-7d14-4b8e-9e61-0c1f6a3b2d47"

const (
	// todayLink is the form since July 2026: the id in the sole parameter.
	todayLink = "https://mcp.kite.trade/authorize?session_id=kitemcp-" + ourSession + "%7C1790000000.q-_Zz%3D"
	// oldLink is the form before: the id in a parameter inside a parameter.
	oldLink = "https://kite.zerodha.com/connect/login?api_key=demo&v=3&redirect_params=session_id%3D" + ourSession + "%257C1790000000.q-_Zz%253D"
)

// loginText writes a link into prose as the login tool does: in Markdown, and bare.
func loginText(link string) string {
	return "⚠️ **WARNING: mind your account.**\n\nOpen this: [Login to Kite](" + link + ")\n\nIf you cannot, copy it: " + link + "\n\nThen say so."
}

func TestParseLink(t *testing.T) {
	const query = "/any/path?session_id=" + ourSession + "%7C1"
	hosted := []string{"kite.zerodha.com", "mcp.kite.trade"}
	for _, tt := range []struct {
		name, text string
		hosts      []string
		want       string // "" for an error
	}{
		{"today's, twice, as it comes", loginText(todayLink), hosted, todayLink},
		{"the older one, twice", loginText(oldLink), hosted, oldLink},
		{"older prose", "Please visit " + todayLink + ". Thanks!", hosted, todayLink},
		{"in angle brackets", "<" + todayLink + ">", hosted, todayLink},
		{"an unknown path", "https://mcp.kite.trade" + query, hosted, "https://mcp.kite.trade" + query},
		{"an unknown query", "https://mcp.kite.trade/in?t=a." + ourSession + ".b", hosted, "https://mcp.kite.trade/in?t=a." + ourSession + ".b"},
		{"a link without the id, alone", "https://mcp.kite.trade/in/4711", hosted, "https://mcp.kite.trade/in/4711"},
		{"no query at all", "https://kite.zerodha.com/", hosted, "https://kite.zerodha.com/"},
		{"other hosts next to it", "See https://example.com/docs and " + todayLink, hosted, todayLink},
		{"a page of the same host next to it", "See https://mcp.kite.trade/docs and " + todayLink, hosted, todayLink},
		{"another session's link next to it", strings.ReplaceAll(todayLink, "5f0c", "6f0c") + " " + todayLink, hosted, todayLink},
		{"port 443", "https://kite.zerodha.com:443" + query, hosted, "https://kite.zerodha.com:443" + query},
		{"a port that is configured", "https://kite.example:8443" + query, []string{"kite.example:8443"}, "https://kite.example:8443" + query},
		{"second host", "https://kite.example.in" + query, []string{"kite.zerodha.com", "kite.example.in"}, "https://kite.example.in" + query},
		{"loopback with its port", "http://127.0.0.1:4567" + query, []string{"127.0.0.1:4567"}, "http://127.0.0.1:4567" + query},
		{"loopback on any port", "http://127.0.0.1:4567" + query, []string{"127.0.0.1"}, "http://127.0.0.1:4567" + query},
		{"loopback, version 6", "http://[::1]:4567" + query, []string{"::1"}, "http://[::1]:4567" + query},

		{"Markdown's emphasis", "_" + todayLink + "_", hosted, todayLink},

		{"cut at a bar", strings.Replace(todayLink, "%7C", "|", 1), hosted, ""},
		{"cut at a brace", todayLink + "{sig}", hosted, ""},
		{"another session's", strings.ReplaceAll(todayLink, "5f0c", "6f0c"), hosted, ""},
		{"no link", "Please try again later", hosted, ""},
		{"empty", "", hosted, ""},
		{"no hosts", todayLink, nil, ""},
		{"empty host listed", "https:///authorize?session_id=" + ourSession, []string{""}, ""},
		{"two different links of ours", todayLink + " " + oldLink, hosted, ""},
		{"two links, none with the id", "https://mcp.kite.trade/a https://mcp.kite.trade/b", hosted, ""},
		{"http", "http://kite.zerodha.com" + query, hosted, ""},
		{"other host", "https://kite.zerodha.org" + query, hosted, ""},
		{"host as a prefix", "https://kite.zerodha.com.evil.example" + query, hosted, ""},
		{"host as a suffix", "https://evil-kite.zerodha.com" + query, hosted, ""},
		{"host with a dot", "https://kite.zerodha.com." + query, hosted, ""},
		{"user info", "https://kite.zerodha.com@evil.example" + query, hosted, ""},
		{"user info before it", "https://evil.example@kite.zerodha.com" + query, hosted, ""},
		{"backslash", `https://evil.example\@kite.zerodha.com` + query, hosted, ""},
		{"other port", "https://kite.zerodha.com:8443" + query, hosted, ""},
		{"empty port", "https://kite.zerodha.com:" + query, hosted, ""},
		{"fragment", todayLink + "#x", hosted, ""},
		{"bad escape", "https://kite.zerodha.com/login?session_id=%zz", hosted, ""},
		{"too long", todayLink + "&x=" + strings.Repeat("y", 2048), hosted, ""},
		{"loopback on another port", "http://127.0.0.1:4568" + query, []string{"127.0.0.1:4567"}, ""},
		{"loopback not listed", "http://127.0.0.1:4567" + query, hosted, ""},
		{"loopback by name", "http://localhost:4567" + query, []string{"localhost", "localhost:4567"}, ""},
		{"http to another machine", "http://10.0.0.1" + query, []string{"10.0.0.1"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			link, err := kite.ParseLink(tt.text, ourSession, tt.hosts)
			if link.Reveal() != tt.want || (err == nil) != (tt.want != "") {
				t.Fatalf("ParseLink = %q, %v, want %q", link.Reveal(), err, tt.want)
			}
			if err != nil && wire.KindOf(err) != wire.KindNoLink {
				t.Errorf("error %v is %v, want %v", err, wire.KindOf(err), wire.KindNoLink)
			}
		})
	}
}

// An id stands in a query by itself: another one that begins with it is another
// session's.
func TestParseLinkOfALongerID(t *testing.T) {
	const short, long = "session-1", "session-12"
	link := func(id string) string { return "https://mcp.kite.trade/authorize?session_id=" + id + "%7C1" }
	got, err := kite.ParseLink(link(long)+" "+link(short), short, []string{"mcp.kite.trade"})
	if err != nil || got.Reveal() != link(short) {
		t.Errorf("ParseLink = %q, %v", got.Reveal(), err)
	}
}

// What the operator reads of an unknown link is enough to recognise its form,
// and holds no value.
func TestUnknownLinkIsDescribed(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"Please try again later", "no login link at an allowed host, and no other address"},
		{"https://login.kite.trade/start?state=s3cret-state&session=" + ourSession,
			"no login link at an allowed host; seen: login.kite.trade/start with state session"},
		{"https://login.kite.trade/" + ourSession + "/9f8e7d?" + ourSession + "=1&" + strings.Repeat("k", 40),
			"no login link at an allowed host; seen: login.kite.trade/•••/••• with •••"},
		{todayLink + " " + oldLink,
			"2 different login links; seen: kite.zerodha.com/connect/login with api_key v redirect_params, mcp.kite.trade/authorize with session_id"},
		{"https://" + ourSession + "/x https://" + ourSession + ".kite-2.trade:8443/y https://1790000000/z https://[::1]/",
			"no login link at an allowed host; seen: [::1]/, •••.kite-2.trade:8443/y, •••/x, •••/z"},
		{"http://127.0.0.1:9/x", "no login link at an allowed host; seen: http 127.0.0.1:9/x"},
	} {
		_, err := kite.ParseLink(tt.text, ourSession, []string{"kite.zerodha.com", "mcp.kite.trade"})
		unknown, ok := errors.AsType[*kite.UnknownLinkError](err)
		if !ok {
			t.Fatalf("%q: %v", tt.text, err)
		}
		shape := strings.Split(unknown.Error(), "; seen: ")
		sorted := shape[0]
		if len(shape) == 2 {
			seen := strings.Split(shape[1], ", ")
			slices.Sort(seen)
			sorted += "; seen: " + strings.Join(seen, ", ")
		}
		if sorted != tt.want {
			t.Errorf("%q\nis described as %q\nwant            %q", tt.text, sorted, tt.want)
		}
		for _, secret := range []string{ourSession, "s3cret", "q-_Zz", "1790000000"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%q tells %q", err, secret)
			}
		}
	}
}

func TestLinkShowsNotice(t *testing.T) {
	for link, want := range map[string]bool{todayLink: true, oldLink: false, "https://mcp.kite.trade/in?session_id=x": false, "": false} {
		if got := kite.RestoreLink(link).ShowsNotice(); got != want {
			t.Errorf("%q shows the notice: %v, want %v", link, got, want)
		}
	}
}

func FuzzParseLink(f *testing.F) {
	f.Add(loginText(todayLink))
	f.Add(loginText(oldLink))
	f.Add("http://127.0.0.1:4567/authorize?session_id=" + ourSession)
	f.Add("https://mcp.kite.trade/a https://mcp.kite.trade/b")
	f.Add("https://" + ourSession + "/authorize")
	f.Add("https://kite.zerodha.com@evil.example/authorize?session_id=" + ourSession)
	f.Add(`https://kite.zerodha.com\@evil.example/connect/login?api_key=k&redirect_params=p`)
	hosts := []string{"kite.zerodha.com", "mcp.kite.trade", "127.0.0.1:4567"}
	f.Fuzz(func(t *testing.T, text string) {
		link, err := kite.ParseLink(text, ourSession, hosts)
		if err != nil {
			if link != (kite.Link{}) {
				t.Fatal("an error and a link")
			}
			if strings.Contains(err.Error(), ourSession) {
				t.Fatalf("the error tells the session: %v", err)
			}
			return
		}
		s := link.Reveal()
		if !strings.Contains(text, s) || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Fatalf("link %q is not taken as it stands", s)
		}
		u, err := url.Parse(s)
		if err != nil || u.User != nil || u.Fragment != "" {
			t.Fatalf("link %q: %v", s, err)
		}
		if origin := u.Scheme + "://" + strings.TrimSuffix(u.Host, ":443"); !slices.Contains([]string{"https://kite.zerodha.com", "https://mcp.kite.trade", "http://127.0.0.1:4567", "https://127.0.0.1:4567"}, origin) {
			t.Fatalf("link to %s", origin)
		}
		if again, err := kite.ParseLink(s, ourSession, hosts); err != nil || again != link {
			t.Fatalf("the link by itself: %v", err)
		}
	})
}
