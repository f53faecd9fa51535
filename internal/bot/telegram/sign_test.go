package telegram

import (
	"strings"
	"testing"

	"kitebot/internal/bot/view"
)

// Whatever is sent, no line can break between a sign and its amount: in texts,
// captions and native blocks, new and in the place of others.
func TestSignsStayAtTheirAmounts(t *testing.T) {
	bubble(t, func(t *testing.T, c *Client, s *stub, _ *lines) {
		const html = "<b>P&amp;L</b> −₹24.00 (−0.19%) · today +₹5.00"
		const want = "<b>P&amp;L</b> −\u2060₹24.00 (−0.19%) · today +\u2060₹5.00"
		text := view.Message{HTML: html}
		photo, file := text, text
		photo.Photo, file.File = []byte("png"), &view.File{Name: "a.csv", MIME: "text/csv", Data: []byte("-24.00")}
		native := view.Message{HTML: html, Rich: &view.Rich{Blocks: []view.Block{{HTML: html}}}}
		for _, m := range []view.Message{text, photo, file, native} {
			if _, err := c.Send(t.Context(), 501, m); err != nil {
				t.Fatal(err)
			}
			if m.File == nil {
				if err := c.Edit(t.Context(), 501, 7, m); err != nil {
					t.Fatal(err)
				}
			}
		}
		for method, field := range map[string]string{"sendMessage": "text", "editMessageText": "text", "sendPhoto": "caption", "sendDocument": "caption", "editMessageMedia": "media", "sendRichMessage": "rich_message"} {
			calls := s.of(method)
			if len(calls) == 0 {
				t.Errorf("%s was not called", method)
			}
			for _, call := range calls {
				got := call.params[field]
				if got == "" {
					got = call.params["rich_message"]
				}
				if field != "text" || call.params["text"] == "" {
					if strings.Contains(got, "−₹") || strings.Contains(got, "+₹") || strings.Count(got, "\u2060") != 2 {
						t.Errorf("%s: %s", method, got)
					}
				} else if got != want {
					t.Errorf("%s: %s", method, got)
				}
			}
		}
	})
}
