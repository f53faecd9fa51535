package mcpconn_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kitebot/internal/kite/mcpconn"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

const callback = "https://bot.example.com/kite"

// reply is an answer of a page.
type pageReply struct {
	status int
	body   string
}

// oauthServer is a server that makes logins by OAuth. Its replies may be replaced.
type oauthServer struct {
	*fakeServer
	register, authorize, token pageReply
	loopback                   bool // a redirect to the person's own machine is registered
	documents                  func(issuer string) (resource, server string)
}

const (
	tokenReply = `{"access_token":"` + secret + `.t.t","token_type":"Bearer","expires_in":3600}`
	clientID   = "0123456789abcdef0123456789abcdef"
)

func newOAuthServer(t *testing.T, configure func(*oauthServer)) *oauthServer {
	g := &oauthServer{
		register: pageReply{201, `{"client_id":"` + clientID + `"}`}, authorize: pageReply{200, "<html>"}, token: pageReply{200, tokenReply},
		documents: func(issuer string) (string, string) {
			return `{"resource":"` + issuer + `/mcp","authorization_servers":["` + issuer + `"]}`,
				strings.ReplaceAll(serverDocumentOf("", ""), "https://mcp.example.com", issuer)
		},
	}
	if configure != nil {
		configure(g)
	}
	page := func(answer func() pageReply) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			this := answer()
			if g.loopback && r.URL.Path == "/register" && strings.Contains(string(bodyOf(r)), "http://127.0.0.1:") {
				this = pageReply{201, `{"client_id":"` + clientID + `"}`}
			}
			w.WriteHeader(this.status)
			fmt.Fprint(w, this.body)
		}
	}
	g.fakeServer = newServer(t, func(f *fakeServer) {
		f.pages = map[string]http.HandlerFunc{
			"POST /register": page(func() pageReply { return g.register }), "GET /authorize": page(func() pageReply { return g.authorize }),
			"POST /token":                     page(func() pageReply { return g.token }),
			"GET " + mcpconn.ResourceDocument: page(func() pageReply { body, _ := g.documents(g.URL); return pageReply{200, body} }),
			"GET " + mcpconn.ServerDocument:   page(func() pageReply { _, body := g.documents(g.URL); return pageReply{200, body} }),
		}
	})
	return g
}

var readDocuments = []string{"GET " + mcpconn.ResourceDocument, "GET " + mcpconn.ServerDocument}

// begin prepares a login that has to be prepared, and checks its link.
func (g *oauthServer) begin(t *testing.T, d *mcpconn.Dialer) session.Attempt {
	t.Helper()
	a, link, err := d.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(link.Reveal())
	if err != nil || u.Scheme+"://"+u.Host+u.Path != g.URL+"/authorize" {
		t.Fatalf("the link leads to %s%s", u.Host, u.Path)
	}
	q, base64 := u.Query(), regexp.MustCompile(`^[A-Za-z0-9_-]{32,128}$`)
	if q.Get("state") != a.State || q.Get("client_id") != a.ClientID || q.Get("redirect_uri") != a.Redirect || q.Get("response_type") != "code" {
		t.Error("the link is of another attempt")
	}
	if q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43 || strings.Contains(link.Reveal(), a.Verifier) {
		t.Error("the link proves nothing, or too much")
	}
	if !base64.MatchString(a.State) || !base64.MatchString(a.Verifier) || len(a.Verifier) < 43 || a.Code != "" || a.Sent {
		t.Error("an attempt of other parts")
	}
	return a
}

// Attempts are prepared one after the other: the documents are read and we are
// registered once, and no two attempts have anything secret in common.
func TestBegin(t *testing.T) {
	g := newOAuthServer(t, nil)
	var l meterRecord
	d := g.dialer(t, "/sse", mcpconn.Options{Meter: &l})
	one, two := g.begin(t, d), g.begin(t, d)
	if one.State == two.State || one.Verifier == two.Verifier {
		t.Error("two attempts share a secret")
	}
	if !one.Paste || one.Redirect != "http://127.0.0.1:48127/kite" || one.ClientID != clientID || two.ClientID != clientID {
		t.Errorf("paste %v, redirect %q, clients %q and %q", one.Paste, one.Redirect, one.ClientID, two.ClientID)
	}
	if got := g.requests(); !slices.Equal(got, append(slices.Clone(readDocuments), "POST /register")) {
		t.Errorf("requests %v", got)
	}
	l.want(t, "authorize: ok", "authorize: ok")
}

// Where the browser ends is the callback, when the server takes it; else nowhere,
// and the operator hears of it once. A server that registers no one any more is
// asked by the page that begins a login.
func TestCallback(t *testing.T) {
	limited := pageReply{429, `{"error":"rate_limit_exceeded"}`}
	for name, test := range map[string]struct {
		register, authorize pageReply
		sure, refused       bool
		asked               []string // by two attempts
	}{
		"taken":               {pageReply{201, `{"client_id":"` + clientID + `"}`}, pageReply{}, true, false, []string{"POST /register"}},
		"refused":             {pageReply{400, `{"error":"invalid_redirect_uri"}`}, pageReply{}, false, true, []string{"POST /register", "POST /register"}},
		"limited, taken":      {limited, pageReply{200, "<html>"}, true, false, []string{"POST /register", "GET /authorize"}},
		"limited, sent on":    {limited, pageReply{302, ""}, true, false, []string{"POST /register", "GET /authorize"}},
		"limited, refused":    {limited, pageReply{400, "invalid request"}, false, true, []string{"POST /register", "GET /authorize", "POST /register"}},
		"limited, limited":    {limited, pageReply{429, "Too Many Requests"}, false, false, []string{"POST /register", "GET /authorize", "POST /register", "GET /authorize"}},
		"no metadata, taken":  {pageReply{400, `{"error":"invalid_client_metadata"}`}, pageReply{200, ""}, true, false, []string{"POST /register", "GET /authorize"}},
		"broken, taken":       {pageReply{500, "<html>"}, pageReply{200, ""}, true, false, []string{"POST /register", "GET /authorize"}},
		"nonsense, taken":     {pageReply{201, "hello"}, pageReply{200, ""}, true, false, []string{"POST /register", "GET /authorize"}},
		"no name for us":      {pageReply{201, `{"client_id":""}`}, pageReply{}, true, false, []string{"POST /register"}},
		"too good to be true": {pageReply{201, `{"client_id":"` + strings.Repeat("x", 300) + `"}`}, pageReply{}, true, false, []string{"POST /register"}},
	} {
		t.Run(name, func(t *testing.T) {
			g := newOAuthServer(t, func(g *oauthServer) { g.register, g.authorize = test.register, test.authorize })
			if test.refused { // the other redirect is taken
				g.loopback = true
			}
			d := g.dialer(t, "/sse", mcpconn.Options{Callback: callback})
			for range 2 {
				a := g.begin(t, d)
				want := map[bool]string{true: callback, false: mcpconn.PasteRedirect}[test.sure]
				if a.Redirect != want || a.Paste == test.sure || !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(a.ClientID) {
					t.Errorf("redirect %q, paste %v, client %q", a.Redirect, a.Paste, a.ClientID)
				}
			}
			if got := g.requests()[2:]; !slices.Equal(got, test.asked) {
				t.Errorf("requests %v, want %v", got, test.asked)
			}
			if since, why := d.CallbackRefused(); since.IsZero() == test.refused || (why != "") != test.refused {
				t.Errorf("refused since %v: %s", since, why)
			}
		})
	}
}

// A server that takes not even the person's own machine cannot be logged in to.
func TestNoRedirectIsTaken(t *testing.T) {
	g := newOAuthServer(t, func(g *oauthServer) { g.register = pageReply{400, `{"error":"invalid_redirect_uri"}`} })
	d := g.dialer(t, "/sse", mcpconn.Options{})
	for range 2 {
		_, _, err := d.Begin(t.Context())
		wantKind(t, err, wire.KindFailed)
	}
	if got := g.requests(); len(got) != 3 {
		t.Errorf("requests %v", got)
	}
}

// Documents that lead to another server are refused by its name, and it never
// hears of us.
func TestNothingIsSentElsewhere(t *testing.T) {
	var strayed atomic.Int64
	canary := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		strayed.Add(1)
		fmt.Fprint(w, tokenReply)
	}))
	defer canary.Close()
	for _, part := range []string{"authorization_servers", "resource", "issuer", "authorization_endpoint", "token_endpoint", "registration_endpoint", "challenge", "redirect"} {
		t.Run(part, func(t *testing.T) {
			g := newOAuthServer(t, nil)
			usual := g.documents
			g.documents = func(issuer string) (string, string) {
				replace := func(text string) string {
					return regexp.MustCompile(`"`+part+`":(\[?)"http://[0-9.:]+`).ReplaceAllString(text, `"`+part+`":$1"`+canary.URL)
				}
				one, two := usual(issuer)
				return replace(one), replace(two)
			}
			handler := g.Config.Handler
			g.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch {
				case part == "challenge" && r.URL.Path == "/mcp":
					w.Header().Set("WWW-Authenticate", `Bearer resource_metadata="`+canary.URL+`/x"`)
					w.WriteHeader(401)
				case part == "redirect" && r.URL.Path != "/mcp":
					http.Redirect(w, r, canary.URL+r.URL.Path, http.StatusTemporaryRedirect)
				default:
					handler.ServeHTTP(w, r)
				}
			})
			d := g.dialer(t, "/mcp", mcpconn.Options{Callback: callback})
			_, _ = d.Open(t.Context())
			_, link, err := d.Begin(t.Context())
			switch part {
			case "challenge":
				if err != nil || !strings.HasPrefix(link.Reveal(), g.URL+"/") {
					t.Errorf("Begin: %v", err)
				}
			case "redirect":
				wantKind(t, err, wire.KindUnreachable)
			default:
				if wantKind(t, err, wire.KindMalformed); !strings.Contains(err.Error(), canary.URL) {
					t.Errorf("Begin: %v, want the name of the server", err)
				}
			}
			_, _ = d.Redeem(t.Context(), someAttempt)
			for _, s := range g.record() {
				if part != "challenge" && s.path == "/token" {
					t.Error("the code was sent")
				}
			}
		})
	}
	if n := strayed.Load(); n != 0 {
		t.Errorf("%d requests went elsewhere", n)
	}
}

var someAttempt = session.Attempt{State: secret + "-s", Verifier: secret + "-v", ClientID: "c", Redirect: mcpconn.PasteRedirect, Code: secret + "-c"}

func TestRedeem(t *testing.T) {
	now := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		reply pageReply
		life  time.Duration // of the bearer
		want  wire.Kind     // when there is none
	}{
		"a bearer":        {pageReply{200, tokenReply}, time.Hour, 0},
		"no life":         {pageReply{200, strings.Replace(tokenReply, `,"expires_in":3600`, "", 1)}, 24 * time.Hour, 0},
		"a long life":     {pageReply{200, strings.Replace(tokenReply, "3600", "9000000000000000000", 1)}, 48 * time.Hour, 0},
		"a life before":   {pageReply{200, strings.Replace(tokenReply, "3600", "-1", 1)}, 24 * time.Hour, 0},
		"in small":        {pageReply{200, strings.Replace(tokenReply, "Bearer", "bearer", 1)}, time.Hour, 0},
		"of another type": {pageReply{200, strings.Replace(tokenReply, "Bearer", "mac", 1)}, 0, wire.KindMalformed},
		"of no type":      {pageReply{200, `{"access_token":"` + secret + `"}`}, 0, wire.KindMalformed},
		"empty":           {pageReply{200, `{"access_token":"","token_type":"Bearer"}`}, 0, wire.KindMalformed},
		"with a space":    {pageReply{200, `{"access_token":"a b` + secret + `","token_type":"Bearer"}`}, 0, wire.KindMalformed},
		"with a line":     {pageReply{200, `{"access_token":"a\nb","token_type":"Bearer"}`}, 0, wire.KindMalformed},
		"endless":         {pageReply{200, `{"access_token":"` + strings.Repeat("x", 4097) + `","token_type":"Bearer"}`}, 0, wire.KindMalformed},
		"a page":          {pageReply{200, "<html>" + secret}, 0, wire.KindMalformed},
		"too much":        {pageReply{200, strings.Repeat(" ", mcpconn.MaxDocument) + tokenReply}, 0, wire.KindMalformed},
		"an error in 200": {pageReply{200, `{"error":"` + secret + `"}`}, 0, wire.KindMalformed},
		"refused":         {pageReply{400, `{"error":"invalid_grant","error_description":"` + secret + `"}`}, 0, wire.KindFailed},
		"refused, odd":    {pageReply{400, `{"error":"invalid_request"}`}, 0, wire.KindFailed},
		"refused as us":   {pageReply{401, `{"error":"invalid_client"}`}, 0, wire.KindFailed},
		"limited":         {pageReply{429, "Too Many Requests"}, 0, wire.KindLimited},
		"blocked":         {pageReply{403, "<html>"}, 0, wire.KindBlocked},
		"not there":       {pageReply{404, ""}, 0, wire.KindNotServed},
		"away":            {pageReply{503, ""}, 0, wire.KindUnreachable},
		"moved":           {pageReply{302, ""}, 0, wire.KindUnreachable},
	} {
		t.Run(name, func(t *testing.T) {
			g := newOAuthServer(t, func(g *oauthServer) { g.token = test.reply })
			var l meterRecord
			d := g.dialer(t, "/sse", mcpconn.Options{Meter: &l, Now: func() time.Time { return now }})
			h, err := d.Redeem(t.Context(), someAttempt)
			if test.want != wire.KindUnknown {
				if wantKind(t, err, test.want); h != (session.Credential{}) {
					t.Error("a login with an error")
				}
			} else if want := (session.Credential{Session: session.NewBearer(secret + ".t.t"), Since: now, Ends: now.Add(test.life)}); err != nil || h != want {
				t.Errorf("Redeem = %v until %v, %v", h.Since, h.Ends, err)
			}
			checkExchange(t, g)
			if len(l.calls) != 1 || !strings.HasPrefix(l.calls[0], "token: ") {
				t.Errorf("told %q", l.calls)
			}
		})
	}
}

// checkExchange checks that the code was sent once, with its own attempt.
func checkExchange(t *testing.T, g *oauthServer) {
	t.Helper()
	var sent []seen
	for _, s := range g.record() {
		if s.path == "/token" {
			sent = append(sent, s)
		}
	}
	want := url.Values{
		"grant_type": {"authorization_code"}, "code": {someAttempt.Code}, "client_id": {someAttempt.ClientID},
		"redirect_uri": {someAttempt.Redirect}, "code_verifier": {someAttempt.Verifier},
	}
	if len(sent) != 1 || sent[0].body != want.Encode() {
		t.Errorf("sent %d times, or something else", len(sent))
	}
}

// A code that was not sent may be sent later; one that was may not.
func TestRedeemWithoutAnAnswer(t *testing.T) {
	g := newOAuthServer(t, nil)
	d := g.dialer(t, "/sse", mcpconn.Options{CallTimeout: 50 * time.Millisecond})
	for _, a := range []session.Attempt{{}, {State: "s", Verifier: "v", ClientID: "c", Redirect: "r"}} {
		_, err := d.Redeem(t.Context(), a)
		wantKind(t, err, wire.KindFailed)
	}
	if got := g.requests(); len(got) != 0 {
		t.Errorf("requests %v", got)
	}
	g.documents = func(string) (string, string) { panic(http.ErrAbortHandler) }
	_, err := d.Redeem(t.Context(), someAttempt)
	wantKind(t, err, wire.KindLimited)
	checkNotSent(t, g)

	late := newOAuthServer(t, nil)
	late.fakeServer.Config.Handler = slowToken(late.fakeServer.Config.Handler)
	_, err = late.dialer(t, "/sse", mcpconn.Options{CallTimeout: 100 * time.Millisecond}).Redeem(t.Context(), someAttempt)
	wantKind(t, err, wire.KindUnreachable)
	if checkExchange(t, late); !strings.Contains(err.Error(), "no answer in time") {
		t.Errorf("error %v", err)
	}
}

func checkNotSent(t *testing.T, g *oauthServer) {
	t.Helper()
	if slices.Contains(g.requests(), "POST /token") {
		t.Error("the code was sent")
	}
}

// slowToken never says what became of a code.
func slowToken(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/token" {
			next.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(httptest.NewRecorder(), r)
		<-r.Context().Done()
	})
}

// After the end of the Dialer, and after that of the caller's waitLimit, nothing is
// asked and nothing learned.
func TestOAuthAfterTheEnd(t *testing.T) {
	g := newOAuthServer(t, nil)
	d := g.dialer(t, "/sse", mcpconn.Options{Callback: callback})
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for range 2 {
		_, _, err := d.Begin(over)
		wantKind(t, err, wire.KindUnreachable)
		_, err = d.Redeem(over, someAttempt)
		if kind := wire.KindOf(err); kind != wire.KindLimited && kind != wire.KindUnreachable {
			t.Errorf("Redeem: %v", err)
		}
		wantKind(t, d.End(over, bearing(secret)), wire.KindUnreachable)
		d.Close()
	}
	if got := g.requests(); len(got) != 0 {
		t.Errorf("requests %v", got)
	}
}
