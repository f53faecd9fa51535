package bottest_test

import (
	"errors"
	"strings"
	"testing"

	"kitebot/internal/bot"
	"kitebot/internal/bot/bottest"
	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/viewtest"
)

const chat = 501

func kinds() map[string]view.Message {
	return map[string]view.Message{
		"text":   {HTML: "text"},
		"tables": {HTML: "text", Rich: &view.Rich{Blocks: []view.Block{{HTML: "native"}}}},
		"photo":  {HTML: "caption", Photo: viewtest.PNG(12, 8, 0)},
		"file":   {HTML: "caption", File: &view.File{Name: "a.csv", MIME: "text/csv", Data: []byte("a\n")}},
	}
}

// The phone has the rules of Telegram, which the tests of package telegram ask of
// the strict simulator: keep the two lists the same.
func TestPhoneWhatTakesWhosePlace(t *testing.T) {
	possible := " text→text text→tables text→photo tables→text tables→tables tables→photo photo→photo file→photo "
	for before, old := range kinds() {
		for after, m := range kinds() {
			t.Run(before+"→"+after, func(t *testing.T) {
				p := bottest.NewPhone(t)
				id, err := p.Send(t.Context(), chat, old)
				if err != nil {
					t.Fatal(err)
				}
				m.Buttons = [][]view.Button{{{Text: "Go", Data: "go:on"}}}
				err = p.Edit(t.Context(), chat, id, m)
				shown, _ := p.Shown(chat, id)
				if strings.Contains(possible, " "+before+"→"+after+" ") {
					if err != nil || viewtest.Dump(shown) != viewtest.Dump(m) {
						t.Errorf("Edit = %v, shown:\n%s", err, viewtest.Dump(shown))
					}
					return
				}
				d, ok := errors.AsType[*bot.DeliveryError](err)
				if !ok || d.Cause != bot.DeliveryNoMessage || viewtest.Dump(shown) != viewtest.Dump(old) {
					t.Errorf("Edit = %v, shown:\n%s", err, viewtest.Dump(shown))
				}
			})
		}
	}
}

func TestPhoneNoticesAnotherPicture(t *testing.T) {
	p := bottest.NewPhone(t)
	id, err := p.Send(t.Context(), chat, view.Message{HTML: "day", Photo: viewtest.PNG(12, 8, 0)})
	if err != nil {
		t.Fatal(err)
	}
	p.Log()
	for _, step := range []struct {
		shade uint8
		want  string
	}{
		{0, ""}, // the same once more
		{99, "bot to 501: message #1 becomes\n    (photo 12×8)\n    day\n"},
		{99, ""},
	} {
		if err := p.Edit(t.Context(), chat, id, view.Message{HTML: "day", Photo: viewtest.PNG(12, 8, step.shade)}); err != nil {
			t.Fatal(err)
		}
		if got := p.Log(); got != step.want {
			t.Errorf("log = %q, want %q", got, step.want)
		}
	}
}

// complaints is a test that counts its errors.
type complaints struct {
	testing.TB
	said int
}

func (c *complaints) Errorf(string, ...any) { c.said++ }
func (c *complaints) Helper()               {}

func TestPhoneRefusesWhatTelegramRefuses(t *testing.T) {
	long := strings.Repeat("a", 1025)
	for name, change := range map[string]func(kinds map[string]view.Message) view.Message{
		"a long caption of a photo": func(k map[string]view.Message) view.Message { m := k["photo"]; m.HTML = long; return m },
		"a long caption of a file":  func(k map[string]view.Message) view.Message { m := k["file"]; m.HTML = long; return m },
		"no picture":                func(map[string]view.Message) view.Message { return view.Message{Photo: []byte("x")} },
		"native nothing":            func(map[string]view.Message) view.Message { return view.Message{HTML: "a", Rich: &view.Rich{}} },
	} {
		t.Run(name, func(t *testing.T) {
			c := &complaints{TB: t}
			p := bottest.NewPhone(c)
			if _, err := p.Send(t.Context(), chat, change(kinds())); err != nil || c.said != 1 {
				t.Errorf("the test was failed %d times, want once (%v)", c.said, err)
			}
		})
	}
}

// Messages of both sides can be deleted, and the transcript says so. One that is
// gone already is no error, one that Telegram keeps is refused.
func TestPhoneDeletes(t *testing.T) {
	p := bottest.NewPhone(t)
	theirs := p.Wrote(chat)
	ours, err := p.Send(t.Context(), chat, kinds()["text"])
	if err != nil {
		t.Fatal(err)
	}
	p.Log()
	p.Fix(true)
	for _, id := range []int{theirs, ours} {
		d, ok := errors.AsType[*bot.DeliveryError](p.Delete(t.Context(), chat, id))
		if !ok || d.Cause != bot.DeliveryRefused {
			t.Errorf("Delete of #%d that has to stay = %v", id, d)
		}
	}
	p.Fix(false)
	for _, id := range []int{theirs, ours, theirs, ours, 99} {
		if err := p.Delete(t.Context(), chat, id); err != nil {
			t.Errorf("Delete of #%d = %v", id, err)
		}
	}
	if got, want := p.Log(), "bot deletes 501's message #1\nbot to 501: message #2 is deleted\n"; got != want {
		t.Errorf("log = %q, want %q", got, want)
	}
	if _, there := p.Shown(chat, ours); there {
		t.Error("a deleted message is shown")
	}
	p.Gone(chat, true)
	if d, ok := errors.AsType[*bot.DeliveryError](p.Delete(t.Context(), chat, p.Wrote(chat))); !ok || d.Cause != bot.DeliveryGone {
		t.Errorf("Delete in a chat that is gone = %v", d)
	}
}
