package telegram_test

import (
	"encoding/json"
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/bot"
	"kitebot/internal/bot/telegram"
	"kitebot/internal/bot/view"
)

// unknowns are the words of servers that are too old for native tables.
func unknowns() map[string]reply {
	return map[string]reply{
		"a method that is not known":    no(404, "Not Found: method not found"),
		"not found and no more":         no(404, "Not Found"),
		"a parameter that is not known": no(400, "Bad Request: message text is empty"),
	}
}

// refusals are words about one message, or about one chat.
func refusals() map[string]reply {
	return map[string]reply{
		"a rule":            no(400, "Bad Request: not enough rights to send rich messages to the chat"),
		"a code":            no(400, "Bad Request: RICH_MESSAGE_FORBIDDEN"),
		"a cell":            no(400, "Bad Request: can't parse RichText"),
		"a message too big": no(400, "Bad Request: message is too long"),
	}
}

func mustSendTables(t *testing.T, c *telegram.Client, chats ...int64) {
	t.Helper()
	for _, chat := range chats {
		if id, err := c.Send(t.Context(), chat, tables()); err != nil || id == 0 {
			t.Fatalf("Send = %d, %v", id, err)
		}
	}
}

// tried are the messages that were tried with tables, and those that went as text.
func (s *stub) tried() (rich, text int) {
	return len(s.of("sendRichMessage")), len(s.of("sendMessage"))
}

func TestAServerTooOldForTablesIsGivenText(t *testing.T) {
	for name, r := range unknowns() {
		t.Run(name, func(t *testing.T) {
			withStub(t, func(t *testing.T, c *telegram.Client, s *stub, log *logBuffer) {
				s.on("sendRichMessage", r)
				mustSendTables(t, c, 501, 502, 501)
				if err := c.Edit(t.Context(), 501, 7, tables()); err != nil {
					t.Fatal(err)
				}
				if rich, text := s.tried(); rich != 1 || text != 3 {
					t.Errorf("tables were tried %d times, texts sent %d times; want 1 and 3", rich, text)
				}
				if first := s.of("sendMessage")[0]; first.params["text"] != tables().HTML || first.at != 0 {
					t.Errorf("the first text is %+v, want the message at once", first)
				}
				if edit := s.of("editMessageText"); len(edit) != 1 || edit[0].params["text"] != tables().HTML {
					t.Errorf("edits = %+v, want a text", edit)
				}
				if log.count("level=WARN") != 1 || log.count("as text for a while\" for=6h0m0s") != 1 || log.count("level=ERROR") != 0 {
					t.Errorf("want one line in the log, a warning:\n%s", log)
				}
			})
		})
	}
}

// A server may be newer a few hours later.
func TestTablesAreTriedAgainAfterHours(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, log *logBuffer) {
		old := no(404, "Not Found: method not found")
		s.on("sendRichMessage", old, old)
		for _, pause := range []time.Duration{0, 6*time.Hour - time.Minute, time.Minute, 6 * time.Hour} {
			elapse(pause)
			mustSendTables(t, c, 501)
		}
		if rich, text := s.tried(); rich != 3 || text != 3 || log.count("as text for") != 2 {
			t.Errorf("tables were tried %d times, texts sent %d times, want 3 and 3:\n%s", rich, text, log)
		}
	})
}

func TestARefusedTableIsOneMessagesTrouble(t *testing.T) {
	for name, r := range refusals() {
		t.Run(name, func(t *testing.T) {
			withStub(t, func(t *testing.T, c *telegram.Client, s *stub, log *logBuffer) {
				s.on("sendRichMessage", r)
				mustSendTables(t, c, 501, 501, 502)
				if rich, text := s.tried(); rich != 3 || text != 1 || s.of("sendMessage")[0].at != 0 {
					t.Errorf("tables were tried %d times, texts sent %d times; want 3 and 1", rich, text)
				}
				if log.count("level=WARN") != 1 || log.count("as text for") != 0 || log.count("level=ERROR") != 0 {
					t.Errorf("want one line about one message:\n%s", log)
				}
			})
		})
	}
}

func TestAnEditWithTablesGoesAsTextToo(t *testing.T) {
	same := no(400, "Bad Request: message is not modified: the same")
	for name, tt := range map[string]struct {
		replies map[string]reply
		want    []bool // which of the edits that follow had tables
	}{
		"old server": {unknowns(), []bool{true, false, false}},
		"refused":    {refusals(), []bool{true, false, true}},
	} {
		for what, r := range tt.replies {
			t.Run(name+"/"+what, func(t *testing.T) {
				withStub(t, func(t *testing.T, c *telegram.Client, s *stub, _ *logBuffer) {
					s.on("editMessageText", r, same)
					for range 2 {
						if err := c.Edit(t.Context(), 501, 7, tables()); err != nil {
							t.Fatal(err)
						}
					}
					var kinds []bool
					for _, call := range s.of("editMessageText") {
						kinds = append(kinds, call.params["rich_message"] != "")
					}
					if diff := cmp.Diff(tt.want, kinds); diff != "" {
						t.Errorf("which edits had tables (-want +got):\n%s", diff)
					}
				})
			})
		}
	}
}

const tablesSent = `{"blocks":[{"type":"paragraph","text":{"type":"bold","text":"₹1,200"}},` +
	`{"type":"table","cells":[` +
	`[{"text":"Stock","is_header":true,"align":"left","valign":"middle"},{"text":"Value","is_header":true,"align":"right","valign":"middle"}],` +
	`[{"text":"M\u0026M \u003c1\u003e","align":"left","valign":"middle"},{"text":"1,200","align":"right","valign":"middle"}]` +
	`],"is_striped":true,"is_compact":true}]}`

func TestNativeTablesAreWhatTelegramExpects(t *testing.T) {
	withStub(t, func(t *testing.T, c *telegram.Client, s *stub, log *logBuffer) {
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

// What is no refusal of tables does not end them: the text fails as well, or the
// failure passes.
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
		"a broken server":       {[]reply{badGateway(), badGateway()}, nil, 0, bot.DeliveryFailed},
	} {
		t.Run(name, func(t *testing.T) {
			withStub(t, func(t *testing.T, c *telegram.Client, s *stub, log *logBuffer) {
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
			withStub(t, func(t *testing.T, c *telegram.Client, s *stub, log *logBuffer) {
				if _, err := c.Send(t.Context(), 501, view.Message{HTML: "text", Rich: &view.Rich{Blocks: []view.Block{{HTML: html}}}}); err != nil {
					t.Fatal(err)
				}
				if texts := s.of("sendMessage"); len(texts) != 1 || len(s.calls) != 1 {
					t.Errorf("calls = %+v, want one text", s.calls)
				}
				if log.count("level=ERROR") != 1 || log.count("SAMPLECORP") != 0 {
					t.Errorf("want one loud line without the text:\n%s", log)
				}
				if mustSendTables(t, c, 501); len(s.of("sendRichMessage")) != 1 {
					t.Error("a bug of ours ended all tables")
				}
			})
		})
	}
}

func TestRichText(t *testing.T) {
	tests := map[string]string{
		"plain":                    `"plain"`,
		"":                         `""`,
		"two\nlines":               `"two\nlines"`,
		"M&amp;M &lt;b&gt; &quot;": `"M\u0026M \u003cb\u003e \""`,
		"₹ ▲ इंफोसिस \u200f🙂": `"₹ ▲ इंफोसिस ` + "\u200f" + `🙂"`,
		"<b>a</b>":              `{"type":"bold","text":"a"}`,
		"<i>a</i>":              `{"type":"italic","text":"a"}`,
		"<code>a</code>":        `{"type":"code","text":"a"}`,
		"x <b>a <i>b</i></b> y": `["x ",{"type":"bold","text":["a ",{"type":"italic","text":"b"}]}," y"]`,
		"<b></b>":               `{"type":"bold","text":""}`,
	}
	for html, want := range tests {
		text, err := telegram.RichText(html)
		if err != nil {
			t.Errorf("richText(%q): %v", html, err)
			continue
		}
		got, err := json.Marshal(text)
		if err != nil || string(got) != want {
			t.Errorf("richText(%q)\n got %s, %v\nwant %s", html, got, err, want)
		}
	}
}

// FuzzRichText wants of every text either a tree that says the same letters, or
// an error that does not quote it.
func FuzzRichText(f *testing.F) {
	for _, seed := range []string{
		"a<b>b</b>", "<b><i>x</i></b>", "&amp;&lt;", "</p>", "<p>x</p>", "<!--", "]]>", "<a href='", "\r\n",
		"x <b>a <i>b</i></b> &gt; y", "<b></b>", "<code>3</code><u>2</u>", "<b/>", "<b >x</b >", "<B>x</B>",
		"<![CDATA[x]]>", "<?x?>", "&#8377;", "&nbsp;", "<x:b>y</x:b>", "<a>x</a>", "\u202e₹\u2066", "<b>x</b></p><p>",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, html string) {
		text, err := telegram.RichText(html)
		if err != nil {
			if len(html) > 40 && strings.Contains(err.Error(), html) {
				t.Errorf("the error quotes the text: %v", err)
			}
			return
		}
		sent, err := json.Marshal(text)
		if err != nil {
			t.Fatalf("richText(%q) cannot be sent: %v", html, err)
		}
		var tree any
		if err := json.Unmarshal(sent, &tree); err != nil {
			t.Fatalf("richText(%q) is sent as %s: %v", html, sent, err)
		}
		if want, plain := lettersOf(html); plain && letterings(t, tree) != want {
			t.Errorf("richText(%q) says %q, want %q", html, letterings(t, tree), want)
		}
	})
}

// lettersOf takes the tags off a text by other means than the reader; false
// where that would need a reader: attributes, numeric escapes, CDATA, and line
// ends, which XML makes equal.
func lettersOf(text string) (string, bool) {
	if strings.ContainsAny(text, "'\"\r") || strings.Contains(text, "&#") || strings.Contains(text, "<!") {
		return "", false
	}
	return html.UnescapeString(regexp.MustCompile("<[^>]*>").ReplaceAllString(text, "")), true
}

// letterings is what a tree says as it is sent. Its objects are the styles we
// know, each around a text.
func letterings(t *testing.T, tree any) string {
	switch tree := tree.(type) {
	case string:
		return tree
	case []any:
		said := ""
		for _, part := range tree {
			said += letterings(t, part)
		}
		return said
	case map[string]any:
		known := []any{"bold", "italic", "code"}
		if slices.Contains(known, tree["type"]) {
			return letterings(t, tree["text"])
		}
	}
	t.Errorf("strange rich text: %v", tree)
	return ""
}
