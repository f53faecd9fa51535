package mcpconn

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

var someAttempt = session.Attempt{State: secret + "-s", Verifier: secret + "-v", ClientID: "c", Redirect: pasteRedirect, Code: secret + "-c"}

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
		"too much":        {pageReply{200, strings.Repeat(" ", maxDocument) + tokenReply}, 0, wire.KindMalformed},
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
			g := newGate(t, func(g *gate) { g.token = test.reply })
			var l ledger
			d := g.dialer(t, "/sse", Options{Meter: &l, Now: func() time.Time { return now }})
			h, err := d.Redeem(t.Context(), someAttempt)
			if test.want != wire.KindUnknown {
				if wantKind(t, err, test.want); h != (session.Credential{}) {
					t.Error("a login beside an error")
				}
			} else if want := (session.Credential{Session: session.NewBearer(secret + ".t.t"), Since: now, Ends: now.Add(test.life)}); err != nil || h != want {
				t.Errorf("Redeem = %v until %v, %v", h.Since, h.Ends, err)
			}
			checkExchange(t, g)
			if len(l.told) != 1 || !strings.HasPrefix(l.told[0], "token: ") {
				t.Errorf("told %q", l.told)
			}
		})
	}
}

// checkExchange checks that the code was sent once, with its own attempt.
func checkExchange(t *testing.T, g *gate) {
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
	g := newGate(t, nil)
	d := g.dialer(t, "/sse", Options{CallTimeout: 50 * time.Millisecond})
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

	late := newGate(t, nil)
	late.far.Config.Handler = slowToken(late.far.Config.Handler)
	_, err = late.dialer(t, "/sse", Options{CallTimeout: 100 * time.Millisecond}).Redeem(t.Context(), someAttempt)
	wantKind(t, err, wire.KindUnreachable)
	if checkExchange(t, late); !strings.Contains(err.Error(), "no answer in time") {
		t.Errorf("error %v", err)
	}
}

func checkNotSent(t *testing.T, g *gate) {
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

func TestCallbackOption(t *testing.T) {
	for address, good := range map[string]bool{
		"": true, callback: true, "http://127.0.0.1:1/x": true, "http://bot.example.com/": false, "https://joe@bot.example.com/": false,
		"https://bot.example.com/?x": false, "https://bot.example.com/#": false, "https:///kite": false, "t.me/bot": false, "\x00": false,
	} {
		d, err := New(Options{URL: fuzzHome + ssePath, Callback: address})
		if (err == nil) != good {
			t.Errorf("%q: %v", address, err)
		}
		if d != nil {
			d.Close()
		}
	}
}
