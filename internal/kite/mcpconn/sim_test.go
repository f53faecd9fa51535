package mcpconn_test

import (
	"cmp"
	"context"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kitebot/internal/kite/mcpconn"
	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/symbol"
	"kitebot/internal/kite/wire"
	sim "kitebot/internal/sim/kite"
	"kitebot/internal/sim/kite/sample"
)

// place is a simulated server with a Dialer to it.
type place struct {
	*sim.Server
	*mcpconn.Dialer
	log      *logbook
	surfaces chan string // what the meter counted of
	allowed  []string    // violations that may be
}

// Tool and Surface make a meter of a place.
func (p *place) Tool(string, string, time.Duration, string) {}
func (p *place) Surface(name string)                        { p.surfaces <- name }

// shows waits until the server was seen to be like that.
func (p *place) shows(t *testing.T, want string) {
	t.Helper()
	for late := time.After(waitLimit); ; {
		select {
		case got := <-p.surfaces:
			if got == want {
				return
			}
		case <-late:
			t.Fatalf("the server was not seen to be %q", want)
		}
	}
}

// newPlace makes a place, at the path that is given as the URL of the options. At the end the server must have seen nothing that a
// well-behaved client does not do, and the log must hold nothing secret.
func newPlace(t *testing.T, so sim.Options, o mcpconn.Options) *place {
	t.Helper()
	so.CheckUserAgent = true
	p := &place{Server: sim.New(so), surfaces: make(chan string, 100)}
	web := httptest.NewServer(p.Server)
	t.Cleanup(web.Close)
	t.Cleanup(p.Server.Close)
	o.URL, o.Meter = web.URL+cmp.Or(o.URL, "/sse"), p
	p.Dialer, p.log = newDialer(t, o)
	t.Cleanup(func() {
		p.Close()
		if v := slices.DeleteFunc(p.Violations(), func(v string) bool { return slices.Contains(p.allowed, v) }); len(v) != 0 {
			t.Errorf("violations: %v", v)
		}
		for _, secret := range slices.Concat(p.Server.Bearers(), p.Codes(), p.LoginLinks()) {
			if strings.Contains(p.log.String(), secret) {
				t.Error("the log holds a secret")
			}
		}
	})
	return p
}

// Close closes the Dialer, which is closed again at the end.
func (p *place) Close() { p.Dialer.Close() }

// enter makes a login by OAuth, as a person does who pastes the address.
func (p *place) enter(t *testing.T, user string) session.Credential {
	t.Helper()
	a := p.attempt(t, user)
	h, err := p.Redeem(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// attempt is an attempt with its code.
func (p *place) attempt(t *testing.T, user string) session.Attempt {
	t.Helper()
	a, link, err := p.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	back, status := p.Authorize(t.Context(), link.Reveal(), user)
	u, err := url.Parse(back)
	if err != nil || status != 302 || !strings.HasPrefix(back, a.Redirect+"?") || u.Query().Get("state") != a.State {
		t.Fatalf("the browser ended with %d, and not where it should", status)
	}
	a.Code = u.Query().Get("code")
	return a
}

// TestWholeLogin goes through a session's life with the simulated server: login
// over a stream, the stream lost, taken up again over /mcp, ended.
func TestWholeLogin(t *testing.T) {
	p := newPlace(t, sim.Options{PingEvery: time.Millisecond}, mcpconn.Options{})
	conn := open(t, p.Dialer)
	logIn(t, p.Server, conn, firstUser())
	wantProfile(t, conn, firstUser())

	if n := p.DropStreams(); n != 1 {
		t.Fatalf("%d streams, want 1", n)
	}
	closes(t, "Lost", conn.Lost())
	_, err := conn.Call(t.Context(), query.Profile())
	wantKind(t, err, wire.KindUnreachable)
	resumed := p.Resume(credential(conn.ID()), nil)
	wantProfile(t, resumed, firstUser())

	// The second time the server knows that it is over; the last one it never knew.
	for _, id := range []session.ID{conn.ID(), conn.ID(), session.NewID("6f6d1c8e-0000-4000-8000-000000000000")} {
		wantKind(t, p.End(t.Context(), credential(id)), wire.KindUnknown)
	}
	_, err = resumed.Call(t.Context(), query.Profile())
	wantKind(t, err, wire.KindEnded)
}

// logIn calls login and plays the browser.
func logIn(t *testing.T, fakeServer *sim.Server, conn session.Conn, user string) {
	t.Helper()
	if _, err := conn.Call(t.Context(), query.Login()); err != nil {
		t.Fatal(err)
	}
	links := fakeServer.LoginLinks()
	if status, body := fakeServer.CompleteLogin(t.Context(), links[len(links)-1], user); status != 200 {
		t.Fatalf("browser login: %d %s", status, body)
	}
}

func wantProfile(t *testing.T, conn session.Conn, user string) {
	t.Helper()
	text, err := conn.Call(t.Context(), query.Profile())
	if err != nil || !strings.Contains(text, user) {
		t.Errorf("profile = %q, %v; want that of %s", text, err, user)
	}
}

// TestRestartedServer: a restart forgets every session, and says so over /mcp. Until then
// it is told which tools there are, over a stream, over /mcp, and on a session that was
// resumed without any handshake.
func TestRestartedServer(t *testing.T) {
	for _, path := range []string{"/sse", "/mcp"} {
		p := newPlace(t, sim.Options{}, mcpconn.Options{URL: path})
		conn := open(t, p.Dialer)
		resumed := p.Resume(credential(conn.ID()), nil)
		logIn(t, p.Server, conn, firstUser())
		for _, c := range []session.Conn{conn, resumed} {
			text, err := c.Call(t.Context(), query.ToolList())
			if err != nil || !strings.Contains(text, `"get_holdings"`) || !strings.Contains(text, `"inputSchema"`) {
				t.Errorf("%s: %.80q, %v", path, text, err)
			}
		}
		p.Restart()
		_, err := resumed.Call(t.Context(), query.Profile())
		wantKind(t, err, wire.KindEnded)
		wantKind(t, p.End(t.Context(), credential(conn.ID())), wire.KindUnknown)
	}
}

// TestMixedStates: whatever state the server is found in, it is known what it wants.
func TestMixedStates(t *testing.T) {
	for name, test := range map[string]struct {
		options sim.Options
		opened  wire.Kind // KindUnknown: it is, and a login by its tool works
		name    string
	}{
		"today":                     {sim.Options{}, 0, "tools"},
		"the old links":             {sim.Options{Version: sim.Old}, 0, "tools"},
		"today without streams":     {sim.Options{NoSSE: true}, 0, "tools"},
		"today with documents":      {sim.Options{OAuthDocuments: true}, 0, "tools"},
		"today, fewer tools":        {sim.Options{NoOrderTools: true}, 0, "tools"},
		"today, other tools":        {sim.Options{OtherTools: true}, wire.KindUnknownServer, "unfamiliar"},
		"next":                      {sim.Options{Version: sim.Next}, wire.KindAuthorize, "OAuth"},
		"next, not quoted":          {sim.Options{Version: sim.Next, UnquotedMetadata: true}, wire.KindAuthorize, "OAuth"},
		"next, early":               {sim.Options{Version: sim.Next, EarlyNext: true}, wire.KindAuthorize, "OAuth"},
		"a hybrid":                  {sim.Options{Version: sim.Next, Hybrid: true}, 0, "tools with modes"},
		"nothing":                   {sim.Options{NoSSE: true, NoMCP: true}, wire.KindNotServed, "not looked at yet"},
		"next, other tools, hybrid": {sim.Options{Version: sim.Next, Hybrid: true, OtherTools: true}, wire.KindUnknownServer, "unfamiliar"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, test.options, mcpconn.Options{})
			conn, err := p.Open(t.Context())
			if wire.KindOf(err) != test.opened || (err == nil) != (test.opened == wire.KindUnknown) {
				t.Fatalf("Open: %v, want %v", err, test.opened)
			}
			if got := p.Dialer.Surface().Name(); got != test.name {
				t.Errorf("surface %q, want %q", got, test.name)
			}
			switch test.opened {
			case wire.KindUnknown:
				logIn(t, p.Server, conn, firstUser())
				wantProfile(t, conn, firstUser())
				wantProfile(t, p.Resume(credential(conn.ID()), nil), firstUser())
				if err := p.End(t.Context(), credential(conn.ID())); err != nil {
					t.Errorf("End: %v", err)
				}
			case wire.KindAuthorize:
				wantProfile(t, p.Resume(p.enter(t, firstUser()), nil), firstUser())
			}
		})
	}
}

// wantEnded checks that a login is over, for a reason.
func wantEnded(t *testing.T, conn session.Conn, why wire.Ending) {
	t.Helper()
	_, err := conn.Call(t.Context(), query.Profile())
	if wire.KindOf(err) != wire.KindEnded || wire.EndingOf(err) != why {
		t.Errorf("Call: %v, ending %v, want ended, %v", err, wire.EndingOf(err), why)
	}
}

func firstUser() string { return sample.Accounts()[0].UserID() }

// TestWholeLoginByOAuth goes through the life of a login at the server that may
// come: found out, made, used by two connections in turn, ended.
func TestWholeLoginByOAuth(t *testing.T) {
	p := newPlace(t, sim.Options{Version: sim.Next}, mcpconn.Options{})
	if _, err := p.Open(t.Context()); wire.KindOf(err) != wire.KindAuthorize {
		t.Fatalf("Open: %v", err)
	}
	if s := p.Dialer.Surface(); !s.OAuth || s.Stream || s.Name() != "OAuth" {
		t.Errorf("surface %+v", s)
	}
	h, other := p.enter(t, firstUser()), p.enter(t, sample.Accounts()[1].UserID())
	if life := h.Ends.Sub(h.Since); life != 24*time.Hour || !h.Session.IsBearer() {
		t.Errorf("a login of %v", life)
	}
	conn := p.Resume(h, func(mcp session.ID) { h.MCP = mcp })
	wantProfile(t, conn, firstUser())
	for _, q := range []query.Query{query.Holdings(), query.Positions(), query.Alerts(), query.Instruments("INFY", "id"), query.ToolList()} {
		if text, err := conn.Call(t.Context(), q); err != nil || text == "" {
			t.Errorf("%s: %v", q.Name(), err)
		}
	}
	for _, q := range []query.Query{query.BSECode(500991), query.ISIN("INE105S01068")} {
		text, err := conn.Call(t.Context(), q)
		found, bad := symbol.DecodeInstruments(text)
		if err != nil || bad != nil || !found.Has("BSE:ITC") || q.Key() == query.BSECode(500991).Key() && len(found.Found) != 1 {
			t.Errorf("%s: %v, %v, %v", q.Key(), found, err, bad)
		}
	}
	if _, err := conn.Call(t.Context(), query.BSECode(999999)); wire.KindOf(err) != wire.KindBadArgument {
		t.Errorf("a number that no share has: %v", err)
	}
	wantProfile(t, p.Resume(other, func(mcp session.ID) { other.MCP = mcp }), sample.Accounts()[1].UserID())
	conn.Close()
	again := p.Resume(h, func(session.ID) { t.Error("another MCP session was made") })
	wantProfile(t, again, firstUser())
	for range 2 {
		if err := p.End(t.Context(), h); err != nil {
			t.Errorf("End: %v", err)
		}
	}
	wantEnded(t, p.Resume(h, nil), wire.EndLost)
	wantProfile(t, p.Resume(other, nil), sample.Accounts()[1].UserID())
	if grants := p.Grants(); len(grants) != 1 {
		t.Errorf("%d grants are left, want the other one", len(grants))
	}
}

// TestTheServerIsSwitched: logins of the old kind are over at the first answer of
// the new server, and those of the new kind when it is switched back.
func TestTheServerIsSwitched(t *testing.T) {
	p := newPlace(t, sim.Options{}, mcpconn.Options{StreamRetry: time.Nanosecond, LookPause: time.Nanosecond})
	conn, err := p.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	logIn(t, p.Server, conn, firstUser())
	old := credential(conn.ID())
	wantProfile(t, p.Resume(old, nil), firstUser())

	p.SetVersion(sim.Next)
	wantEnded(t, p.Resume(old, nil), wire.EndSwitched)
	if err := p.End(t.Context(), old); err != nil {
		t.Errorf("End of an old login: %v", err)
	}
	if _, err := p.Open(t.Context()); wire.KindOf(err) != wire.KindAuthorize {
		t.Fatalf("Open: %v", err)
	}
	h := p.enter(t, firstUser())
	fresh := h
	wantProfile(t, p.Resume(h, func(mcp session.ID) { h.MCP = mcp }), firstUser())
	if text, err := p.Resume(h, nil).Call(t.Context(), query.Alerts()); err != nil {
		t.Errorf("alerts: %q, %v", text, err)
	}

	p.shows(t, "OAuth, tools with modes")

	p.SetVersion(sim.Today)
	wantEnded(t, p.Resume(h, nil), wire.EndSwitched)
	for _, h := range []session.Credential{h, fresh} {
		if err := p.End(t.Context(), h); err != nil {
			t.Errorf("End of a new login: %v", err)
		}
	}
	if conn, err = p.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	logIn(t, p.Server, conn, firstUser())
	wantProfile(t, conn, firstUser())
	if s := p.Dialer.Surface(); s.Name() != "tools" || !s.Stream || !s.Login {
		t.Errorf("surface %+v", s)
	}
}

// TestBearerWithoutASession: the server of today takes any bearer, and means
// no user by it.
func TestBearerWithoutASession(t *testing.T) {
	p := newPlace(t, sim.Options{Version: sim.Next}, mcpconn.Options{})
	p.allowed = []string{`mcp: call of "portfolio", a tool that is not listed`} // it gave out a bearer, so that is what it should have
	h := p.enter(t, firstUser())
	p.SetVersion(sim.Today)
	wantEnded(t, p.Resume(h, nil), wire.EndSwitched)
}

// TestWhatEndsABearer: a lost MCP session ends no login; a restart, the morning
// and time do, and each says so.
func TestWhatEndsABearer(t *testing.T) {
	now := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	var mu sync.Mutex
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	p := newPlace(t, sim.Options{Version: sim.Next, Now: clock, NoRateLimits: true}, mcpconn.Options{Now: clock})

	h := p.enter(t, firstUser())
	made := 0
	conn := p.Resume(h, func(session.ID) { made++ })
	wantProfile(t, conn, firstUser())
	p.Rest() // the look at the server, which the restart below would cut
	p.EndKiteLogins(firstUser())
	if _, err := conn.Call(t.Context(), query.Profile()); wire.KindOf(err) != wire.KindFailed {
		t.Errorf("Kite has dropped the login: %v", err)
	}
	_, err := conn.Call(t.Context(), query.Alerts())
	if wire.KindOf(err) != wire.KindEnded || wire.EndingOf(err) != wire.EndCutOff {
		t.Errorf("asked for alerts: %v", err)
	}

	h = p.enter(t, firstUser())
	conn = p.Resume(h, nil)
	wantProfile(t, conn, firstUser())
	p.Restart()
	wantEnded(t, conn, wire.EndLost)

	h = p.enter(t, firstUser())
	conn = p.Resume(h, nil)
	wantProfile(t, conn, firstUser())
	mu.Lock()
	now = now.Add(25 * time.Hour)
	mu.Unlock()
	wantEnded(t, conn, wire.EndExpired)
	if err := p.End(t.Context(), h); err != nil {
		t.Errorf("End: %v", err)
	}
	if made != 1 {
		t.Errorf("%d MCP sessions made for the first login", made)
	}
}

// TestOneBearerOneSession: connections side by side use one MCP session, and so
// do calls after it was lost.
func TestOneBearerOneSession(t *testing.T) {
	p := newPlace(t, sim.Options{Version: sim.Next}, mcpconn.Options{})
	h := p.enter(t, firstUser())
	var all sync.WaitGroup
	conns := make([]session.Conn, 20) // held: what is shared goes with the last of them
	for i := range conns {
		conns[i] = p.Resume(h, nil)
		all.Go(func() { wantProfile(t, conns[i], firstUser()) })
	}
	all.Wait()
	runtime.KeepAlive(conns)
	if n := len(p.Sessions()); n != 1 {
		t.Errorf("%d MCP sessions", n)
	}
}

// TestManyLoginsAtOnce: the server hands out few bearers at a time. The same code
// is good later.
func TestManyLoginsAtOnce(t *testing.T) {
	p := newPlace(t, sim.Options{Version: sim.Next}, mcpconn.Options{})
	a := p.attempt(t, firstUser())
	p.Inject(sim.Fault{Kind: sim.HTTPStatus, Op: sim.OpToken, Status: 429, Body: "Too Many Requests", Times: 1})
	if _, err := p.Redeem(t.Context(), a); wire.KindOf(err) != wire.KindLimited {
		t.Errorf("Redeem: %v", err)
	}
	h, err := p.Redeem(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	wantProfile(t, p.Resume(h, nil), firstUser())
}

// TestCallbackOrPaste: the callback is used where the operator of the server
// allows it.
func TestCallbackOrPaste(t *testing.T) {
	const callback = "https://bot.example.com/kite"
	for _, allowed := range []bool{true, false} {
		for _, limited := range []bool{true, false} {
			so := sim.Options{Version: sim.Next}
			if allowed {
				so.RedirectURIs = []string{callback}
			}
			p := newPlace(t, so, mcpconn.Options{Callback: callback})
			if limited {
				p.Inject(sim.Fault{Kind: sim.HTTPStatus, Op: sim.OpRegister, Status: 429, Body: "{}"})
			}
			a := p.attempt(t, firstUser())
			since, why := p.CallbackRefused()
			if (a.Redirect == callback) != allowed || a.Paste == allowed || since.IsZero() != allowed || (why == "") != allowed {
				t.Errorf("allowed %v, limited %v: paste %v, refused since %v: %s", allowed, limited, a.Paste, since, why)
			}
			h, err := p.Redeem(context.Background(), a)
			if err != nil {
				t.Fatal(err)
			}
			wantProfile(t, p.Resume(h, nil), firstUser())
		}
	}
}
