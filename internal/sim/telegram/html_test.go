package telegram

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestParseHTML(t *testing.T) {
	one := func(kind string, offset, length int) []Entity {
		return []Entity{{Type: kind, Offset: offset, Length: length}}
	}
	for _, tc := range []struct {
		source, text string
		want         []Entity
	}{
		{"", "", nil},
		{"plain > text", "plain > text", nil},
		{"a &lt;b&gt; &amp;amp; &quot;q&quot; &apos; &nbsp;", `a <b> &amp; "q" &apos; &nbsp;`, nil},
		{"&#0; &#; &#x; &#99999999; & &x", "&#0; &#; &#x; &#99999999; & &x", nil},
		{"<b>x</b>", "x", one("bold", 0, 1)},
		{"<i>x</i>", "x", one("italic", 0, 1)},
		{"<u>x</u>", "x", one("underline", 0, 1)},
		{"<s>x</s>", "x", one("strikethrough", 0, 1)},
		{"<code>x</code>", "x", one("code", 0, 1)},
		{"<pre>x</pre>", "x", one("pre", 0, 1)},
		{"<b></b>", "", nil},
		{"😀<b>é₹</b>", "😀é₹", one("bold", 2, 2)},
		{`<a href="https://example.org/?a=1&amp;b=2">x</a>`, "x", []Entity{{Type: "text_link", Length: 1, URL: "https://example.org/?a=1&b=2"}}},
		{"<b>a<i>b</i></b>c", "abc", []Entity{{Type: "bold", Length: 2}, {Type: "italic", Offset: 1, Length: 1}}},
		{"<i><b>a</b></i>", "a", []Entity{{Type: "italic", Length: 1}, {Type: "bold", Length: 1}}},
		{"a\x00b", "a b", nil},
	} {
		text, entities, err := parseHTML(tc.source)
		if err != nil || text != tc.text || cmp.Diff(tc.want, entities) != "" {
			t.Errorf("%q: %q, %v\n%s", tc.source, text, err, cmp.Diff(tc.want, entities))
		}
	}
}

func TestParseHTMLRefusals(t *testing.T) {
	for source, want := range map[string]string{
		"<br>":              `Unsupported start tag "br" at byte offset 0`,
		"₹<br/>":            `Unsupported start tag "br/" at byte offset 3`,
		"a < b":             `Unsupported start tag "" at byte offset 2`,
		"1<2":               `Unclosed start tag at byte offset 1`,
		"<2>":               `Unsupported start tag "2" at byte offset 0`,
		"x <b":              `Unclosed start tag at byte offset 2`,
		"<a href":           `Unclosed start tag "a" at byte offset 0`,
		`<a href="x`:        `Unclosed start tag "a" at byte offset 0`,
		"<a ":               `Unclosed start tag "a" at byte offset 0`,
		"x</b>":             `Unexpected end tag at byte offset 1`,
		"<b>x</b":           `Unclosed end tag at byte offset 4`,
		"<b>x</b y>":        `Unmatched end tag at byte offset 4, expected "</b>", found "</b y>"`,
		"<b x>y</b>":        `the simulator does not know the attribute "x" of the tag "b"`,
		`<a href="x">y</a>`: `the simulator takes no link "x": Wrong HTTP URL`,
		"<tg-emoji>":        `Unsupported start tag "tg-emoji" at byte offset 0`,
		"<b>x</i>":          `Unmatched end tag at byte offset 4, expected "</b>", found "</i>"`,
		"<b><i>x</b></i>":   `Unmatched end tag at byte offset 7, expected "</i>", found "</b>"`,
		"<b>x":              `Can't find end tag corresponding to start tag "b"`,
		"<b><i>x":           `Can't find end tag corresponding to start tag "i"`,
	} {
		if text, _, err := parseHTML(source); err == nil || err.Error() != want {
			t.Errorf("%q: %q, %v\nwant %s", source, text, err, want)
		}
	}
}

func TestNormalize(t *testing.T) {
	for _, tc := range []struct {
		source, text string
		want         []Entity
	}{
		{" \n x \n ", "x", nil},
		{" <b> x </b> ", " x", []Entity{{Type: "bold", Length: 2}}},
		{"<pre>  x  </pre>\n", "  x", []Entity{{Type: "pre", Length: 3}}},
		{"<b>  </b>", "", nil},
		{"see /help, /a@kite_demo_bot or @asha_m", "see /help, /a@kite_demo_bot or @asha_m", []Entity{
			{Type: "bot_command", Offset: 4, Length: 5}, {Type: "bot_command", Offset: 11, Length: 16}, {Type: "mention", Offset: 31, Length: 7}}},
		{"a/b //c /d/ /é x@yyy @ab", "a/b //c /d/ /é x@yyy @ab", nil},
		{"<code>/help https://example.org</code>", "/help https://example.org", []Entity{{Type: "code", Length: 25}}},
		{`<a href="https://example.org">/help</a>`, "/help", []Entity{{Type: "text_link", Length: 5, URL: "https://example.org"}}},
	} {
		text, entities, err := parseHTML(tc.source)
		if err != nil {
			t.Fatal(err)
		}
		text, entities = normalize(text, entities)
		if text != tc.text || cmp.Diff(tc.want, entities) != "" {
			t.Errorf("%q: %q\n%s", tc.source, text, cmp.Diff(tc.want, entities))
		}
	}
}

func TestCutUnits(t *testing.T) {
	for _, tc := range []struct {
		s        string
		from, to int
		want     string
	}{{"abc", 0, 3, "abc"}, {"abc", 1, 2, "b"}, {"😀x₹", 2, 3, "x"}, {"😀x₹", 3, 4, "₹"}, {"abc", 3, 3, ""}, {"abc", 2, 9, "c"}, {"", 0, 0, ""}} {
		if got := cutUnits(tc.s, tc.from, tc.to); got != tc.want {
			t.Errorf("cutUnits(%q, %d, %d) = %q, want %q", tc.s, tc.from, tc.to, got, tc.want)
		}
	}
}

// FuzzParseHTML checks that whatever comes in, entities lie within the text and escaped text comes out as it was.
func FuzzParseHTML(f *testing.F) {
	for _, seed := range []string{"<b>x</b>", "<a href='x'>&lt;", "<code>😀</code>", "</>", "<pre>x</pre>", "<b a=", "&#x1F600"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		if !utf8.ValidString(source) {
			return
		}
		check := func(text string, entities []Entity) {
			for i, e := range entities {
				if e.Type == "" || e.Offset < 0 || e.Length <= 0 || e.Offset+e.Length > units(text) {
					t.Fatalf("%q: entity %+v outside of %q", source, e, text)
				}
				if i > 0 && entities[i-1].Offset > e.Offset {
					t.Fatalf("%q: entities out of order: %+v", source, entities)
				}
			}
		}
		if text, entities, err := parseHTML(source); err == nil {
			check(text, entities)
			text, entities = normalize(text, entities)
			check(text, entities)
		}
		escaped := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(source)
		text, entities, err := parseHTML(escaped)
		if err != nil || text != strings.ReplaceAll(source, "\x00", " ") || entities != nil {
			t.Fatalf("escaped %q became %q, %v, %v", source, text, entities, err)
		}
	})
}
