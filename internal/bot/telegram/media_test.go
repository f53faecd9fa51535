package telegram_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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
