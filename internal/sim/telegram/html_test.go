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
		{"&#8377;&#x20b9;&#x1F600;&lt", "₹₹😀<", nil},
		{"&#0; &#; &#x; &#99999999; & &x", "&#0; &#; &#x; &#99999999; & &x", nil},
		{"<b>x</b>", "x", one("bold", 0, 1)},
		{"<strong>x</strong>", "x", one("bold", 0, 1)},
		{"<i>x</i>", "x", one("italic", 0, 1)},
		{"<em>x</em>", "x", one("italic", 0, 1)},
		{"<u>x</u>", "x", one("underline", 0, 1)},
		{"<ins>x</ins>", "x", one("underline", 0, 1)},
		{"<s>x</s>", "x", one("strikethrough", 0, 1)},
		{"<strike>x</strike>", "x", one("strikethrough", 0, 1)},
		{"<del>x</del>", "x", one("strikethrough", 0, 1)},
		{"<code>x</code>", "x", one("code", 0, 1)},
		{"<pre>x</pre>", "x", one("pre", 0, 1)},
		{"<tg-spoiler>x</tg-spoiler>", "x", one("spoiler", 0, 1)},
		{`<span class="tg-spoiler">x</span>`, "x", one("spoiler", 0, 1)},
		{"<blockquote>x</blockquote>", "x", one("blockquote", 0, 1)},
		{"<blockquote expandable>x</blockquote>", "x", one("expandable_blockquote", 0, 1)},
		{`<blockquote expandable="">x</blockquote>`, "x", one("expandable_blockquote", 0, 1)},
		{"<B>x</b>", "x", one("bold", 0, 1)},
		{"<b >x</b\n>", "x", one("bold", 0, 1)},
		{"<b>x</>", "x", one("bold", 0, 1)},
		{"<b id=1.a-b>x</b>", "x", one("bold", 0, 1)},
		{"<b></b>", "", nil},
		{"😀<b>é₹</b>", "😀é₹", one("bold", 2, 2)},
		{`<a href="https://example.org/?a=1&amp;b=2">x</a>`, "x", []Entity{{Type: "text_link", Length: 1, URL: "https://example.org/?a=1&b=2"}}},
		{`<a href='tg://user?id=42'>x</a>`, "x", []Entity{{Type: "text_link", Length: 1, URL: "tg://user?id=42"}}},
		{"<a>https://example.org</a>", "https://example.org", []Entity{{Type: "text_link", Length: 19, URL: "https://example.org"}}},
		{`<a href="javascript:alert(1)">x</a>`, "x", nil},
		{`<pre><code class="language-go">x</code></pre>`, "x", []Entity{{Type: "pre", Length: 1, Language: "go"}}},
		{`<code class="language-go"><pre>x</pre></code>`, "x", []Entity{{Type: "pre", Length: 1, Language: "go"}}},
		{`<tg-emoji emoji-id="5368324170671202286">👍</tg-emoji>`, "👍", []Entity{{Type: "custom_emoji", Length: 2, CustomEmojiID: "5368324170671202286"}}},
		{`<tg-time unix="1772000000" format="wDT">then</tg-time>`, "then", []Entity{{Type: "date_time", Length: 4, UnixTime: 1772000000, DateTimeFormat: "wDT"}}},
		{`<tg-time unix="never">then</tg-time>`, "then", nil},
		{"<b>a<i>b</i></b>c", "abc", []Entity{{Type: "bold", Length: 2}, {Type: "italic", Offset: 1, Length: 1}}},
		{"<i><b>a</b></i>", "a", []Entity{{Type: "bold", Length: 1}, {Type: "italic", Length: 1}}},
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
		"<br>":                            `Unsupported start tag "br" at byte offset 0`,
		"₹<br/>":                          `Unsupported start tag "br/" at byte offset 3`,
		"a < b":                           `Unsupported start tag "" at byte offset 2`,
		"1<2":                             `Unclosed start tag at byte offset 1`,
		"<2>":                             `Unsupported start tag "2" at byte offset 0`,
		"x <b":                            `Unclosed start tag at byte offset 2`,
		"<a href":                         `Unclosed start tag "a" at byte offset 0`,
		"<a href=":                        `Unclosed start tag "a" at byte offset 0`,
		`<a href="x`:                      `Unclosed start tag at byte offset 0`,
		`<a href="x"`:                     `Unclosed start tag at byte offset 0`,
		"<a ":                             `Unclosed start tag "a" at byte offset 0`,
		`<a ="x">y</a>`:                   `Empty attribute name in the tag "a" at byte offset 0`,
		`<a href="a"b">y</a>`:             `Empty attribute name in the tag "a" at byte offset 0`,
		"<b />":                           `Empty attribute name in the tag "b" at byte offset 0`,
		"<a href=x/>y</a>":                `Unexpected end of name token at byte offset 8`,
		"<span>x</span>":                  `Tag "span" must have class "tg-spoiler" at byte offset 0`,
		`x<span class="red">x</span>`:     `Tag "span" must have class "tg-spoiler" at byte offset 1`,
		"x</b>":                           `Unexpected end tag at byte offset 1`,
		"<b>x</b":                         `Unclosed end tag at byte offset 4`,
		"<b>x</b y>":                      `Unclosed end tag at byte offset 4`,
		"<b>x</i>":                        `Unmatched end tag at byte offset 4, expected "</b>", found "</i>"`,
		"<b><i>x</b></i>":                 `Unmatched end tag at byte offset 7, expected "</i>", found "</b>"`,
		"<b>x":                            `Can't find end tag corresponding to start tag "b"`,
		"<b><i>x":                         `Can't find end tag corresponding to start tag "i"`,
		"<tg-emoji>👍</tg-emoji>":          `Invalid custom emoji identifier specified`,
		`<tg-time format="q">x</tg-time>`: `Invalid date format used`,
		"&#xD83D;":                        "Text contains invalid Unicode characters after decoding HTML entities, check for unmatched surrogate code units",
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
		{"<b><b>x</b></b>", "x", []Entity{{Type: "bold", Length: 1}}},
		{"<pre><b>x</b>y</pre>", "xy", []Entity{{Type: "pre", Length: 2}}},
		{"<pre><code>x</code></pre>", "x", []Entity{{Type: "pre", Length: 1}}},
		{"<b>a<code>b</code>c</b>", "abc", []Entity{{Type: "bold", Length: 1}, {Type: "code", Offset: 1, Length: 1}, {Type: "bold", Offset: 2, Length: 1}}},
		{"<blockquote>a<code>b</code>c</blockquote>", "abc", []Entity{{Type: "blockquote", Length: 3}, {Type: "code", Offset: 1, Length: 1}}},
		{"<blockquote>a<blockquote>b</blockquote></blockquote>", "ab", []Entity{{Type: "blockquote", Length: 2}}},
		{"see /help, /a@kite_demo_bot or @asha_m", "see /help, /a@kite_demo_bot or @asha_m", []Entity{
			{Type: "bot_command", Offset: 4, Length: 5}, {Type: "bot_command", Offset: 11, Length: 16}, {Type: "mention", Offset: 31, Length: 7}}},
		{"a/b //c /d/ /é x@yyy @ab", "a/b //c /d/ /é x@yyy @ab", nil},
		{"😀 https://example.org/x?y=1. http://", "😀 https://example.org/x?y=1. http://", []Entity{{Type: "url", Offset: 3, Length: 25}}},
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
	for _, seed := range []string{"<b>x</b>", "<a href='x'>&lt;", "<pre><code class=\"language-go\">😀</code></pre>", "</>", "<tg-time unix=5>x</>", "<b a=", "&#x1F600"} {
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
