package telegram_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/bot/telegram"
)

// testNew runs New against a stub that begins with these replies to getMe.
func testNew(t *testing.T, lasts time.Duration, refused int, replies []reply, check func(c *telegram.Client, err error, s *stub, log *logBuffer)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, log := newStub(), &logBuffer{}
		s.refuseDials(refused)
		s.on("getMe", replies...)
		o, end := serve(t, s, s.refused, log)
		ctx, cancel := context.WithTimeout(t.Context(), lasts)
		defer cancel()
		c, err := telegram.New(ctx, o)
		check(c, err, s, log)
		if c != nil {
			c.Close()
		}
		end()
	})
}

func TestNewAsksWhoTheBotIs(t *testing.T) {
	testNew(t, time.Hour, 0, nil, func(c *telegram.Client, err error, _ *stub, log *logBuffer) {
		if err != nil || c.ID() != botID || c.Username() != "test_of_ours_bot" || log.String() != "" {
			t.Errorf("%v, client %+v, log:\n%s", err, c, log)
		}
	})
	failures := []reply{badGateway(), {status: 404, body: "<html>no such page</html>"}, tooManyRequests(200), {drop: true}}
	testNew(t, time.Hour, 3, failures, func(_ *telegram.Client, err error, s *stub, log *logBuffer) {
		if took := time.Since(s.start); err != nil || took < 200*time.Second || took > 240*time.Second {
			t.Errorf("%v after %v, want the 200 s asked for and little more", err, took)
		}
		if log.count("cannot be reached yet") != 2 || log.count("is reached") != 1 {
			t.Errorf("want a line at first, one after the long wait, one at last:\n%s", log)
		}
	})
	testNew(t, 10*time.Minute, 1<<20, nil, func(_ *telegram.Client, err error, _ *stub, log *logBuffer) {
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "connection refused") {
			t.Errorf("error = %v, want the context's and the last failure", err)
		}
		if n := log.count("cannot be reached yet"); n < 9 || n > 11 {
			t.Errorf("%d lines within ten minutes, want one a minute", n)
		}
	})
	for _, code := range []int{401, 404} {
		testNew(t, time.Hour, 0, []reply{no(code, "Unauthorized")}, func(_ *telegram.Client, err error, s *stub, _ *logBuffer) {
			if n := len(s.of("getMe")); !errors.Is(err, telegram.ErrUnauthorized) || n != 1 {
				t.Errorf("error = %v after %d calls, want ErrUnauthorized after one", err, n)
			}
		})
	}
}

func TestAnnounceTouchesOnlyWhatDiffers(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		s.on("getMyCommands", ok(`[{"command":"old","description":"Old"}]`), ok(`[{"command":"old","description":"Old"}]`), ok(`[]`),
			ok(`[{"command":"status","description":"Am I logged in?"}]`))
		for range 2 {
			if err := c.Announce(t.Context(), []telegram.Command{{"status", "Am I logged in?"}}); err != nil {
				t.Fatal(err)
			}
		}
		var got []string
		for _, call := range s.calls {
			got = append(got, call.method+" "+call.params["scope"]+" "+call.params["commands"])
		}
		const private, group, other = `{"type":"all_private_chats"}`, `{"type":"all_group_chats"}`, `{"type":"default"}`
		want := []string{
			"getMyCommands " + private + " ",
			"setMyCommands " + private + ` [{"command":"status","description":"Am I logged in?"}]`,
			"getMyCommands " + group + " ",
			"deleteMyCommands " + group + " ",
			"getMyCommands " + other + " ",
			"getMyCommands " + private + " ",
			"getMyCommands " + group + " ",
			"getMyCommands " + other + " ",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
	})
}

func TestAnnounceFailureNamesTheScope(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		s.on("setMyCommands", badGateway(), no(400, "Bad Request: BOT_COMMAND_INVALID"))
		err := c.Announce(t.Context(), []telegram.Command{{"Status", "x"}})
		if err == nil || !strings.Contains(err.Error(), "private chats: setMyCommands: 400 refused: bot_command_invalid") {
			t.Errorf("error = %v", err)
		}
	})
}

// Telegram lets a bot change its texts a few times a day, and a bot starts more
// often than that.
func TestDescribeTouchesOnlyWhatDiffers(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		s.on("getMyDescription", ok(`{"description":"Old."}`), ok(`{"description":"A longer text."}`))
		s.on("getMyShortDescription", ok(`{"short_description":"Old."}`), ok(`{}`))
		for range 2 {
			if err := c.Describe(t.Context(), "A longer text.", ""); err != nil {
				t.Fatal(err)
			}
		}
		if got := s.of("setMyDescription"); len(got) != 1 || got[0].params["description"] != "A longer text." {
			t.Errorf("descriptions set: %v", got)
		}
		if got := s.of("setMyShortDescription"); len(got) != 1 || len(got[0].params) != 0 {
			t.Errorf("short descriptions set: %v", got)
		}
	})
}

func TestDescribeFailureNamesTheText(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
		s.on("setMyShortDescription", no(400, "Bad Request: too long"))
		if err := c.Describe(t.Context(), "", "x"); err == nil || !strings.Contains(err.Error(), "in short: setMyShortDescription") {
			t.Errorf("error = %v", err)
		}
		s.on("getMyDescription", ok(`[]`))
		if err := c.Describe(t.Context(), "", "x"); err == nil || !strings.Contains(err.Error(), "describe the bot: profile: the answer cannot be read") {
			t.Errorf("error = %v", err)
		}
	})
}

func TestTokenIsChecked(t *testing.T) {
	tests := []struct {
		name, token string
		good        bool
	}{
		{"plain", token, true},
		{"white space around it", "\t" + token + "\r\n", true},
		{"shortest", "1:" + strings.Repeat("a", 30), true},
		{"empty", "", false},
		{"no colon", "4815162342" + secret, false},
		{"short secret", "1:" + strings.Repeat("a", 29), false},
		{"no id", ":" + secret, false},
		{"letters in the id", "48a:" + secret, false},
		{"id zero", "0:" + secret, false},
		{"id beyond 64 bits", "99999999999999999999:" + secret, false},
		{"signed id", "-4815162342:" + secret, false},
		{"newline within", "4815162342:" + secret[:20] + "\n" + secret[20:], false},
		{"slash", token + "/x", false},
		{"second colon", token + ":x", false},
		{"not ASCII", token + "é", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel() // a good token is not used
			_, err := telegram.New(ctx, telegram.Options{Token: tt.token, APIURL: "http://127.0.0.1:1"})
			problem, bad := errors.AsType[*telegram.OptionError](err)
			if bad == tt.good || bad && problem.Option != "Token" {
				t.Errorf("error = %#v, want good = %v", err, tt.good)
			}
			if strings.Contains(err.Error(), secret[:20]) {
				t.Errorf("the error holds the token: %v", err)
			}
		})
	}
}

func TestServerIsChecked(t *testing.T) {
	for address, good := range map[string]bool{
		"https://api.telegram.org":            true,
		"http://bot-api.internal:8081":        true, // allowed in clear
		"http://127.0.0.1:8081":               true,
		"http://[::1]:8081":                   true,
		"http://localhost:8081":               true,
		"https://example.org/tg":              true,
		"http://api.telegram.org":             false,
		"http://bot-api.internal.hunter2.org": false,
		"http://10.0.0.1":                     false,
		"api.telegram.org":                    false,
		"ftp://api.telegram.org":              false,
		"https://":                            false,
		"https://:8443":                       false,
		"http://:8081":                        false,
		"http://[]:8081":                      false,
		"https://me:hunter2@example.org":      false,
		"https://example.org/?a=hunter2":      false,
		"https://example.org/?":               false,
		"https://example.org/#hunter2":        false,
		"https://exa\x01mple.org/hunter2":     false,
	} {
		err := telegram.CheckServer(address, "Bot-API.internal")
		if problem, bad := errors.AsType[*telegram.OptionError](err); bad == good || bad && (problem.Option != "APIURL" || strings.Contains(err.Error(), "hunter2")) {
			t.Errorf("CheckServer(%q) = %v, want good = %v", address, err, good)
		}
	}
}
