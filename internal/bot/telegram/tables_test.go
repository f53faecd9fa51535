package telegram_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/bot/telegram"
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

func mustReach(t *testing.T, c *telegram.Client, chats ...int64) {
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
			bubble(t, func(t *testing.T, c *telegram.Client, s *stub, log *lines) {
				s.on("sendRichMessage", r)
				mustReach(t, c, 501, 502, 501)
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
				if log.count("level=WARN") != 1 || log.count("as text for 6h0m0s") != 1 || log.count("level=ERROR") != 0 {
					t.Errorf("want one line in the log, a warning:\n%s", log)
				}
			})
		})
	}
}

// A server may be newer a few hours later.
func TestTablesAreTriedAgainAfterHours(t *testing.T) {
	bubble(t, func(t *testing.T, c *telegram.Client, s *stub, log *lines) {
		old := no(404, "Not Found: method not found")
		s.on("sendRichMessage", old, old)
		for _, pause := range []time.Duration{0, 6*time.Hour - time.Minute, time.Minute, 6 * time.Hour} {
			elapse(pause)
			mustReach(t, c, 501)
		}
		if rich, text := s.tried(); rich != 3 || text != 3 || log.count("as text for") != 2 {
			t.Errorf("tables were tried %d times, texts sent %d times, want 3 and 3:\n%s", rich, text, log)
		}
	})
}

func TestARefusedTableIsOneMessagesTrouble(t *testing.T) {
	for name, r := range refusals() {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, c *telegram.Client, s *stub, log *lines) {
				s.on("sendRichMessage", r)
				mustReach(t, c, 501, 501, 502)
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
				bubble(t, func(t *testing.T, c *telegram.Client, s *stub, _ *lines) {
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
