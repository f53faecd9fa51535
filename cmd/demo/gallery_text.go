package main

import (
	"fmt"
	"html"
	"html/template"
	"regexp"
	"strings"
	"unicode"

	"kitebot/internal/bot/view/viewtest"
)

// phoneColumns is how many letters of a table a phone of 360 pixels shows
// beside each other.
const phoneColumns = 34

var telegramTag = regexp.MustCompile(`<(/?)([a-z-]+)((?: [a-z]+(?:="[^"<>]*")?)*)>`)

// telegramText is a text in Telegram's HTML.
type telegramText string

// HTML is the text as a browser takes it: its tags by those of a list, without
// any attribute, and everything between them escaped anew. Text that Telegram
// would refuse is an error.
func (t telegramText) HTML() (template.HTML, error) {
	text := string(t)
	if _, err := viewtest.Plain(text); err != nil {
		return "", fmt.Errorf("read the text: %w", err)
	}
	var b strings.Builder
	for text != "" {
		m := telegramTag.FindStringSubmatchIndex(text)
		if m == nil {
			b.WriteString(again(text))
			break
		}
		b.WriteString(again(text[:m[0]]))
		closing, name := m[2] != m[3], text[m[4]:m[5]]
		text = text[m[1]:]
		if name == "pre" && !closing {
			body, after, _ := strings.Cut(text, "</pre>")
			b.WriteString(preformatted(body))
			text = strings.TrimPrefix(after, "\n") // the block ends the line by itself
			continue
		}
		tag, err := browserTag(name, closing)
		if err != nil {
			return "", err
		}
		b.WriteString(tag)
	}
	return template.HTML(b.String()), nil
}

// signs keep a sign with its amount at the end of a line, as package telegram
// does when it sends.
var signs = strings.NewReplacer("−₹", "−\u2060₹", "+₹", "+\u2060₹")

// again escapes text that is escaped already in its own way.
func again(text string) string {
	return html.EscapeString(signs.Replace(html.UnescapeString(text)))
}

// browserTag is a tag as a browser shows it.
func browserTag(name string, closing bool) (string, error) {
	open, ok := map[string]string{
		"b": "b", "i": "i", "u": "u", "s": "s", "code": "code", "blockquote": "blockquote",
		"a": "span class=\"link\"", "tg-spoiler": "span class=\"spoiler\"", "tg-time": "span",
	}[name]
	if !ok {
		return "", fmt.Errorf("the gallery cannot show <%s>", name)
	}
	if closing {
		end, _, _ := strings.Cut(open, " ")
		return "</" + end + ">", nil
	}
	return "<" + open + ">", nil
}

// preformatted is a table or a piece of code, marked when a phone is too narrow
// for it. Tags in it, such as the name of a language, are left out.
func preformatted(body string) string {
	body = again(telegramTag.ReplaceAllString(body, ""))
	class := "pre"
	for line := range strings.Lines(html.UnescapeString(body)) {
		if columns(strings.TrimSuffix(line, "\n")) > phoneColumns {
			class = "pre overflow"
		}
	}
	return `<div class="` + class + `"><pre tabindex="0">` + body + `</pre></div>`
}

// columns is how wide a line is in letters of one width. Marks stand on the
// letter before them; emoji and the letters of East Asia take two.
func columns(line string) int {
	n := 0
	for _, r := range line {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case r >= 0x1F300, unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana):
			n += 2
		default:
			n++
		}
	}
	return n
}
