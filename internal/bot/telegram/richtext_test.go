package telegram_test

import (
	"encoding/json"
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kitebot/internal/bot/telegram"
)

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
