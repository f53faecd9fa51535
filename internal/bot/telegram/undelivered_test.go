package telegram_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"kitebot/internal/bot/telegram"
)

// stuckWith is what Telegram says of a webhook that it fails to deliver to.
func stuckWith(words string) string {
	return `{"url":"ours","pending_update_count":4,"last_error_date":1700000000,"last_error_message":"` + words + `"}`
}

// What Telegram said last is kept, and since when it fails, until it delivers.
func TestUndelivered(t *testing.T) {
	bubble(t, func(t *testing.T, c *telegram.Client, s *stub, _ *lines) {
		r := hooks(t, c)
		atTelegram(s, wellSet)
		elapse(10 * time.Minute)
		if u := c.Undelivered(); u != nil {
			t.Errorf("all is well, and yet %+v", u)
		}
		atTelegram(s, stuckWith("Connection refused"))
		elapse(time.Minute)
		first := c.Undelivered()
		if first == nil || first.Words != "Connection refused" || time.Since(first.Since) > time.Minute {
			t.Fatalf("%+v", first)
		}
		atTelegram(s, stuckWith("Wrong response from the webhook: 404 Not Found"))
		elapse(5 * time.Minute)
		if u := c.Undelivered(); u == nil || u.Words != "Wrong response from the webhook: 404 Not Found" || !u.Since.Equal(first.Since) {
			t.Errorf("%+v, want the new words since %v", u, first.Since)
		}
		if first.Words != "Connection refused" {
			t.Errorf("what was returned has changed: %+v", first)
		}
		r.post(t, update(40), nil)
		if u := c.Undelivered(); u != nil {
			t.Errorf("one was delivered, and yet %+v", u)
		}
		elapse(3 * time.Minute)
		if u := c.Undelivered(); u == nil || !u.Since.After(first.Since) {
			t.Errorf("%+v, want a new beginning", u)
		}
		atTelegram(s, wellSet)
		elapse(time.Minute)
		if u := c.Undelivered(); u != nil {
			t.Errorf("nothing waits, and yet %+v", u)
		}
		r.stop(t)
	})
}

// Only Telegram's delivery shows that it delivers; and whoever has stopped is
// not delivered to, which is no trouble.
func TestWhatEndsUndelivered(t *testing.T) {
	bubble(t, func(t *testing.T, c *telegram.Client, s *stub, _ *lines) {
		r := hooks(t, c)
		atTelegram(s, stuckWith("Connection refused"))
		elapse(2 * time.Minute)
		r.post(t, update(40), func(req *http.Request) { req.Header.Set(secretHeader, "guess") })
		if c.Undelivered() == nil {
			t.Error("a stranger ended it")
		}
		s.on("getWebhookInfo", gateway())
		elapse(time.Minute)
		if c.Undelivered() == nil {
			t.Error("a look that failed ended it")
		}
		r.stop(t)
		if u := c.Undelivered(); u != nil {
			t.Errorf("after the end: %+v", u)
		}
	})
}

// Neither where the bot is nor what opens it gets into the words.
func TestUndeliveredHidesPlaces(t *testing.T) {
	for _, words := range []string{
		"Connection to 149.154.160.7:443 refused", "dial tcp [2001:db8::7]:8443: timeout", "IP address 10.0.0.7, is reserved",
		"host bot.example.org: not found", "secret " + hookSecret + " is wrong", "no such token " + token, "404 for /a/confidential-path?run=ABCDEF",
		"could not reach (2001:db8::7)",
	} {
		bubble(t, func(t *testing.T, c *telegram.Client, s *stub, _ *lines) {
			r := hooks(t, c)
			atTelegram(s, stuckWith(words))
			elapse(2 * time.Minute)
			u := c.Undelivered()
			if u == nil || !strings.Contains(u.Words, "…") && !strings.Contains(u.Words, "***") {
				t.Errorf("%q is %+v", words, u)
			} else {
				for _, hidden := range []string{"149.", "2001:", "10.0.0", "example", hookSecret, token, "confidential"} {
					if strings.Contains(u.Words, hidden) {
						t.Errorf("%q is in %q", hidden, u.Words)
					}
				}
			}
			r.stop(t)
		})
	}
}
