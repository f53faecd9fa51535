package viewtest_test

import (
	"strings"
	"testing"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/viewtest"
)

func TestCheck(t *testing.T) {
	long := strings.Repeat("a", 4097)
	tests := []struct {
		name string
		m    view.Message
		ok   bool
	}{
		{"plain", view.Message{HTML: "hello"}, true},
		{"tags in order", view.Message{HTML: `<b>a <i>b</i></b> <code>c</code>`}, true},
		{"a link", view.Message{HTML: `<a href="https://example.com/?a=1">c</a>`}, false},
		{"escaped", view.Message{HTML: "M&amp;M &lt; &gt; &quot;"}, true},
		{"as long as can be", view.Message{HTML: "<b>" + long[:4096] + "</b>"}, true},
		{"empty", view.Message{HTML: "<b></b>"}, false},
		{"too long", view.Message{HTML: long}, false},
		{"too long in UTF-16 only", view.Message{HTML: strings.Repeat("🙂", 2049)}, false},
		{"bare ampersand", view.Message{HTML: "M&M"}, false},
		{"bare bracket", view.Message{HTML: "1 < 2"}, false},
		{"unknown tag", view.Message{HTML: "<h1>a</h1>"}, false},
		{"crossed tags", view.Message{HTML: "<b><i>a</b></i>"}, false},
		{"open tag", view.Message{HTML: "<b>a"}, false},
		{"closed only", view.Message{HTML: "a</b>"}, false},
		{"not UTF-8", view.Message{HTML: "\xff"}, false},
		{"button", withButton(view.Button{Text: "Go", Data: strings.Repeat("d", 64)}), true},
		{"data too long", withButton(view.Button{Text: "Go", Data: strings.Repeat("d", 65)}), false},
		{"no target", withButton(view.Button{Text: "Go"}), false},
		{"two targets", withButton(view.Button{Text: "Go", Data: "a", URL: "https://example.com"}), false},
		{"no text", withButton(view.Button{Data: "a"}), false},
		{"empty row", view.Message{HTML: "a", Buttons: [][]view.Button{{}}}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := viewtest.Check(tt.m); (err == nil) != tt.ok {
				t.Errorf("Check = %v, want ok %v", err, tt.ok)
			}
		})
	}
}

func TestDump(t *testing.T) {
	m := view.Message{
		HTML:    "<b>Hello</b>",
		Protect: true,
		Buttons: [][]view.Button{
			{{Text: "A", Data: "a:b:1"}, {Text: "Open", URL: "https://example.com", Style: view.Primary}},
			{{Text: "Id", Copy: "AB1234"}},
		},
	}
	want := `<b>Hello</b>

(no forwarding, no saving)

[ A → a:b:1 ] [ Open → https://example.com, primary ]
[ Id → copy AB1234 ]
`
	if got := viewtest.Dump(m); got != want {
		t.Errorf("Dump =\n%s\nwant\n%s", got, want)
	}
}

func withButton(b view.Button) view.Message {
	return view.Message{HTML: "a", Buttons: [][]view.Button{{b}}}
}
