package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"kitebot/internal/kite/session"
	"kitebot/internal/stdlog"
)

// finisher finishes logins by OAuth.
type finisher interface {
	// Callback finishes the login that a state names, with the code that came
	// along with it.
	Callback(ctx context.Context, state, code string) error
}

// logins finishes those of a pool.
type logins struct{ pool *session.Pool }

func (l logins) Callback(ctx context.Context, state, code string) error {
	_, err := l.pool.Callback(ctx, state, code)
	return err
}

const (
	// finishTime is how long a browser waits for its login to be finished.
	finishTime = session.MaxWait + time.Second
	// Of all browsers together. People come one at a time; a flood gets a page.
	callbackRate, callbackBurst = rate.Limit(5), 20
)

// callback is the page to which a browser comes back after a login by OAuth. It
// takes code and state out of the address, has the login finished, and says what
// came of it. Nothing of the address is shown or logged.
type callback struct {
	path   string
	logins finisher
	limit  *rate.Limiter
	log    *slog.Logger

	life  context.Context // of the logins that are being finished
	end   context.CancelFunc
	under sync.WaitGroup
}

// newCallback makes the page of an address. Close it at the end.
func newCallback(address string, logins finisher, log *slog.Logger) (*callback, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, &SettingError{Name: "OAUTH_CALLBACK_URL", Problem: "is not a web address"}
	}
	b := &callback{path: u.Path, logins: logins, limit: rate.NewLimiter(callbackRate, callbackBurst), log: log}
	b.life, b.end = context.WithCancel(context.Background())
	return b, nil
}

// Close breaks off what is being finished and waits for it. No request may come
// any more.
func (b *callback) Close() {
	b.end()
	b.under.Wait()
}

// ServeHTTP implements [http.Handler].
func (b *callback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != b.path {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	b.answer(r).write(w)
}

// answer is the page for a request. Only a GET finishes a login: a HEAD is of
// a program that looks before a person goes there.
func (b *callback) answer(r *http.Request) webPage {
	if r.Method != http.MethodGet {
		return pageNotGet
	}
	if !b.limit.Allow() {
		return pageTooMany
	}
	state, code, ok := parseReturn(r.URL.RawQuery)
	if !ok {
		return pageMalformed
	}
	return pageOf(b.finish(r.Context(), state, code))
}

// finish has a login finished. That goes on though the browser leaves: the code
// can be used once, and a phone drops a page as soon as another app is opened.
func (b *callback) finish(ctx context.Context, state, code string) error {
	done := make(chan error, 1)
	b.under.Go(func() {
		ctx, cancel := context.WithTimeout(b.life, finishTime)
		defer cancel()
		err := b.finishRecovered(ctx, state, code)
		b.note(err, state, code)
		done <- err
	})
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("the browser did not wait: %w", context.Cause(ctx))
	}
}

// note logs how a login ended, and not whose it was.
func (b *callback) note(err error, state, code string) {
	if p := pageOf(err); p != pageFailed {
		b.log.Info("a browser came back from a login", "page", p.name)
		return
	}
	b.log.Warn("a login was not finished after the browser came back",
		"effect", "the page says so, and that /login begins another", "err", withoutValues(err, state, code))
}

// finishRecovered turns a panic into an error: it is that of one login, and not the end of
// the bot.
func (b *callback) finishRecovered(ctx context.Context, state, code string) (err error) {
	defer func() {
		if bug := recover(); bug != nil {
			err = fmt.Errorf("panic: %s", stdlog.PanicKind(bug)) // its value may quote a code
			b.log.Error("finishing a login panicked", stdlog.Panic(bug)...)
		}
	}()
	return b.logins.Callback(ctx, state, code)
}

// The bounds of what an address may hold. Other parameters than code and state
// are passed over, as OAuth wants it.
const (
	longestQuery = 4096
	longestValue = 512
)

// parseReturn takes the one state and the one code out of a query.
func parseReturn(query string) (state, code string, ok bool) {
	if len(query) > longestQuery {
		return "", "", false
	}
	values, err := url.ParseQuery(query)
	if err != nil || len(values["state"]) != 1 || len(values["code"]) != 1 {
		return "", "", false
	}
	state, code = values["state"][0], values["code"][0]
	if !visible(state) || !visible(code) {
		return "", "", false
	}
	return state, code, true
}

// visible reports whether a value has only visible ASCII characters, and neither
// empty nor too long.
func visible(value string) bool {
	bad := func(r rune) bool { return r <= ' ' || r > '~' }
	return value != "" && len(value) <= longestValue && !strings.ContainsFunc(value, bad)
}

// withoutValues is an error's text on one line, without values that it must not quote.
// The longest goes first: another may be a part of it.
func withoutValues(err error, values ...string) string {
	text := strings.ReplaceAll(err.Error(), "\n", "; ")
	slices.SortFunc(values, func(a, b string) int { return len(b) - len(a) })
	for _, v := range values {
		for _, form := range []string{v, url.QueryEscape(v), url.PathEscape(v)} {
			text = strings.ReplaceAll(text, form, dots)
		}
	}
	return text
}

// webPage is what a browser is shown. It is made of our words alone.
type webPage struct {
	name   string // for the log
	status int    // none that a proxy puts a page of its own in the place of
	title  string
	text   string
}

var (
	pageDone      = webPage{"done", http.StatusOK, "That worked", "You can go back to Telegram: the bot tells you who is logged in there."}
	pageElsewhere = webPage{"elsewhere", http.StatusOK, "Go back to Telegram", "The bot tells you there what came of this login."}
	pageUnwaited  = webPage{"not waited for", http.StatusGone, "Not this one", "This login is not waited for. If the bot has told you that you are logged in, all is well; else start again with /login in Telegram."}
	pageQueued    = webPage{"queued", http.StatusAccepted, "One moment", "Zerodha takes few logins at a time: yours is next. The bot tells you in Telegram."}
	pageCrowded   = webPage{"crowded", http.StatusTooManyRequests, "Too many logins at once", "Zerodha takes few logins at a time. Wait ten minutes, then start again with /login in Telegram."}
	pageRefused   = webPage{"refused", http.StatusGone, "That did not work", "Kite did not accept this login: it may be too old. Start again with /login in Telegram."}
	pageFailed    = webPage{"trouble", http.StatusInternalServerError, "That did not work", "Kite did not answer. Wait a minute, then start again with /login in Telegram."}
	pageMalformed = webPage{"malformed", http.StatusBadRequest, "No login", "This is not the whole address of a login. Start again with /login in Telegram."}
	pageNotGet    = webPage{"no GET", http.StatusMethodNotAllowed, "Not like this", "This page is for a browser that comes back from a login."}
	pageTooMany   = webPage{"too many", http.StatusTooManyRequests, "Too many at once", "Wait a few seconds, then load this page again."}
)

// pageOf is the page for what came of a login.
func pageOf(err error) webPage {
	if err == nil {
		return pageDone
	}
	if _, ok := errors.AsType[*session.QueuedError](err); ok {
		return pageQueued
	}
	if _, ok := errors.AsType[*session.CrowdedError](err); ok {
		return pageCrowded
	}
	for target, p := range pages() {
		if errors.Is(err, target) {
			return p
		}
	}
	return pageFailed
}

// pages are those of the errors that are known. No error is two of them.
func pages() map[error]webPage {
	return map[error]webPage{
		session.ErrNoAttempt: pageUnwaited, session.ErrOtherAttempt: pageUnwaited, session.ErrCodeUsed: pageUnwaited, session.ErrLoggedOut: pageUnwaited,
		session.ErrCodeRefused: pageRefused,
		session.ErrUnread:      pageDone,      // made; the bot tells whose it is
		session.ErrNoLogin:     pageElsewhere, // of a Kite user who is another person's, or of an attempt that was begun anew
	}
}

// layout holds title and text. It is readable on a phone, in light and dark, and
// loads nothing.
const layout = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>%[1]s</title>
<style>
:root { color-scheme: light dark; }
body { margin: 0; padding: 18vh 1.5rem 2rem; background: Canvas; color: CanvasText; font: 1.15rem/1.5 system-ui, sans-serif; }
main { max-width: 30rem; margin: 0 auto; overflow-wrap: anywhere; }
h1 { margin: 0 0 .75rem; font-size: 1.6rem; line-height: 1.25; }
p { margin: 0; }
</style>
</head>
<body>
<main>
<h1>%[1]s</h1>
<p>%[2]s</p>
</main>
</body>
</html>
`

// policy lets a page have its own style and nothing else.
const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// write shows the page. The address that it stands under holds a code, so it is
// neither kept anywhere nor told to another site.
func (p webPage) write(w http.ResponseWriter) {
	for name, value := range map[string]string{
		"Content-Type":            "text/html; charset=utf-8",
		"Cache-Control":           "no-store",
		"Content-Security-Policy": policy,
		"Referrer-Policy":         "no-referrer",
		"X-Content-Type-Options":  "nosniff",
		"X-Frame-Options":         "DENY",
	} {
		w.Header().Set(name, value)
	}
	switch p.status {
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", http.MethodGet)
	case http.StatusTooManyRequests:
		w.Header().Set("Retry-After", "5")
	}
	w.WriteHeader(p.status)
	_, _ = fmt.Fprintf(w, layout, p.title, p.text) // if that fails, the browser is gone
}
