package app

import (
	"errors"
	"fmt"
	"net/http"

	"kitebot/internal/kite/session"
)

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
	pageTrouble   = webPage{"trouble", http.StatusInternalServerError, "That did not work", "Kite did not answer. Wait a minute, then start again with /login in Telegram."}
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
	return pageTrouble
}

// pages are those of the errors that are known. No error is two of them.
func pages() map[error]webPage {
	return map[error]webPage{
		session.ErrNoAttempt: pageUnwaited, session.ErrOtherAttempt: pageUnwaited, session.ErrCodeUsed: pageUnwaited, session.ErrLeft: pageUnwaited,
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
