package telegram_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/bot"
	"kitebot/internal/bot/telegram"
	"kitebot/internal/bot/view"
)

const buttonsSent = `{"inline_keyboard":[[{"text":"1Y","style":"primary","callback_data":"chart:range:1Y"}]]}`

func TestAPhotoIsWhatTelegramExpects(t *testing.T) {
	bubble(t, func(t *testing.T, c *telegram.Client, s *stub, _ *lines) {
		m := withButtons(picture())
		m.Protect = true
		s.on("sendPhoto", ok(`{"message_id":78,"photo":{"a novelty":1}}`))
		s.on("editMessageMedia", ok(`{"message_id":78,"photo":{"a novelty":1}}`))
		if id, err := c.Send(t.Context(), 501, m); err != nil || id != 78 {
			t.Fatalf("Send = %d, %v; want 78", id, err)
		}
		want := map[string]string{
			"chat_id": "501", "caption": m.HTML, "parse_mode": "HTML", "protect_content": "true",
			"photo": "picture.png: " + string(m.Photo), "reply_markup": buttonsSent,
		}
		if diff := cmp.Diff(want, s.of("sendPhoto")[0].params); diff != "" {
			t.Errorf("parameters (-want +got):\n%s", diff)
		}
		if err := c.Edit(t.Context(), 501, 78, m); err != nil {
			t.Fatal(err)
		}
		want = map[string]string{
			"chat_id": "501", "message_id": "78", "reply_markup": buttonsSent, "picture.png": "picture.png: " + string(m.Photo),
			"media": `{"type":"photo","media":"attach://picture.png","caption":"\u003cb\u003eINFY\u003c/b\u003e ₹1,512.40","parse_mode":"HTML"}`,
		}
		if diff := cmp.Diff(want, s.of("editMessageMedia")[0].params); diff != "" {
			t.Errorf("parameters (-want +got):\n%s", diff)
		}
	})
}

func TestAFileIsWhatTelegramExpects(t *testing.T) {
	bubble(t, func(t *testing.T, c *telegram.Client, s *stub, _ *lines) {
		s.on("sendDocument", ok(`{"message_id":79,"document":{"a novelty":1}}`))
		m := withButtons(file())
		m.Protect = true
		if id, err := c.Send(t.Context(), 501, m); err != nil || id != 79 {
			t.Fatalf("Send = %d, %v; want 79", id, err)
		}
		want := map[string]string{
			"chat_id": "501", "caption": "500 holdings", "parse_mode": "HTML", "protect_content": "true",
			"document": "holdings-2031-03-04.csv: symbol,quantity\nINFY,10\n", "reply_markup": buttonsSent,
		}
		if diff := cmp.Diff(want, s.of("sendDocument")[0].params); diff != "" {
			t.Errorf("parameters (-want +got):\n%s", diff)
		}
	})
}

func TestAFileTakesNoMessagesPlace(t *testing.T) {
	bubble(t, func(t *testing.T, c *telegram.Client, s *stub, log *lines) {
		if got := cause(t, c.Edit(t.Context(), 501, 7, file())); got != bot.DeliveryNoMessage {
			t.Errorf("cause = %d, want no message", got)
		}
		if n := len(s.calls); n != 0 || log.String() != "" {
			t.Errorf("%d calls were made; log:\n%s", n, log)
		}
	})
}

// An upload that fails half way is read from its beginning by the next attempt.
func TestUploadsAreWholeAtEveryAttempt(t *testing.T) {
	tests := map[string]struct {
		method, part string
		m            view.Message
		edit         bool
		content      string
	}{
		"photo":        {"sendPhoto", "photo", picture(), false, string(picture().Photo)},
		"file":         {"sendDocument", "document", file(), false, string(file().File.Data)},
		"edited photo": {"editMessageMedia", "picture.png", picture(), true, string(picture().Photo)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, c *telegram.Client, s *stub, _ *lines) {
				s.on(tt.method, flood(3), flood(2), gateway())
				var err error
				if tt.edit {
					err = c.Edit(t.Context(), 501, 7, tt.m)
				} else {
					_, err = c.Send(t.Context(), 501, tt.m)
				}
				if err != nil {
					t.Fatal(err)
				}
				calls := s.of(tt.method)
				if len(calls) != 4 {
					t.Fatalf("%d attempts, want 4", len(calls))
				}
				for i, call := range calls {
					if !strings.HasSuffix(call.params[tt.part], ": "+tt.content) {
						t.Errorf("attempt %d uploads %d bytes, want %d", i, len(call.params[tt.part]), len(tt.content))
					}
				}
				if calls[1].at != 3*time.Second || calls[2].at != 5*time.Second {
					t.Errorf("attempts after %v and %v, want 3s and 5s", calls[1].at, calls[2].at)
				}
			})
		})
	}
}

// A sent upload of unknown fate comes twice at most, an edit is repeated.
func TestUploadsOfUnknownFate(t *testing.T) {
	bubble(t, func(t *testing.T, c *telegram.Client, s *stub, _ *lines) {
		drop := reply{drop: true}
		s.on("sendPhoto", drop, drop)
		s.on("sendDocument", drop, drop)
		s.on("editMessageMedia", drop, drop, drop)
		_, photo := c.Send(t.Context(), 501, picture())
		_, document := c.Send(t.Context(), 501, file())
		for _, err := range []error{photo, document} {
			if got := cause(t, err); got != bot.DeliveryDoubtful {
				t.Errorf("cause = %d, want doubtful", got)
			}
		}
		if err := c.Edit(t.Context(), 501, 7, picture()); err != nil {
			t.Error(err)
		}
		for method, want := range map[string]int{"sendPhoto": 2, "sendDocument": 2, "editMessageMedia": 4} {
			if got := len(s.of(method)); got != want {
				t.Errorf("%s was called %d times, want %d", method, got, want)
			}
		}
	})
}

func TestUploadsAreGivenAMinute(t *testing.T) {
	bubble(t, func(t *testing.T, c *telegram.Client, s *stub, _ *lines) {
		s.on("sendPhoto", reply{status: 200, body: `{"ok":true,"result":{"message_id":5}}`, hold: 50 * time.Second})
		if _, err := c.Send(t.Context(), 501, picture()); err != nil {
			t.Fatal(err)
		}
		if n := len(s.of("sendPhoto")); n != 1 {
			t.Errorf("%d attempts, want 1", n)
		}
	})
}

func TestAMisbuiltUploadIsNotSent(t *testing.T) {
	both := picture()
	both.File = file().File
	tests := map[string]view.Message{
		"an empty picture":      {HTML: "x", Photo: []byte{}},
		"a file without a name": {HTML: "x", File: &view.File{Data: []byte("x")}},
		"an empty file":         {HTML: "x", File: &view.File{Name: "a.csv"}},
		"both":                  both,
	}
	for name, m := range tests {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, c *telegram.Client, s *stub, log *lines) {
				_, sent := c.Send(t.Context(), 501, m)
				for _, err := range []error{sent, c.Edit(t.Context(), 501, 7, m)} {
					if got := cause(t, err); got != bot.DeliveryRefused {
						t.Errorf("cause = %d, want refused", got)
					}
				}
				if len(s.calls) != 0 || log.count("level=ERROR") != 2 {
					t.Errorf("%d calls, log:\n%s", len(s.calls), log)
				}
			})
		})
	}
}
