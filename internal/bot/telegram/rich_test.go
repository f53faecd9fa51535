package telegram_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/bot"
	"kitebot/internal/bot/telegram"
	"kitebot/internal/bot/view"
)

const tablesSent = `{"blocks":[{"type":"paragraph","text":{"type":"bold","text":"₹1,200"}},` +
	`{"type":"table","cells":[` +
	`[{"text":"Stock","is_header":true,"align":"left","valign":"middle"},{"text":"Value","is_header":true,"align":"right","valign":"middle"}],` +
	`[{"text":"M\u0026M \u003c1\u003e","align":"left","valign":"middle"},{"text":"1,200","align":"right","valign":"middle"}]` +
	`],"is_striped":true,"is_compact":true}]}`

func TestNativeTablesAreWhatTelegramExpects(t *testing.T) {
	bubble(t, func(t *testing.T, c *telegram.Client, s *stub, log *lines) {
		s.on("sendRichMessage", ok(`{"message_id":80,"rich_message":{"a novelty":1}}`))
		m := withButtons(tables())
		m.Protect = true
		if id, err := c.Send(t.Context(), 501, m); err != nil || id != 80 {
			t.Fatalf("Send = %d, %v; want 80", id, err)
		}
		want := map[string]string{"chat_id": "501", "rich_message": tablesSent, "protect_content": "true", "reply_markup": buttonsSent}
		if diff := cmp.Diff(want, s.of("sendRichMessage")[0].params); diff != "" {
			t.Errorf("parameters (-want +got):\n%s", diff)
		}
		if err := c.Edit(t.Context(), 501, 80, m); err != nil {
			t.Fatal(err)
		}
		want = map[string]string{"chat_id": "501", "message_id": "80", "text": "", "rich_message": tablesSent, "reply_markup": buttonsSent}
		if diff := cmp.Diff(want, s.of("editMessageText")[0].params); diff != "" {
			t.Errorf("parameters (-want +got):\n%s", diff)
		}
		if log.String() != "" {
			t.Errorf("the log speaks of it:\n%s", log)
		}
	})
}

// What is no word about tables does not end them: the text shares the trouble, or
// the trouble passes.
func TestOtherTroubleDoesNotEndTables(t *testing.T) {
	for name, tt := range map[string]struct {
		first []reply // of the rich call
		text  []reply // of the text that stands in
		texts int     // how often it does
		want  bot.DeliveryCause
	}{
		"the buttons are wrong": {[]reply{no(400, "Bad Request: BUTTON_DATA_INVALID")}, []reply{no(400, "Bad Request: BUTTON_DATA_INVALID")}, 1, bot.DeliveryRefused},
		"the token is revoked":  {[]reply{no(404, "Not Found")}, []reply{no(404, "Not Found")}, 1, bot.DeliveryFailed},
		"unauthorized":          {[]reply{no(401, "Unauthorized")}, nil, 0, bot.DeliveryFailed},
		"blocked":               {[]reply{no(403, "Forbidden: bot was blocked by the user")}, nil, 0, bot.DeliveryGone},
		"the chat is gone":      {[]reply{no(400, "Bad Request: chat not found")}, []reply{no(400, "Bad Request: chat not found")}, 1, bot.DeliveryGone},
		"a page that says 404":  {[]reply{{status: 404, body: "<html>"}, {status: 404, body: "<html>"}}, nil, 0, bot.DeliveryFailed},
		"a server in trouble":   {[]reply{gateway(), gateway()}, nil, 0, bot.DeliveryFailed},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, c *telegram.Client, s *stub, log *lines) {
				s.on("sendRichMessage", tt.first...)
				s.on("sendMessage", tt.text...)
				_, err := c.Send(t.Context(), 501, tables())
				if got := cause(t, err); got != tt.want {
					t.Errorf("cause of %v = %d, want %d", err, got, tt.want)
				}
				if n := len(s.of("sendMessage")); n != tt.texts {
					t.Errorf("%d texts, want %d", n, tt.texts)
				}
				before := len(s.of("sendRichMessage"))
				if _, err := c.Send(t.Context(), 501, tables()); err != nil {
					t.Fatal(err)
				}
				if len(s.of("sendRichMessage")) != before+1 || log.count("as text for") != 0 {
					t.Errorf("tables are not sent any more; log:\n%s", log)
				}
			})
		})
	}
}

func TestMisbuiltTablesGoAsText(t *testing.T) {
	for name, html := range map[string]string{
		"a tag of no kind":  "<pre>SAMPLECORP</pre>",
		"a tag left open":   "<b>SAMPLECORP",
		"tags that cross":   "<b><i>SAMPLECORP</b></i>",
		"an escape too few": "M&M SAMPLECORP;",
		"a paragraph's end": "SAMPLECORP</p><p>x",
		"an end and a slip": "SAMPLECORP</p>&",
		"a comment":         "<!-- SAMPLECORP -->x",
		"a control letter":  "SAMPLECORP \x01",
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, c *telegram.Client, s *stub, log *lines) {
				if _, err := c.Send(t.Context(), 501, view.Message{HTML: "text", Rich: &view.Rich{Blocks: []view.Block{{HTML: html}}}}); err != nil {
					t.Fatal(err)
				}
				if texts := s.of("sendMessage"); len(texts) != 1 || len(s.calls) != 1 {
					t.Errorf("calls = %+v, want one text", s.calls)
				}
				if log.count("level=ERROR") != 1 || log.count("SAMPLECORP") != 0 {
					t.Errorf("want one loud line without the text:\n%s", log)
				}
				if mustReach(t, c, 501); len(s.of("sendRichMessage")) != 1 {
					t.Error("a bug of ours ended all tables")
				}
			})
		})
	}
}
