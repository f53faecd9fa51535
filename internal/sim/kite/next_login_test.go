package kite_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/sim/kite"
)

func TestWholeLogin(t *testing.T) {
	w := newNext(t)
	page := w.must("GET", "/authorize?"+authorizeQuery().Encode(), "")
	if page.status != 200 || !strings.Contains(page.body, "<title>Continue to Kite</title>") || strings.Count(page.body, "<a ") != 1 {
		t.Errorf("page: %d %s", page.status, page.body)
	}
	back, status := w.sim.Authorize(t.Context(), w.web.URL+"/authorize?"+authorizeQuery().Encode(), "MK4021")
	form := regexp.MustCompile(`^http://127\.0\.0\.1:49152/done\?code=([0-9a-f]{64})&state=st%26te$`)
	parts := form.FindStringSubmatch(back)
	if status != 302 || parts == nil {
		t.Fatalf("%d to %q", status, back)
	}
	r := w.redeem(parts[1])
	got := object(t, r.body)
	bearer, _ := got["access_token"].(string)
	delete(got, "access_token")
	if diff := cmp.Diff(map[string]any{"token_type": "Bearer", "expires_in": 86400.0, "scope": "default"}, got); r.status != 200 || diff != "" {
		t.Errorf("token: %d\n%s", r.status, diff)
	}
	if user := w.openSession(bearer).user(); user != "MK4021" {
		t.Errorf("the bearer is %q's", user)
	}
	grants := w.sim.Grants()
	if len(grants) != 1 {
		t.Errorf("grants: %+v", grants)
	}
	if !slices.Equal(w.sim.Codes(), []string{parts[1]}) || !slices.Equal(w.sim.Bearers(), []string{bearer}) {
		t.Errorf("handed out: %q, %q", w.sim.Codes(), w.sim.Bearers())
	}
	w.checkClaims(bearer, grants[0])
	w.noViolations()
}

// checkClaims reads a bearer as anybody can.
func (w *fixture) checkClaims(bearer, grant string) {
	w.t.Helper()
	parts := strings.Split(bearer, ".")
	head, _ := base64.RawURLEncoding.DecodeString(parts[0])
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || len(parts) != 3 || string(head) != `{"alg":"HS256","typ":"JWT"}` {
		w.t.Fatalf("%v: %s", err, head)
	}
	got, now := object(w.t, string(body)), float64(w.clock.Now().Unix())
	if id, _ := got["jti"].(string); len(id) != 32 {
		w.t.Errorf("jti %q", id)
	}
	delete(got, "jti")
	want := map[string]any{
		"iss": w.web.URL, "sub": "MK4021", "exp": now + 86400, "iat": now, "kite_user_id": "MK4021", "session_id": grant, "scope": "default",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Error(diff)
	}
}

func TestAuthorizeRefuses(t *testing.T) {
	w := newNext(t, func(o *kite.Options) {
		o.NoRateLimits, o.RedirectURIs = true, []string{"https://bot.example/in", "prefix:https://web.example/cb/"}
	})
	for _, uri := range []string{
		"http://localhost", "https://127.0.0.1:1/x?y=1", "https://bot.example/in", "https://web.example/cb/", "https://web.example/cb/1?x",
	} {
		if r := w.must("GET", "/authorize?"+authorizeQuery("redirect_uri", uri).Encode(), ""); r.status != 200 {
			t.Errorf("%s: %d", uri, r.status)
		}
	}
	var refused []url.Values
	for _, name := range []string{"client_id", "redirect_uri", "code_challenge", "code_challenge_method"} {
		refused = append(refused, authorizeQuery(name, ""))
	}
	for _, uri := range []string{
		"http://[::1]:1/x", "http://127.0.0.2/", "http://LOCALHOST/", "http://localhost.example/", "app://done", "urn:ietf:wg:oauth:2.0:oob",
		"https://t.me/bot", "https://bot.example/in/", "https://bot.example/in?x=1", "https://web.example/cb", "127.0.0.1:1", "ftp://localhost/", "http://%zz",
	} {
		refused = append(refused, authorizeQuery("redirect_uri", uri))
	}
	refused = append(refused, authorizeQuery("code_challenge_method", "plain"), url.Values{"session_id": {"kitemcp-1|2.3"}})
	for _, q := range refused {
		if r := w.must("GET", "/authorize?"+q.Encode(), ""); r.status != 400 || r.body != "invalid request\n" {
			t.Errorf("%v: %d %q", q, r.status, r.body)
		}
	}
	w.noViolations()
}

func TestWhereTheBrowserIsSent(t *testing.T) {
	w := newNext(t)
	for uri, want := range map[string]string{
		"http://localhost:1/a?z=1&b=2&state=old#part": "http://localhost:1/a?b=2&code=CODE&state=st%26te&z=1",
		"http://127.0.0.1:1":                          "http://127.0.0.1:1?code=CODE&state=st%26te",
	} {
		back, _ := w.sim.Authorize(t.Context(), w.web.URL+"/authorize?"+authorizeQuery("redirect_uri", uri).Encode(), "NK0001")
		codes := w.sim.Codes()
		if got := strings.Replace(back, codes[len(codes)-1], "CODE", 1); got != want {
			t.Errorf("%s: sent to %s, want %s", uri, got, want)
		}
	}
	back, _ := w.sim.Authorize(t.Context(), w.web.URL+"/authorize?"+authorizeQuery("state", "").Encode(), "NK0001")
	if strings.Contains(back, "state") {
		t.Errorf("a state out of nothing: %s", back)
	}
}

func TestFailuresNeverReachTheClient(t *testing.T) {
	w := newNext(t)
	link := w.web.URL + "/authorize?" + authorizeQuery().Encode()
	kitePage := w.kitePage(link)
	fails := func(name, address string, want int) {
		t.Helper()
		r := w.must("GET", strings.TrimPrefix(address, w.web.URL), "")
		if r.status != want || r.body != "authorization failed\n" || r.header.Get("Location") != "" {
			t.Errorf("%s: %d %q, want %d", name, r.status, r.body, want)
		}
	}
	fails("nothing", "/callback", 400)
	fails("cancelled", w.callbackOf(kitePage, "cancel=1"), 500)
	w.sim.Inject(kite.Fault{Kind: kite.UpstreamFailure, Op: kite.OpCallback, Times: 1})
	fails("Kite refuses", w.callbackOf(kitePage, "user_id=MK4021"), 500)
	done := w.callbackOf(kitePage, "user_id=MK4021")
	fails("tampered", strings.Replace(done, "kitemcp-", "kitemcp-0", 1), 400)
	if r := w.must("GET", done, ""); r.status != http.StatusFound {
		t.Errorf("the same page still works: %d", r.status)
	}
	fails("reloaded", done, 400)
	late := w.callbackOf(w.kitePage(link), "user_id=MK4021")
	w.clock.add(35*time.Minute + time.Second)
	fails("too late", late, 400)
	old := w.callbackOf(w.kitePage(link), "user_id=MK4021")
	w.sim.Restart()
	fails("from before the restart", old, 400)
	if _, status := w.sim.Authorize(t.Context(), link, ""); status != 500 {
		t.Errorf("a browser that cancels: %d", status)
	}
	w.noViolations()
}

func TestEachAuthorizeIsALoginOfItsOwn(t *testing.T) {
	w := newNext(t)
	link := w.web.URL + "/authorize?" + authorizeQuery().Encode()
	first, second := w.kitePage(link), w.kitePage(link)
	if first == second {
		t.Fatal("two looks at the page show one link")
	}
	for page, user := range map[string]string{first: "MK4021", second: "AD7730"} {
		r := w.must("GET", w.callbackOf(page, "user_id="+user), "")
		token, _ := object(t, w.redeem(mustQuery(t, r.header.Get("Location")).Get("code")).body)["access_token"].(string)
		if got := w.openSession(token).user(); got != user {
			t.Errorf("%s became %q", user, got)
		}
	}
	if back, status := w.sim.Authorize(t.Context(), w.web.URL+"/authorize?client_id=x", "MK4021"); back != "" || status != 400 {
		t.Errorf("a bad link: sent to %q, %d", back, status)
	}
	w.noViolations()
}

func TestNextTakesParallelCalls(t *testing.T) {
	w := newNext(t)
	p := w.signIn("MK4021")
	var answers []<-chan asyncReply
	for range 20 {
		answers = append(answers, w.async("POST", "/mcp", callBody(1, "portfolio", `{"mode":"profile"}`), p.header()...))
	}
	for _, a := range answers {
		if got := <-a; got.err != nil || !strings.Contains(got.body, "MK4021") {
			t.Errorf("%+v", got)
		}
	}
	w.noViolations()
}

func TestRegistrationsAreLimited(t *testing.T) {
	w := newNext(t)
	register := func() reply { return w.must("POST", "/register", `{"redirect_uris":["https://t.me/x"]}`) }
	for i := range 10 {
		if i == 5 {
			w.clock.add(30 * time.Minute)
		}
		if r := register(); r.status != http.StatusBadRequest {
			t.Fatalf("request %d: %d", i+1, r.status)
		}
	}
	for range 20 {
		r := register()
		if r.status != 429 || object(t, r.body)["error"] != "rate_limit_exceeded" || r.header.Get("Retry-After") != "" {
			t.Fatalf("eleventh: %d %s", r.status, r.body)
		}
	}
	w.clock.add(30 * time.Minute) // the first five are an hour old
	for i := range 5 {
		if r := register(); r.status != http.StatusBadRequest {
			t.Errorf("an hour later, request %d: %d", i+1, r.status)
		}
	}
	if r := register(); r.status != 429 {
		t.Errorf("one too many: %d", r.status)
	}
}

func TestAuthorizeAndTokenShareABucket(t *testing.T) {
	w := newNext(t)
	ask := []func() int{
		func() int { return w.must("GET", "/authorize?"+authorizeQuery().Encode(), "").status },
		func() int { return w.redeem("0").status },
		func() int { return w.must("GET", "/token", "").status },
		func() int { return w.must("GET", "/authorize?session_id=1", "").status },
		func() int { return w.redeem("0").status },
	}
	for i, want := range []int{200, 400, 405, 400, 400} {
		if got := ask[i](); got != want {
			t.Errorf("request %d: %d, want %d", i+1, got, want)
		}
	}
	for i := range ask {
		if got := ask[i](); got != 429 {
			t.Errorf("request %d of an empty bucket: %d", i+1, got)
		}
	}
	r := w.must("GET", "/authorize", "")
	if r.body != "Too Many Requests\n" || r.header.Get("Retry-After") != "" {
		t.Errorf("%q", r.body)
	}
	w.clock.add(12*time.Second - time.Millisecond)
	if got := ask[0](); got != 429 {
		t.Errorf("before 12 s: %d", got)
	}
	w.clock.add(time.Millisecond)
	if got := ask[0](); got != 200 {
		t.Errorf("at 12 s: %d", got)
	}
	w.clock.add(time.Hour) // the bucket does not grow
	for i := range 6 {
		if got := ask[0](); (got == 200) != (i < 5) {
			t.Errorf("an hour later, request %d: %d", i+1, got)
		}
	}
}

// The phone of the person and the machine of the client have addresses of their own.
func TestLimitsArePerAddress(t *testing.T) {
	w := newNext(t)
	for range 5 {
		w.must("GET", "/authorize", "")
	}
	if _, status := w.sim.Authorize(t.Context(), w.web.URL+"/authorize?"+authorizeQuery().Encode(), "MK4021"); status != 302 {
		t.Errorf("the phone gets %d", status)
	}
	w = newNext(t, func(o *kite.Options) { o.NoRateLimits = true })
	for range 40 {
		if r := w.must("GET", "/authorize", ""); r.status != 400 {
			t.Fatalf("without limits: %d", r.status)
		}
	}
}

func TestCallbacksAreLimited(t *testing.T) {
	w := newNext(t)
	for i := range 31 {
		r := w.must("GET", "/callback", "")
		if i < 30 && r.status != 400 || i == 30 && (r.status != 429 || !strings.HasPrefix(r.body, "too many requests")) {
			t.Errorf("callback %d: %d %q", i+1, r.status, r.body)
		}
	}
}
