package telegram_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"kitebot/internal/bot/telegram"
)

func TestWhatAHookMayBe(t *testing.T) {
	for address, good := range map[string]bool{
		"https://bot.example.org":            true,
		"https://bot.example.org/telegram":   true,
		"https://bot.example.org:443/x":      true,
		"https://bot.example.org:80/x":       true,
		"https://bot.example.org:88/x":       true,
		"https://bot.example.org:8443/x":     true,
		"http://127.0.0.1:4711/x":            true,
		"http://localhost:4711/x":            true,
		"http://[::1]:4711/x":                true,
		"https://bot.example.org:8080/x":     false,
		"http://bot.example.org/x":           false,
		"http://10.0.0.1/x":                  false,
		"http://127.0.0.1.example.org/x":     false,
		"bot.example.org":                    false,
		"ftp://bot.example.org":              false,
		"https://":                           false,
		"https://u:p@bot.example.org/x":      false,
		"https://bot.example.org/x?run=made": false,
		"https://bot.example.org/x#y":        false,
		"https://bot.example.org:x/":         false,
		"":                                   false,
	} {
		if err := telegram.CheckHookURL(address); (err == nil) != good {
			t.Errorf("address %q: %v", address, err)
		} else if option, is := errors.AsType[*telegram.OptionError](err); err != nil && (!is || option.Option != "Hook.URL" || len(address) > 10 && strings.Contains(err.Error(), address)) {
			t.Errorf("address %q: %v", address, err)
		}
	}
	for secret, good := range map[string]bool{
		"a": true, "A-Z_0": true, strings.Repeat("x", 256): true,
		"": false, "a b": false, "ä": false, "a\n": false, strings.Repeat("x", 257): false,
	} {
		if err := telegram.CheckHookSecret(secret); (err == nil) != good {
			t.Errorf("secret %q: %v", secret, err)
		}
	}
}

func TestABadHookIsRefused(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		for _, h := range []telegram.Hook{{URL: "https://bot.example.org:9/"}, {URL: hookURL, Secret: "not this!"}} {
			n, _ := newProxyNet()
			h.Listener = n
			err := c.Webhook(t.Context(), h, nil, nil)
			if _, is := errors.AsType[*telegram.OptionError](err); !is || strings.Contains(err.Error(), "not this!") {
				t.Errorf("Webhook = %v", err)
			}
			select {
			case <-n.closed:
			default:
				t.Error("the listener was left open")
			}
		}
		if len(s.of("setWebhook")) != 0 {
			t.Error("it was set")
		}
	})
}

// setWebhookInfo answers getWebhookInfo from now on with what is set at that
// moment; "ours" stands for the address that was set last.
func setWebhookInfo(s *stub, info string) {
	set := s.of("setWebhook")
	ours := set[len(set)-1].params["url"]
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script["getWebhookInfo"] = append(failures(s.script["getWebhookInfo"]), slices.Repeat([]reply{ok(strings.ReplaceAll(info, "ours", ours))}, 1000)...)
}

// failures are the replies of a script that are no answers.
func failures(script []reply) []reply {
	return slices.DeleteFunc(script, func(r reply) bool { return r.status == 200 })
}

const webhookFine = `{"url":"ours","pending_update_count":0}`

// A webhook that another process removed is set again, at once the first time, and
// then every ten minutes: neither of two programs wins by being faster.
func TestAWebhookThatIsNotOursAnyMore(t *testing.T) {
	for _, test := range []struct{ info, words string }{
		{`{"url":"","pending_update_count":3}`, "the webhook was removed"},
		{`{"url":"https://other.example/confidential"}`, "another webhook was set"},
		{`{"url":"` + hookURL + `?run=somebodyelse"}`, "another webhook was set"},
	} {
		withStub(t, func(t *testing.T, c *telegram.Client, s *stub, log *logBuffer) {
			r := startWebhook(t, c)
			setWebhookInfo(s, webhookFine)
			elapse(10*time.Minute + checkEvery/2) // from here on between two checks
			if n := len(s.of("setWebhook")); n != 1 || c.Receiving() != nil || c.Conflict() {
				t.Errorf("set %d times, intake %v", n, c.Receiving())
			}
			setWebhookInfo(s, test.info)
			elapse(35 * time.Minute)
			var at []time.Duration
			for _, call := range s.of("setWebhook")[1:] {
				at = append(at, call.at.Round(time.Minute))
			}
			if want := []time.Duration{11 * time.Minute, 21 * time.Minute, 31 * time.Minute, 41 * time.Minute}; !slices.Equal(at, want) {
				t.Errorf("set again at %v, want %v", at, want)
			}
			if n := log.count("level=ERROR"); !c.Conflict() || c.Receiving() == nil || n < 34 || n > 36 || log.count(test.words) != n || log.count("confidential") != 0 {
				t.Errorf("conflict %v, intake %v, %d loud lines:\n%s", c.Conflict(), c.Receiving(), n, log)
			}
			setWebhookInfo(s, webhookFine)
			elapse(2 * time.Minute)
			if c.Conflict() || c.Receiving() != nil || log.count("in order again") != 1 {
				t.Errorf("conflict %v, intake %v after it is over:\n%s", c.Conflict(), c.Receiving(), log)
			}
			r.stop(t)
		})
	}
}

// Until the webhook is set nothing can come in, which readiness tells.
func TestAWebhookThatTelegramRefuses(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, log *logBuffer) {
		s.on("setWebhook", slices.Repeat([]reply{no(400, "Bad Request: bad webhook: Failed to resolve host: Name or service not known")}, 3)...)
		r := startWebhook(t, c)
		if err := c.Receiving(); err == nil || c.Conflict() {
			t.Errorf("intake %v", err)
		}
		elapse(150 * time.Second)
		if n := log.count("level=ERROR"); n != 3 || log.count("failed to resolve host") != 3 || c.Receiving() == nil {
			t.Errorf("%d loud lines within three minutes, want one a minute:\n%s", n, log)
		}
		elapse(time.Minute)
		if n := len(s.of("setWebhook")); n != 4 || c.Receiving() != nil {
			t.Errorf("set %d times, intake %v", n, c.Receiving())
		}
		r.stop(t)
	})
}

func TestSettingAWebhookIsPatient(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, log *logBuffer) {
		s.refuseDials(3)
		s.on("setWebhook", badGateway(), reply{drop: true}, tooManyRequests(7), ok("true"))
		r := startWebhook(t, c)
		elapse(30 * time.Second)
		calls := s.of("setWebhook")
		if last := len(calls) - 1; c.Receiving() != nil || calls[last].at-calls[last-1].at < 7*time.Second {
			t.Errorf("intake %v, calls %v", c.Receiving(), calls)
		}
		if log.count("level=WARN") != 1 || log.count("level=ERROR") != 0 {
			t.Errorf("want one line:\n%s", log)
		}
		r.stop(t)
	})
}

// That Telegram does not get through to us is said loudly, and only when it is
// true: an error that it got over is past.
func TestUpdatesThatCannotBeDelivered(t *testing.T) {
	const failing = `{"url":"ours","pending_update_count":4,"last_error_date":1700000000,"last_error_message":"SSL error {error:0A000086:SSL routines::certificate verify failed}"}`
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, log *logBuffer) {
		r := startWebhook(t, c)
		setWebhookInfo(s, strings.Replace(failing, `"pending_update_count":4`, `"pending_update_count":0`, 1))
		elapse(10*time.Minute + checkEvery/4) // from here on between two checks
		if log.count("level=ERROR") != 0 {
			t.Errorf("an error that is past was logged:\n%s", log)
		}
		setWebhookInfo(s, failing)
		for i := range int64(10) {
			elapse(30 * time.Second)
			r.post(t, update(40+i), nil)
		}
		if log.count("level=ERROR") != 0 || c.Undelivered() != nil {
			t.Errorf("updates come in, and yet %+v:\n%s", c.Undelivered(), log)
		}
		elapse(5 * time.Minute)
		if n := log.count("level=ERROR"); n < 4 || n > 5 || log.count("certificate verify failed") != n || log.count("(4 updates wait)") != n {
			t.Errorf("%d loud lines within five minutes:\n%s", n, log)
		}
		if c.Receiving() != nil || c.Conflict() {
			t.Error("the process is taken out of service, and will never be delivered to again")
		}
		setWebhookInfo(s, webhookFine)
		elapse(time.Minute)
		if log.count("in order again") != 1 {
			t.Errorf("want one line of relief:\n%s", log)
		}
		r.stop(t)
	})
}

func TestALookThatFailsIsNoAlarm(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, log *logBuffer) {
		r := startWebhook(t, c)
		s.on("getWebhookInfo", badGateway(), reply{drop: true}, no(500, "Internal Server Error"))
		setWebhookInfo(s, webhookFine)
		elapse(3 * time.Minute)
		if c.Receiving() != nil || log.count("level=ERROR") != 0 || log.count("level=WARN") != 1 || log.count("in order again") != 1 {
			t.Errorf("intake %v, log:\n%s", c.Receiving(), log)
		}
		r.stop(t)
	})
}

func TestARevokedTokenEndsWebhook(t *testing.T) {
	for _, method := range []string{"setWebhook", "getWebhookInfo"} {
		withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
			s.on(method, no(401, "Unauthorized"))
			s.on("getMe", no(401, "Unauthorized"))
			r := startWebhook(t, c)
			elapse(2 * time.Minute)
			if err := <-r.done; !errors.Is(err, telegram.ErrUnauthorized) {
				t.Errorf("Webhook = %v, want ErrUnauthorized", err)
			}
			r.cancel()
		})
	}
}

// Requests that are not Telegram's make one line a minute, however many come.
func TestStrangersDoNotFillTheLog(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, log *logBuffer) {
		r := startWebhook(t, c)
		setWebhookInfo(s, webhookFine)
		for range 301 {
			r.post(t, update(40), func(req *http.Request) { req.Header.Set(secretHeader, "guess") })
			elapse(time.Second)
		}
		if n := log.count("lack its secret"); n < 5 || n > 6 || log.count("count=60") < 4 {
			t.Errorf("%d lines within five minutes:\n%s", n, log)
		}
		r.stop(t)
	})
}

// undeliveredInfo is what Telegram says of a webhook that it fails to deliver to.
func undeliveredInfo(words string) string {
	return `{"url":"ours","pending_update_count":4,"last_error_date":1700000000,"last_error_message":"` + words + `"}`
}

// What Telegram said last is kept, and since when it fails, until it delivers.
func TestUndelivered(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		r := startWebhook(t, c)
		setWebhookInfo(s, webhookFine)
		elapse(10 * time.Minute)
		if u := c.Undelivered(); u != nil {
			t.Errorf("all is well, and yet %+v", u)
		}
		setWebhookInfo(s, undeliveredInfo("Connection refused"))
		elapse(time.Minute)
		first := c.Undelivered()
		if first == nil || first.Words != "Connection refused" || time.Since(first.Since) > time.Minute {
			t.Fatalf("%+v", first)
		}
		setWebhookInfo(s, undeliveredInfo("Wrong response from the webhook: 404 Not Found"))
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
		setWebhookInfo(s, webhookFine)
		elapse(time.Minute)
		if u := c.Undelivered(); u != nil {
			t.Errorf("nothing waits, and yet %+v", u)
		}
		r.stop(t)
	})
}

// Only Telegram's delivery shows that it delivers; and a process that has stopped is
// not delivered to, which is no failure.
func TestWhatEndsUndelivered(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		r := startWebhook(t, c)
		setWebhookInfo(s, undeliveredInfo("Connection refused"))
		elapse(2 * time.Minute)
		r.post(t, update(40), func(req *http.Request) { req.Header.Set(secretHeader, "guess") })
		if c.Undelivered() == nil {
			t.Error("a stranger ended it")
		}
		s.on("getWebhookInfo", badGateway())
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
		withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
			r := startWebhook(t, c)
			setWebhookInfo(s, undeliveredInfo(words))
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
