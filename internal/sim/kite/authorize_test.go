package kite_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"kitebot/internal/sim/kite"
)

func TestOldLinksLeadStraightToKite(t *testing.T) {
	w := startServer(t, func(o *kite.Options) { o.Version = kite.Old })
	id := w.initialize()
	text := w.call(id, "login", `{}`).text
	link := linkIn(t, text)
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if u.Path != "/connect/login" || q.Get("api_key") != "kitemcp" || q.Get("v") != "3" || strings.Count(text, link) != 2 ||
		!strings.HasPrefix(q.Get("redirect_params"), "session_id="+id+"|1795149000.") || !strings.HasSuffix(link, "%3D") {
		t.Errorf("link: %s", link)
	}
	if r := w.must("GET", "/authorize?session_id="+url.QueryEscape(strings.TrimPrefix(q.Get("redirect_params"), "session_id=")), ""); r.status != 404 {
		t.Errorf("the page of today: %d", r.status)
	}
	w.finish(link, "NK0001")
	if got := w.userOf(id); got != "NK0001" {
		t.Errorf("logged in as %q", got)
	}
	if got := w.sim.Version(); got != kite.Old {
		t.Errorf("version %d", got)
	}
}

func TestPageBetweenLinkAndKite(t *testing.T) {
	w := startServer(t)
	id := w.initialize()
	link := linkIn(t, w.call(id, "login", `{}`).text)
	first := w.kitePage(link)
	if again := w.kitePage(link); again != first || !strings.HasPrefix(first, w.web.URL+"/connect/login?api_key=kitemcp&v=3&redirect_params=session_id%3D"+id+"%7C") {
		t.Errorf("the page leads to %s, then to %s", first, again)
	}
	page := w.must("GET", strings.TrimPrefix(link, w.web.URL), "")
	for _, want := range []string{"<title>Continue to Kite</title>", "artificial intelligence", "risk"} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if page.header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("content type %q", page.header.Get("Content-Type"))
	}
	w.finish(link, "MK4021")
	if got := w.userOf(id); got != "MK4021" {
		t.Errorf("logged in as %q", got)
	}
}

func TestPageBetweenRefuses(t *testing.T) {
	w := startServer(t)
	id := w.initialize()
	link := strings.TrimPrefix(linkIn(t, w.call(id, "login", `{}`).text), w.web.URL)
	ended := w.initialize()
	dead := strings.TrimPrefix(linkIn(t, w.call(ended, "login", `{}`).text), w.web.URL)
	w.must("DELETE", "/mcp", "", "Mcp-Session-Id", ended)
	w.clock.add(35 * time.Minute)
	if r := w.must("GET", link, ""); r.status != 200 {
		t.Errorf("at 35 minutes: %d %q", r.status, r.body)
	}
	check := func(name, path, want string) {
		t.Helper()
		r := w.must("GET", path, "")
		if r.status != 400 || r.body != want || r.header.Get("Content-Type") != "text/plain; charset=utf-8" {
			t.Errorf("%s: %d %q, want 400 %q", name, r.status, r.body, want)
		}
	}
	check("missing", "/authorize", "missing or invalid session_id\n")
	check("unsigned", "/authorize?session_id="+id, "missing or invalid session_id\n")
	check("cut", link[:len(link)-8], "missing or invalid session_id\n")
	check("tampered", strings.Replace(link, "kitemcp-", "kitemcp-0", 1), "missing or invalid session_id\n")
	check("terminated", dead, "session error\n")
	w.clock.add(time.Second)
	check("expired", link, "missing or invalid session_id\n")
}
