package kite_test

import (
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

func TestDefaultUserAgentsAreViolations(t *testing.T) {
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

// login asks the login tool of a Hybrid.
func (p *session) login() string {
	p.f.t.Helper()
	return parseResult(p.f.t, event(p.f.t, p.post(callBody(1, "login", "{}")))).text
}

func TestHybridTakesBothWays(t *testing.T) {
	w := newNext(t, func(o *kite.Options) { o.Hybrid = true })
	p := w.openSession("")
	list := event(t, p.post(rpc(1, "tools/list", nil)))
	if strings.Count(list, `"inputSchema"`) != 8 || !strings.Contains(list, `"name":"login"`) || !strings.Contains(list, `"name":"portfolio"`) {
		t.Errorf("tools: %s", list)
	}
	if r := w.must("GET", "/.well-known/oauth-protected-resource", ""); r.status != 200 {
		t.Errorf("document: %d", r.status)
	}
	expect(t, p.call("portfolio", "profile", ""), "not logged into Kite. Please authenticate via the OAuth flow", true)
	link := linkIn(t, p.login())
	w.completeLogin(link, "MK4021")
	if got := p.user(); got != "MK4021" {
		t.Errorf("in band: %q", got)
	}
	if got := p.login(); got != "You are already logged in as Meera Krishnan" {
		t.Errorf("login again: %s", got)
	}
	if got := p.call("session", "status", ""); object(t, got.text)["session_id"] != p.session {
		t.Errorf("status: %s", got.text)
	}
	if got := w.sim.LoginLinks(); len(got) != 1 || got[0] != link {
		t.Errorf("links: %q", got)
	}
	w.noViolations()
	w.sim.Restart()
	if status, body := w.sim.CompleteLogin(t.Context(), link, "MK4021"); status != 400 || body != "invalid request\n" {
		t.Errorf("an old link: %d %q", status, body)
	}
}

func TestHybridWithABearer(t *testing.T) {
	w := newNext(t, func(o *kite.Options) { o.Hybrid = true })
	p, other := w.openSession(""), w.signIn("AD7730")
	if got := other.user(); got != "AD7730" {
		t.Errorf("with a bearer: %q", got)
	}
	if r := (&session{f: w, session: other.session}).post(rpc(1, "ping", nil)); r.status != http.StatusForbidden {
		t.Errorf("a session with a bearer, without it: %d", r.status)
	}
	other.call("session", "logout", "")
	if status, _ := w.sim.CompleteLogin(t.Context(), linkIn(t, other.login()), "AD7730"); status != 400 {
		t.Errorf("an in-band link for a session that has a bearer: %d", status)
	}
	if r := (&session{f: w, bearer: "garbage", session: p.session}).post(rpc(1, "ping", nil)); r.status != http.StatusUnauthorized {
		t.Errorf("a bad bearer: %d", r.status)
	}
	w.noViolations()
}

func TestDocumentsBesideTheOldTools(t *testing.T) {
	for _, version := range []kite.Version{kite.Today, kite.Old} {
		w := startServer(t, func(o *kite.Options) { o.OAuthDocuments, o.Version = true, version })
		for _, path := range []string{"/.well-known/oauth-protected-resource", "/.well-known/oauth-authorization-server"} {
			if r := w.must("GET", path, ""); r.status != 200 || !strings.Contains(r.body, w.web.URL) {
				t.Errorf("%s: %d %s", path, r.status, r.body)
			}
		}
		if r := w.must("POST", "/register", "{}"); r.status != 404 {
			t.Errorf("register: %d", r.status)
		}
		if got := w.userBehind(w.loggedIn("MK4021")); got != "MK4021" {
			t.Errorf("logged in as %q", got)
		}
	}
}

func TestOtherTools(t *testing.T) {
	today := startServer(t, func(o *kite.Options) { o.OtherTools = true })
	id := today.initialize()
	next := newNext(t, func(o *kite.Options) { o.OtherTools = true })
	p := next.signIn("MK4021")
	for _, list := range []string{today.post(id, rpc(1, "tools/list", nil)).body, p.post(rpc(1, "tools/list", nil)).body} {
		if strings.Count(list, `"inputSchema"`) != 2 || strings.Contains(list, "get_") || strings.Contains(list, "portfolio") {
			t.Errorf("tools: %s", list)
		}
	}
	if r := today.call(id, "get_holdings", `{}`); r.code != -32602 {
		t.Errorf("a tool of ours: %+v", r)
	}
	expect(t, today.call(id, "roll_dice", `{}`), "42", false)
	expect(t, parseResult(t, event(t, p.post(callBody(1, "roll_dice", "{}")))), "42", false)
	for w, want := range map[*fixture]int{today: 2, next: 1} {
		v := w.sim.Violations()
		if len(v) != want || v[want-1] != "mcp: call of roll_dice, which has nothing to do with accounts" {
			t.Errorf("violations: %q", v)
		}
	}
}

func TestSwitchingOver(t *testing.T) {
	w := startServer(t)
	s := w.open()
	id := w.loggedIn("MK4021")
	link := linkIn(t, w.call(w.initialize(), "login", `{}`).text)
	page := w.callbackOf(w.kitePage(link), "user_id=AD7730")
	w.sim.SetVersion(kite.Next)
	if err := s.ended(); err == nil {
		t.Error("the stream goes on")
	}
	for range 20 {
		if r := w.post(id, callBody(1, "get_profile", "{}")); r.status != http.StatusUnauthorized || r.body != "no bearer token\n" {
			t.Fatalf("an old session: %d %q", r.status, r.body)
		}
	}
	if r := w.must("GET", strings.TrimPrefix(link, w.web.URL), ""); r.status != 400 || r.body != "invalid request\n" {
		t.Errorf("a link under way: %d %q", r.status, r.body)
	}
	if r := w.must("GET", page, ""); r.status != 400 || r.body != "authorization failed\n" {
		t.Errorf("a callback under way: %d %q", r.status, r.body)
	}
	p := w.signIn("MK4021")
	if n := w.sim.EndKiteLogins("MK4021"); n != 2 {
		t.Errorf("%d logins at Kite, want those of both versions", n)
	}
	w.noViolations()
	w.sim.SetVersion(kite.Today)
	if r := p.post(rpc(1, "ping", nil)); r.status != 400 || r.body != "Invalid session ID\n" {
		t.Errorf("a session of the rewrite: %d %q", r.status, r.body)
	}
	r := p.post(rpc(1, "initialize", map[string]any{}), "Mcp-Session-Id", "")
	if r.status != 200 || !strings.HasPrefix(r.header.Get("Mcp-Session-Id"), "kitemcp-") {
		t.Errorf("a bearer is ignored: %d %q", r.status, r.body)
	}
	w.sim.SetVersion(kite.Next)
	if r := p.post(rpc(1, "ping", nil)); r.status != 404 || r.body != "session not found\n" {
		t.Errorf("the bearer after two deployments: %d %q", r.status, r.body)
	}
}
