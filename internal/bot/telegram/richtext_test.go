package telegram

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/go-telegram/bot/models"
)

func TestRichText(t *testing.T) {
	tests := map[string]string{
		"plain":                    `"plain"`,
		"":                         `""`,
		"two\nlines":               `"two\nlines"`,
		"M&amp;M &lt;b&gt; &quot;": `"M\u0026M \u003cb\u003e \""`,
		"₹ ▲ इंफोसिस \u200f🙂": `"₹ ▲ इंफोसिस ` + "\u200f" + `🙂"`,
		"<b>a</b>":                   `{"type":"bold","text":"a"}`,
		"<i>a</i>":                   `{"type":"italic","text":"a"}`,
		"<u>a</u>":                   `{"type":"underline","text":"a"}`,
		"<s>a</s>":                   `{"type":"strikethrough","text":"a"}`,
		"<code>a</code>":             `{"type":"code","text":"a"}`,
		"<tg-spoiler>a</tg-spoiler>": `{"type":"spoiler","text":"a"}`,
		"x <b>a <i>b</i></b> y":      `["x ",{"type":"bold","text":["a ",{"type":"italic","text":"b"}]}," y"]`,
		"<b></b>":                    `{"type":"bold","text":""}`,
		`<a href="https://e.org/?a=1&amp;b=2">a</a>`:          `{"type":"url","text":"a","url":"https://e.org/?a=1\u0026b=2"}`,
		`<tg-time unix="1930380300" format="wDT">a</tg-time>`: `{"type":"date_time","text":"a","unix_time":1930380300,"date_time_format":"wDT"}`,
	}
	for html, want := range tests {
		text, err := richText(html)
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
	for _, seed := range []string{"a<b>b</b>", "<b><i>x</i></b>", "&amp;&lt;", "</p>", "<p>x</p>", "<!--", "]]>", "<a href='", "<tg-time unix=\"1\">x</tg-time>", "\r\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, html string) {
		text, err := richText(html)
		if err != nil {
			if len(html) > 40 && strings.Contains(err.Error(), html) {
				t.Errorf("the error quotes the text: %v", err)
			}
			return
		}
		if _, err := json.Marshal(text); err != nil {
			t.Errorf("richText(%q) cannot be sent: %v", html, err)
		}
		if !strings.ContainsAny(html, "<>&\r") {
			if got := letterings(text); got != html {
				t.Errorf("richText(%q) says %q", html, got)
			}
		}
	})
}

// letterings is what a text without tags says.
func letterings(t models.RichText) string {
	said := t.PlainText
	for _, part := range t.Array {
		said += letterings(part)
	}
	return said
}
