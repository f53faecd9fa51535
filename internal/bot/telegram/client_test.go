package telegram

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/bot/view"
)

func TestIntroduceLearnsTheBotsName(t *testing.T) {
	bubble(t, func(t *testing.T, c *Client, _ *stub, log *lines) {
		if err := c.fetchSelf(t.Context()); err != nil {
			t.Fatal(err)
		}
		if c.ID() != botID || c.Username() != "test_of_ours_bot" || log.String() != "" {
			t.Errorf("id %d, name %q, log:\n%s", c.ID(), c.Username(), log)
		}
	})
}

func TestIntroduceIsPatient(t *testing.T) {
	bubble(t, func(t *testing.T, c *Client, s *stub, log *lines) {
		s.refuseDials(3)
		s.on("getMe", gateway(), reply{status: 404, body: "<html>no such page</html>"}, flood(200), reply{drop: true})
		began := time.Now()
		if err := c.fetchSelf(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < 200*time.Second || took > 240*time.Second {
			t.Errorf("took %v, want the 200 s asked for and little more", took)
		}
		if log.count("cannot be reached yet") != 2 || log.count("is reached") != 1 {
			t.Errorf("want a line at first, one after the long wait, one at last:\n%s", log)
		}
	})
}

func TestIntroduceEndsWithItsContext(t *testing.T) {
	bubble(t, func(t *testing.T, c *Client, s *stub, log *lines) {
		s.refuseDials(1 << 20)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		err := c.fetchSelf(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "connection refused") {
			t.Errorf("error = %v, want the context's and the last failure", err)
		}
		if n := log.count("cannot be reached yet"); n < 9 || n > 11 {
			t.Errorf("%d lines within ten minutes, want one a minute", n)
		}
	})
}

func TestIntroduceGivesUpOnABadToken(t *testing.T) {
	for _, code := range []int{401, 404} {
		bubble(t, func(t *testing.T, c *Client, s *stub, _ *lines) {
			s.on("getMe", no(code, "Unauthorized"))
			if err := c.fetchSelf(t.Context()); !errors.Is(err, ErrUnauthorized) {
				t.Errorf("error = %v, want ErrUnauthorized", err)
			}
			if n := len(s.of("getMe")); n != 1 {
				t.Errorf("asked %d times, want once", n)
			}
		})
	}
}

func TestNewOverASocket(t *testing.T) {
	server := httptest.NewServer(newStub())
	defer server.Close()
	c, err := New(t.Context(), Options{Token: token, APIURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if id, err := c.Send(t.Context(), 501, view.Message{HTML: "hello"}); err != nil || id == 0 {
		t.Errorf("Send = %d, %v", id, err)
	}
}

func TestAnnounceTouchesOnlyWhatDiffers(t *testing.T) {
	bubble(t, func(t *testing.T, c *Client, s *stub, _ *lines) {
		s.on("getMyCommands", ok(`[{"command":"old","description":"Old"}]`), ok(`[{"command":"old","description":"Old"}]`), ok(`[]`),
			ok(`[{"command":"status","description":"Am I logged in?"}]`))
		for range 2 {
			if err := c.Announce(t.Context(), []Command{{"status", "Am I logged in?"}}); err != nil {
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
	bubble(t, func(t *testing.T, c *Client, s *stub, _ *lines) {
		s.on("setMyCommands", gateway(), no(400, "Bad Request: BOT_COMMAND_INVALID"))
		err := c.Announce(t.Context(), []Command{{"Status", "x"}})
		if err == nil || !strings.Contains(err.Error(), "private chats: setMyCommands: 400 refused: bot_command_invalid") {
			t.Errorf("error = %v", err)
		}
	})
}

// Telegram lets a bot change its texts a few times a day, and a bot starts more
// often than that.
func TestDescribeTouchesOnlyWhatDiffers(t *testing.T) {
	bubble(t, func(t *testing.T, c *Client, s *stub, _ *lines) {
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
	bubble(t, func(t *testing.T, c *Client, s *stub, _ *lines) {
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
