package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/kite/session"
)

// Secrets that a browser brings: they must not appear anywhere again.
const (
	goodState = "5tAtE-made-up_0123456789"
	goodCode  = "c0De.made-up~/+=&?<b>"
)

// finishing is a finisher that does as a test says.
type finishing struct {
	mu    sync.Mutex
	calls []string
	do    func(ctx context.Context, state, code string) error
}

func (f *finishing) Callback(ctx context.Context, state, code string) error {
	f.mu.Lock()
	f.calls = append(f.calls, state+" "+code)
	f.mu.Unlock()
	if f.do == nil {
		return nil
	}
	return f.do(ctx, state, code)
}

// returning runs a test with a callback, in a time of its own. Whatever came back
// is in no page and in no log.
func returning(t *testing.T, test func(t *testing.T, b *callback, f *finishing, log *page)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		log, f := &page{}, &finishing{}
		b, err := newCallback("https://bot.example.org/kite/callback", f, slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})))
		if err != nil {
			t.Fatal(err)
		}
		test(t, b, f, log)
		b.Close()
		wantNothingOf(t, "the log", strings.Join(log.lines(), "\n"), goodState, goodCode)
	})
}

func wantNothingOf(t *testing.T, where, text string, secrets ...string) {
	t.Helper()
	for _, s := range secrets {
		for _, form := range []string{s, url.QueryEscape(s), url.PathEscape(s)} {
			if strings.Contains(text, form) {
				t.Errorf("%s holds %q:\n%s", where, form, text)
			}
		}
	}
}

func goodQuery() string { return url.Values{"code": {goodCode}, "state": {goodState}}.Encode() }

// come is a request of a browser.
func come(t *testing.T, b *callback, method, target string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	b.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, target, nil))
	wantNothingOf(t, "the page", w.Body.String(), goodState, goodCode)
	return w
}

// Each end of a login has its page, and one line in the log.
func TestPagesOfALogin(t *testing.T) {
	for name, tt := range map[string]struct {
		err    error
		status int
		says   string
		line   string
	}{
		"done":                             {nil, 200, "You can go back to Telegram: the bot tells you who is logged in there.", "page=done"},
		"not waited for":                   {fmt.Errorf("look for it: %w", session.ErrNoAttempt), 410, "This login is not waited for. If the bot has told you that you are logged in, all is well; else start again", `page="not waited for"`},
		"another attempt":                  {session.ErrOtherAttempt, 410, "This login is not waited for.", `page="not waited for"`},
		"a used code":                      {session.ErrCodeUsed, 410, "This login is not waited for.", `page="not waited for"`},
		"its turn comes":                   {&session.QueuedError{}, 202, "Zerodha takes few logins at a time", "page=queued"},
		"a refused code":                   {&session.CodeError{Why: session.ErrCodeRefused}, 410, "Kite did not accept this login", "page=refused"},
		"too many before it":               {&session.CrowdedError{}, 429, "Zerodha takes few logins at a time. Wait ten minutes", "page=crowded"},
		"made, and not read yet":           {session.ErrUnread, 200, "You can go back to Telegram", "page=done"},
		"another person's":                 {session.ErrNoLogin, 200, "The bot tells you there what came of this login.", "page=elsewhere"},
		"a code that is lost":              {&session.CodeError{Why: session.ErrCodeLost}, 500, "Kite did not answer.", "level=WARN"},
		"trouble":                          {errors.New("kite said no"), 500, "Kite did not answer.", `err="kite said no"`},
		"too slow":                         {context.DeadlineExceeded, 500, "Kite did not answer.", "level=WARN"},
		"an error that quotes the address": {fmt.Errorf("post %s: %s\n%s", goodQuery(), goodState, goodCode), 500, "Kite did not answer.", `err="post code=•••&state=•••: •••; •••"`},
	} {
		t.Run(name, func(t *testing.T) {
			returning(t, func(t *testing.T, b *callback, f *finishing, log *page) {
				f.do = func(context.Context, string, string) error { return tt.err }
				w := come(t, b, http.MethodGet, "/kite/callback?"+goodQuery())
				if w.Code != tt.status || !strings.Contains(w.Body.String(), "<p>"+tt.says) {
					t.Errorf("%d\n%s", w.Code, w.Body)
				}
				if len(f.calls) != 1 || f.calls[0] != goodState+" "+goodCode {
					t.Errorf("the finisher was given %q", f.calls)
				}
				log.want(t, tt.line)
			})
		})
	}
}

// Of a value that holds the other one nothing is left either.
func TestWithout(t *testing.T) {
	for _, order := range [][]string{{"abc", "xabcy"}, {"xabcy", "abc"}} {
		if got := withoutValues(errors.New("for xabcy and\nabc: no"), order...); got != "for ••• and; •••: no" {
			t.Errorf("%q: %q", order, got)
		}
	}
}

// What is no login is not finished: it is answered, and no one is notified.
func TestWhatIsNoReturnOfABrowser(t *testing.T) {
	const path = "/kite/callback"
	long := strings.Repeat("x", 513)
	for name, tt := range map[string]struct {
		method, target string
		status         int
	}{
		"HEAD":                   {"HEAD", path + "?" + goodQuery(), 405},
		"POST":                   {"POST", path + "?" + goodQuery(), 405},
		"OPTIONS":                {"OPTIONS", path + "?" + goodQuery(), 405},
		"another path":           {"GET", "/kite?" + goodQuery(), 404},
		"a longer path":          {"GET", path + "/?" + goodQuery(), 404},
		"no query":               {"GET", path, 400},
		"an empty query":         {"GET", path + "?", 400},
		"no code":                {"GET", path + "?state=s", 400},
		"no state":               {"GET", path + "?code=c", 400},
		"an empty code":          {"GET", path + "?code=&state=s", 400},
		"an empty state":         {"GET", path + "?code=c&state", 400},
		"two codes":              {"GET", path + "?code=c&state=s&code=c", 400},
		"two states":             {"GET", path + "?code=c&state=s&state=t", 400},
		"two codes, one hidden":  {"GET", path + "?code=c&state=s&%63ode=d", 400},
		"a long code":            {"GET", path + "?state=s&code=" + long, 400},
		"a long state":           {"GET", path + "?code=c&state=" + long, 400},
		"a long query":           {"GET", path + "?code=c&state=s&x=" + strings.Repeat(long, 8), 400},
		"a blank":                {"GET", path + "?code=a+b&state=s", 400},
		"a line break":           {"GET", path + "?code=c%0d%0aSet-Cookie:x&state=s", 400},
		"a zero byte":            {"GET", path + "?code=c%00&state=s", 400},
		"no ASCII":               {"GET", path + "?code=%C3%A9&state=s", 400},
		"no UTF-8":               {"GET", path + "?code=%ff&state=s", 400},
		"a semicolon":            {"GET", path + "?code=c;state=s", 400},
		"a broken escape":        {"GET", path + "?code=%zz&state=s", 400},
		"other words":            {"GET", path + "?Code=c&STATE=s", 400},
		"somebody who said no":   {"GET", path + "?error=access_denied&error_description=%3Cscript%3E&state=s", 400},
		"a fragment of its own":  {"GET", path + "?%23code=c&state=s", 400},
		"an array, as PHP's are": {"GET", path + "?code[]=c&state=s", 400},
	} {
		t.Run(name, func(t *testing.T) {
			returning(t, func(t *testing.T, b *callback, f *finishing, log *page) {
				w := come(t, b, tt.method, tt.target)
				if w.Code != tt.status || len(f.calls) != 0 {
					t.Errorf("answered %d, finished %q", w.Code, f.calls)
				}
				if allow := w.Header().Get("Allow"); (allow == "GET") != (tt.status == 405) {
					t.Errorf("Allow: %q", allow)
				}
				log.want(t, "")
			})
		})
	}
}

// Words that OAuth may add one day do not keep anybody out.
func TestOtherParametersArePassedOver(t *testing.T) {
	returning(t, func(t *testing.T, b *callback, f *finishing, _ *page) {
		w := come(t, b, http.MethodGet, "/kite/callback?iss=https%3A%2F%2Fmcp.kite.trade&state="+strings.Repeat("s", 512)+"&code=c&scope=&scope=x")
		if w.Code != http.StatusOK || len(f.calls) != 1 {
			t.Errorf("answered %d, finished %q", w.Code, f.calls)
		}
	})
}

// Whatever stands in an address, one code and one state come out of it, of
// visible characters, or nothing; and neither page nor log repeat any of it.
func FuzzReturn(f *testing.F) {
	for _, q := range []string{
		goodQuery(), "code=c&state=s", "state=s&code=c&code=d", "code=%00&state=s", "code=c;state=s", "&&=&code&state", "code=%zz", "code=a+b&state=%2B",
		"code=<script>alert(1)</script>&state='\"", strings.Repeat("code=c&", 700), "state=%E2%80%A2&code=x", "?code=c&state=s", "code=c&state=s#code=d",
	} {
		f.Add(q)
	}
	plain := httptest.NewRecorder()
	pageMalformed.write(plain)
	f.Fuzz(func(t *testing.T, query string) {
		state, code, ok := parseReturn(query)
		if ok != (state != "" && code != "") || len(state) > longestValue || len(code) > longestValue {
			t.Fatalf("%q: %q, %q, %v", query, state, code, ok)
		}
		if ok {
			values, err := url.ParseQuery(query)
			if err != nil || values.Get("code") != code || values.Get("state") != state || strings.ContainsFunc(state+code, func(r rune) bool { return r < '!' || r > '~' }) {
				t.Fatalf("%q: %q, %q, but %v, %v", query, state, code, values, err)
			}
		}
		b, err := newCallback("https://bot.example.org/cb", &finishing{}, slog.New(slog.NewTextHandler(io.Discard, nil)))
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		want := plain
		if ok {
			want = httptest.NewRecorder()
			pageDone.write(want)
		}
		r := httptest.NewRequest(http.MethodGet, "/cb", nil)
		r.URL.RawQuery = query
		w := httptest.NewRecorder()
		b.ServeHTTP(w, r)
		if w.Code != want.Code || w.Body.String() != want.Body.String() {
			t.Errorf("%q: %d\n%s", query, w.Code, w.Body)
		}
	})
}

// All browsers together are given 20 pages at once and then five a second.
func TestAFloodOfBrowsers(t *testing.T) {
	returning(t, func(t *testing.T, b *callback, f *finishing, _ *page) {
		let := func(n int) (in int) {
			for range n {
				w := come(t, b, http.MethodGet, "/kite/callback?"+goodQuery())
				if w.Code == http.StatusOK {
					in++
				} else if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "load this page again") {
					t.Errorf("answered %d\n%s", w.Code, w.Body)
				}
			}
			return in
		}
		if in := let(30); in != 20 {
			t.Errorf("of 30 at once %d got in, want 20", in)
		}
		time.Sleep(time.Second)
		if in := let(30); in != 5 {
			t.Errorf("of 30 a second later %d got in, want 5", in)
		}
		if len(f.calls) != 25 {
			t.Errorf("%d were finished", len(f.calls))
		}
	})
}

// A login has 30 seconds, and goes on though its browser leaves.
func TestTheTimeOfALogin(t *testing.T) {
	returning(t, func(t *testing.T, b *callback, f *finishing, log *page) {
		f.do = func(ctx context.Context, _, _ string) error { <-ctx.Done(); return ctx.Err() }
		began := time.Now()
		if w := come(t, b, http.MethodGet, "/kite/callback?"+goodQuery()); w.Code != http.StatusInternalServerError || time.Since(began) != finishTime {
			t.Errorf("answered %d after %v", w.Code, time.Since(began))
		}
		log.want(t, "was not finished")
	})
	returning(t, func(t *testing.T, b *callback, f *finishing, log *page) {
		f.do = func(ctx context.Context, _, _ string) error {
			select {
			case <-time.After(10 * time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		ctx, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		began := time.Now()
		b.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/kite/callback?"+goodQuery(), nil))
		if time.Since(began) != time.Second {
			t.Errorf("the request of a browser that left was held for %v", time.Since(began))
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		log.want(t, "page=done")
	})
}

// The end of a run breaks off what is being finished, and waits for it.
func TestTheEndOfACallback(t *testing.T) {
	returning(t, func(t *testing.T, b *callback, f *finishing, log *page) {
		f.do = func(ctx context.Context, _, _ string) error { <-ctx.Done(); return ctx.Err() }
		ctx, leave := context.WithCancel(t.Context())
		go func() { time.Sleep(time.Second); leave() }()
		b.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/kite/callback?"+goodQuery(), nil))
		began := time.Now()
		b.Close()
		if time.Since(began) != 0 {
			t.Errorf("the end took %v", time.Since(began))
		}
		log.want(t, "was not finished")
	})
}

// A bug is one login's, and quotes nothing either.
func TestAPanicIsOneLogins(t *testing.T) {
	returning(t, func(t *testing.T, b *callback, f *finishing, log *page) {
		f.do = func(_ context.Context, state, code string) error {
			panic("no room for " + state + ", " + code + " and RELIANCE")
		}
		if w := come(t, b, http.MethodGet, "/kite/callback?"+goodQuery()); w.Code != http.StatusInternalServerError {
			t.Errorf("answered %d", w.Code)
		}
		log.want(t, "report it, with the stack", "was not finished")
		if text := strings.Join(log.lines(), "\n"); strings.Contains(text, "no room for") || !strings.Contains(text, "panic=string") {
			t.Errorf("the log has the value of the panic, or not its kind:\n%s", text)
		}
	})
}

// Every page, and whatever is refused, is kept nowhere, framed nowhere, and loads
// and tells nothing.
func TestHeadersOfThePages(t *testing.T) {
	returning(t, func(t *testing.T, b *callback, _ *finishing, _ *page) {
		for method, target := range map[string]string{"GET": "/kite/callback?" + goodQuery(), "POST": "/kite/callback"} {
			h := come(t, b, method, target).Header()
			for name, want := range map[string]string{
				"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
				"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
			} {
				if got := h.Get(name); got != want {
					t.Errorf("%s: %s: %q, want %q", method, name, got, want)
				}
			}
			if got := h.Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'none'; style-src 'unsafe-inline';") || !strings.Contains(got, "frame-ancestors 'none'") {
				t.Errorf("%s: policy %q", method, got)
			}
		}
	})
}

// The pages stand by themselves: no script, nothing from elsewhere, both schemes
// of colours, and a width for phones.
func TestThePagesAreSelfContained(t *testing.T) {
	all := []webPage{pageDone, pageElsewhere, pageUnwaited, pageQueued, pageCrowded, pageRefused, pageFailed, pageMalformed, pageNotGet, pageTooMany}
	titles := map[string]bool{}
	for _, p := range all {
		w := httptest.NewRecorder()
		p.write(w)
		text := w.Body.String()
		for _, needed := range []string{"<h1>" + p.title + "</h1>", "<p>" + p.text + "</p>", "color-scheme: light dark", "width=device-width", "<!DOCTYPE html>"} {
			if !strings.Contains(text, needed) {
				t.Errorf("%s: there is no %q", p.name, needed)
			}
		}
		for _, unwanted := range []string{"<script", "http", "src=", "url(", "@import", "<link", "onload", "%!", "<form"} {
			if strings.Contains(text, unwanted) {
				t.Errorf("%s: there is %q", p.name, unwanted)
			}
		}
		titles[p.name] = true
	}
	if len(titles) != len(all) {
		t.Errorf("%d names of %d pages", len(titles), len(all))
	}
	for err, p := range pages() {
		if pageOf(fmt.Errorf("finish: %w", err)) != p || p == pageFailed {
			t.Errorf("%v: %s", err, p.name)
		}
	}
}
