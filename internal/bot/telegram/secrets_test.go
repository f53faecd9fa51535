package telegram_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"kitebot/internal/bot/telegram"
	"kitebot/internal/bot/view"
)

// TestNoErrorHoldsTheToken goes through everything that can fail and reads the
// whole chain of each error. bubble reads the log likewise.
func TestNoErrorHoldsTheToken(t *testing.T) {
	path := "/bot" + token + "/sendMessage"
	failures := map[string]reply{
		"dropped":                  {drop: true},
		"too slow":                 {hold: time.Hour, drop: true},
		"gateway page":             {status: 502, body: "<html>cannot reach " + path + "</html>"},
		"not found page":           {status: 404, body: "<html>no " + path + "</html>"},
		"redirect":                 {status: 302, body: "go to " + path},
		"refusal that quotes it":   no(400, "Bad Request: strange path "+path),
		"forbidden that does":      no(403, "Forbidden: "+token),
		"server error that does":   no(500, "Internal Server Error at "+path),
		"unauthorized that does":   no(401, "Unauthorized "+secret),
		"conflict that does":       no(409, "Conflict of "+token),
		"JSON that is no answer":   {status: 200, body: `["` + path + `"]`},
		"a result of another kind": ok(`"` + path + `"`),
	}
	for name, r := range failures {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, c *telegram.Client, s *stub, _ *lines) {
				failEverything(s, r)
				for _, err := range everyFailure(t, c) {
					if err == nil && name == "a result of another kind" {
						continue // an edit that Telegram says ok to is done
					}
					spotless(t, err)
				}
			})
		})
	}
}

func TestNoErrorHoldsTheTokenWithoutAConnection(t *testing.T) {
	bubble(t, func(t *testing.T, c *telegram.Client, s *stub, _ *lines) {
		s.refuseDials(1 << 20)
		for _, err := range everyFailure(t, c) {
			spotless(t, err)
		}
	})
}

// failEverything scripts one reply to every method, for as often as it is tried.
func failEverything(s *stub, r reply) {
	for _, method := range []string{"getMe", "getWebhookInfo", "getUpdates", "sendMessage", "editMessageText",
		"sendPhoto", "sendDocument", "sendRichMessage", "editMessageMedia", "answerCallbackQuery", "sendChatAction", "getMyCommands", "getMyDescription", "setMyDescription"} {
		s.on(method, slices.Repeat([]reply{r}, 20)...)
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	elsewhere, here := newStub(), newStub()
	other := httptest.NewServer(elsewhere)
	defer other.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/getMe") {
			here.ServeHTTP(w, r)
			return
		}
		http.Redirect(w, r, other.URL+r.URL.Path, http.StatusTemporaryRedirect)
	}))
	defer server.Close()
	c, err := telegram.New(t.Context(), telegram.Options{Token: token, APIURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Typing(t.Context(), 501); err == nil || !strings.Contains(err.Error(), "307") {
		t.Errorf("error = %v, want one that names status 307", err)
	}
	if n := len(elsewhere.of("sendChatAction")); n != 0 {
		t.Error("the token went to another server")
	}
}

// everyFailure makes every kind of call and returns their errors.
func everyFailure(t *testing.T, c *telegram.Client) []error {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Minute)
	defer cancel()
	var all []error
	for _, m := range []view.Message{{HTML: "x"}, picture(), file(), tables()} {
		_, sent := c.Send(ctx, 501, m)
		all = append(all, sent)
	}
	all = append(all,
		c.Edit(ctx, 501, 7, view.Message{HTML: "x"}),
		c.Edit(ctx, 501, 7, picture()),
		c.Edit(ctx, 501, 7, tables()),
		c.Typing(ctx, 501),
		c.Acknowledge(ctx, "77", ""),
		c.Announce(ctx, nil),
		c.Describe(ctx, "x", "x"),
	)
	polling, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	_ = c.Poll(polling, nil, nil) // its errors are logged
	return all
}

// spotless fails if an error, or one within it, shows the token in any form.
func spotless(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		t.Error("no error")
		return
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%q"} {
		if text := fmt.Sprintf(format, err); strings.Contains(text, secret) {
			t.Errorf("the error holds the token: %s", text)
		}
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			spotless(t, inner)
		}
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			spotless(t, inner)
		}
	}
}
