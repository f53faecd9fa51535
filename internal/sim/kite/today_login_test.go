package kite_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"kitebot/internal/sim/kite"
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
		if got := w.userBehind(id); got != "MK4021" {
			t.Errorf("%s: logged in as %q", method, got)
		}
		if r := w.must("GET", back, ""); r.status != 500 || r.body != "error completing Kite session\n" {
			t.Errorf("reload: %d %q", r.status, r.body)
		}
		if got := w.userBehind(id); got != "MK4021" {
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
	if got := w.userBehind(id); got != "" {
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
	w.completeLogin(linkA, "MK4021")
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
	w.completeLogin(first, "MK4021")
	expect(t, w.call(id, "login", `{}`), "You are already logged in as Meera Krishnan", false)
	w.completeLogin(later, "AD7730")
	if got := w.userBehind(id); got != "AD7730" {
		t.Errorf("logged in as %q, want the second account", got)
	}
}

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
	w.completeLogin(link, "NK0001")
	if got := w.userBehind(id); got != "NK0001" {
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
	w.completeLogin(link, "MK4021")
	if got := w.userBehind(id); got != "MK4021" {
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

func TestLoginWithAHiccupDestroysTheLogin(t *testing.T) {
	for _, kind := range []kite.FaultKind{kite.UpstreamFailure, kite.UpstreamHang} {
		w := startServer(t)
		id := w.loggedIn("MK4021")
		w.clock.add(time.Hour)
		w.sim.Inject(kite.Fault{Kind: kind, Tool: "get_profile", Times: 1, After: time.Millisecond})
		expect(t, w.call(id, "get_profile", `{}`), "Failed to execute get_profile", true)
		if got := w.userBehind(id); got != "MK4021" {
			t.Fatalf("a hiccup of a read tool logged out: %q", got)
		}
		w.sim.Inject(kite.Fault{Kind: kind, Tool: "login", Times: 1, After: time.Millisecond})
		linkIn(t, w.call(id, "login", `{}`).text)
		expect(t, w.call(id, "get_profile", `{}`), "Failed to execute get_profile", true)
		if n := w.sim.EndKiteLogins("MK4021"); n != 0 {
			t.Errorf("%d access tokens are alive at Kite", n)
		}
	}
}

func TestLoginDuringTheBrowserLoginDeletesTheFreshToken(t *testing.T) {
	w := startServer(t)
	id := w.initialize()
	link := linkIn(t, w.call(id, "login", `{}`).text)

	// The profile check of the second login hangs while the browser finishes.
	asked, release := make(chan struct{}), make(chan struct{})
	w.sim.Inject(kite.Fault{Kind: kite.UpstreamHang, Tool: "login", Times: 1, Until: release, OnHit: func() { close(asked) }})
	second := w.async("POST", "/mcp", callBody(1, "login", "{}"), "Content-Type", "application/json", "Mcp-Session-Id", id)
	<-asked
	w.completeLogin(link, "MK4021")
	close(release)
	got := <-second
	if got.err != nil {
		t.Fatal(got.err)
	}
	linkIn(t, parseResult(t, got.body).text)
	expect(t, w.call(id, "get_profile", `{}`), "Failed to execute get_profile", true)
	if n := w.sim.EndKiteLogins("MK4021"); n != 0 {
		t.Errorf("the fresh access token is alive at Kite")
	}
}

func TestLoginWhileTheCallbackAsksKite(t *testing.T) {
	w := startServer(t)
	id := w.initialize()
	link := linkIn(t, w.call(id, "login", `{}`).text)

	asked, release := make(chan struct{}), make(chan struct{})
	w.sim.Inject(kite.Fault{Kind: kite.Delay, Op: kite.OpCallback, Times: 1, Until: release, OnHit: func() { close(asked) }})
	page := make(chan int, 1)
	go func() {
		status, _ := w.sim.CompleteLogin(t.Context(), link, "MK4021")
		page <- status
	}()
	<-asked
	linkIn(t, w.call(id, "login", `{}`).text)
	close(release)
	if status := <-page; status != 200 {
		t.Errorf("the browser says %d, want success", status)
	}
	expect(t, w.call(id, "get_profile", `{}`), "Failed to execute get_profile", true)
	if n := w.sim.EndKiteLogins("MK4021"); n != 1 {
		t.Errorf("%d access tokens at Kite, want the one that nobody holds", n)
	}
}

func TestCallbackUpstreamFaults(t *testing.T) {
	for _, kind := range []kite.FaultKind{kite.UpstreamFailure, kite.UpstreamHang} {
		w := startServer(t)
		id := w.initialize()
		link := linkIn(t, w.call(id, "login", `{}`).text)
		w.sim.Inject(kite.Fault{Kind: kind, Op: kite.OpCallback, Times: 1, After: time.Millisecond})
		if status, body := w.sim.CompleteLogin(t.Context(), link, "MK4021"); status != 500 || body != "error completing Kite session\n" {
			t.Errorf("%d %q", status, body)
		}
		w.completeLogin(link, "MK4021")
	}
}

func TestNullProfileLooksLoggedIn(t *testing.T) {
	w := startServer(t)
	id := w.loggedIn("MK4021")
	w.sim.Inject(kite.Fault{Kind: kite.UpstreamNull, Tool: "login"})
	expect(t, w.call(id, "login", `{}`), "You are already logged in as ", false)
}
