package kite_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// kitePage follows the page between a login link and Kite over the socket and returns the address of Kite's page.
func (w *fixture) kitePage(link string) string {
	w.t.Helper()
	r := w.must("GET", strings.TrimPrefix(link, w.web.URL), "")
	onward := regexp.MustCompile(`<a [^>]*href="([^"]+)">Continue to Kite login</a>`).FindAllStringSubmatch(r.body, -1)
	if r.status != http.StatusOK || len(onward) != 1 || strings.Count(r.body, "<a ") != 1 {
		w.t.Fatalf("the page between: %d %s", r.status, r.body)
	}
	return html.UnescapeString(onward[0][1])
}

// callbackOf plays Kite's page over the socket and returns the address it sends the browser to.
func (w *fixture) callbackOf(link, form string) string {
	w.t.Helper()
	path := strings.TrimPrefix(link, w.web.URL)
	r := w.must("POST", path, form, "Content-Type", "application/x-www-form-urlencoded")
	if r.status != http.StatusFound {
		w.t.Fatalf("login page: %d %s", r.status, r.body)
	}
	return strings.TrimPrefix(r.header.Get("Location"), w.web.URL)
}

func TestLoginText(t *testing.T) {
	w := startServer(t)
	id := w.initialize()
	r := w.call(id, "login", `{}`)
	link := linkIn(t, r.text)
	if r.isError || strings.Count(r.text, link) != 2 || !strings.Contains(r.text, "[Login to Kite]("+link+")") ||
		!strings.HasPrefix(r.text, "IMPORTANT: Please display this warning to the user before proceeding:\n\n⚠️ **WARNING: ") {
		t.Errorf("text: %q", r.text)
	}
	for query := range strings.SplitSeq(strings.TrimPrefix(link, w.web.URL+"/authorize?"), "&") {
		if !regexp.MustCompile(`^session_id=` + id + `%7C1795149000\.[A-Za-z0-9_-]{43}%3D$`).MatchString(query) {
			t.Errorf("link: %s", link)
		}
	}
	if got := w.sim.LoginLinks(); len(got) != 1 || got[0] != link {
		t.Errorf("links: %q", got)
	}
}

func TestLoginPage(t *testing.T) {
	w := startServer(t)
	link := w.kitePage(linkIn(t, w.call(w.initialize(), "login", `{}`).text))
	page := w.must("GET", strings.TrimPrefix(link, w.web.URL), "")
	for _, want := range []string{
		"Simulated Kite login &ndash; made-up accounts", `value="MK4021"`, `value="AD7730"`, `value="NK0001"`,
		"Arjun D&#39;Souza &lt;ADS &amp; Co&gt;", "Cancel", "width=device-width",
	} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	action := regexp.MustCompile(`<form method="post" action="([^"]+)"`).FindStringSubmatch(page.body)
	if action == nil {
		t.Fatalf("no form in %s", page.body)
	}
	if back := w.callbackOf(html.UnescapeString(action[1]), "user_id=NK0001"); !strings.HasPrefix(back, "/callback?") {
		t.Errorf("the form leads to %s", back)
	}
	if r := w.must("GET", "/connect/login?api_key=other&v=3", ""); r.status != 400 {
		t.Errorf("a foreign link: %d", r.status)
	}
	if status, _ := w.sim.CompleteLogin(t.Context(), link, "XX9999"); status != 400 {
		t.Errorf("an unknown account: %d", status)
	}
}

func TestLinksPointAtTheHostThatWasAsked(t *testing.T) {
	w := startServer(t)
	w.sim.SetBaseURL("")
	if link := linkIn(t, w.call(w.initialize(), "login", `{}`).text); !strings.HasPrefix(link, w.web.URL+"/authorize?") {
		t.Errorf("link: %s", link)
	}
	w.sim.SetBaseURL("http://127.0.0.1:4567/")
	if link := linkIn(t, w.call(w.initialize(), "login", `{}`).text); !strings.HasPrefix(link, "http://127.0.0.1:4567/authorize?") {
		t.Errorf("link: %s", link)
	}
}

func TestCallbackTakesAnyMethod(t *testing.T) {
	for _, method := range []string{"GET", "POST", "HEAD"} {
		w := startServer(t)
		id := w.initialize()
		back := w.callbackOf(w.kitePage(linkIn(t, w.call(id, "login", `{}`).text)), "user_id=MK4021")
		q, _ := url.ParseQuery(back[strings.Index(back, "?")+1:])
		if !strings.HasPrefix(back, "/callback?") || q.Get("status") != "success" || q.Get("action") != "login" || q.Get("type") != "login" {
			t.Errorf("redirect to %s", back)
		}
		r := w.must(method, back, "")
		if r.status != 200 || r.header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s: %d %s", method, r.status, r.header.Get("Content-Type"))
		}
		if method != "HEAD" {
			for _, want := range []string{
				"Login Successful", "Authentication Complete", "You can close this tab.",
				"Your login was successful. You can now return to your MCP client to continue your session.",
			} {
				if !strings.Contains(r.body, want) {
					t.Errorf("the page lacks %q", want)
				}
			}
		}
		if got := w.userOf(id); got != "MK4021" {
			t.Errorf("%s: logged in as %q", method, got)
		}
		if r := w.must("GET", back, ""); r.status != 500 || r.body != "error completing Kite session\n" {
			t.Errorf("reload: %d %q", r.status, r.body)
		}
		if got := w.userOf(id); got != "MK4021" {
			t.Errorf("after the reload: %q", got)
		}
	}
}

func TestCallbackRefusals(t *testing.T) {
	w := startServer(t)
	id := w.initialize()
	link := w.kitePage(linkIn(t, w.call(id, "login", `{}`).text))
	good := w.callbackOf(link, "user_id=MK4021")
	signed := url.QueryEscape(mustQuery(t, good).Get("session_id"))
	for name, c := range map[string]struct {
		path   string
		status int
	}{
		"nothing":           {"/callback", 400},
		"cancelled":         {w.callbackOf(link, "cancel=1"), 400},
		"no session":        {"/callback?request_token=x", 400},
		"no token":          {"/callback?session_id=" + signed, 400},
		"tampered":          {strings.Replace(good, "kitemcp-", "kitemcp-0", 1), 400},
		"cut":               {good[:len(good)-60], 400},
		"token of nobody":   {"/callback?request_token=x&session_id=" + signed, 500},
		"signed but no mac": {"/callback?request_token=x&session_id=" + id, 400},
	} {
		want := map[int]string{400: "missing MCP session_id or Kite request_token\n", 500: "error completing Kite session\n"}[c.status]
		if r := w.must("GET", c.path, ""); r.status != c.status || r.body != want {
			t.Errorf("%s: %d %q, want %d", name, r.status, r.body, c.status)
		}
	}
	if status, _ := w.sim.CompleteLogin(t.Context(), link, ""); status != 400 {
		t.Errorf("cancel: %d", status)
	}
	if got := w.userOf(id); got != "" {
		t.Errorf("logged in as %q", got)
	}
}

func mustQuery(t *testing.T, address string) url.Values {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

func TestLinksLiveThirtyFiveMinutes(t *testing.T) {
	w := startServer(t)
	a, b := w.initialize(), w.initialize()
	linkA, linkB := linkIn(t, w.call(a, "login", `{}`).text), linkIn(t, w.call(b, "login", `{}`).text)
	w.clock.add(35 * time.Minute)
	w.finish(linkA, "MK4021")
	w.clock.add(time.Second)
	if status, body := w.sim.CompleteLogin(t.Context(), linkB, "MK4021"); status != 400 || body != "missing or invalid session_id\n" {
		t.Errorf("after 35 min: %d %q", status, body)
	}
}

func TestOlderLinksStayGoodAndAccountsAreReplacedSilently(t *testing.T) {
	w := startServer(t)
	id := w.initialize()
	first := linkIn(t, w.call(id, "login", `{}`).text)
	same := linkIn(t, w.call(id, "login", `{}`).text)
	w.clock.add(time.Minute)
	later := linkIn(t, w.call(id, "login", `{}`).text)
	if first != same || first == later {
		t.Errorf("links: %q %q %q", first, same, later)
	}
	if v := w.sim.Violations(); len(v) != 2 || !strings.Contains(v[1], "1m0s old") {
		t.Errorf("violations: %q", v)
	}
	w.finish(first, "MK4021")
	expect(t, w.call(id, "login", `{}`), "You are already logged in as Meera Krishnan", false)
	w.finish(later, "AD7730")
	if got := w.userOf(id); got != "AD7730" {
		t.Errorf("logged in as %q, want the second account", got)
	}
}
