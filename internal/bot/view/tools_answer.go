package view

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf16"
)

// ToolAnswerView is a tool's answer as it came.
type ToolAnswerView struct {
	Tool string
	Text string
	AsOf time.Time
}

// maxAnswer is how much of an answer is shown, in UTF-16 units as Telegram
// counts: the rest of the 4,096 is for the lines around it.
const maxAnswer = 3500

// ToolAnswer renders a tool's answer: well-formed JSON indented, anything else
// as it is. An answer too long for a message is cut at a line, and comes whole
// as a file in a second message; whole is nil otherwise.
func ToolAnswer(v ToolAnswerView) (text Message, whole *Message) {
	pretty := prettyJSON(v.Text)
	shown, lines, all := head(visible(pretty), maxAnswer)
	name := escape(cut(clean(v.Tool), 40))
	var s sheet
	s.say("<b>"+name+"</b>", asOf(v.AsOf))
	switch {
	case strings.TrimSpace(shown) == "" && lines == all:
		s.say("The answer is empty.")
	case strings.TrimSpace(shown) != "":
		s.say("<pre>" + escape(shown) + "</pre>")
	}
	if lines == all {
		return s.message(false, nil), nil
	}
	file := answerFile(pretty)
	cutAt := "Cut here"
	if lines > 0 {
		cutAt = fmt.Sprintf("Cut after %d of %s", lines, many(all, "line", "lines"))
	}
	s.say(cutAt + "; the whole is in " + file.Name + ".")
	return s.message(false, nil), &Message{
		HTML: fmt.Sprintf("The whole answer of <b>%s</b>, %s.", name, many(all, "line", "lines")),
		File: file,
	}
}

// answerFile is an answer to keep. What is no JSON does not say it is.
func answerFile(text string) *File {
	if json.Valid([]byte(text)) {
		return &File{Name: "answer.json", MIME: "application/json", Data: []byte(text)}
	}
	return &File{Name: "answer.txt", MIME: "text/plain", Data: []byte(text)}
}

// head returns the first whole lines of s that fit in so many UTF-16 units, how
// many lines those are and how many there are. A first line that is too long by
// itself is cut inside; it counts as none then.
func head(s string, units int) (text string, lines, all int) {
	all = strings.Count(s, "\n") + 1
	if len(s) <= units || width16(s) <= units {
		return s, all, all
	}
	used, end := 0, 0
	for i, r := range s {
		if used += utf16.RuneLen(r); used > units {
			if end == 0 {
				return s[:i] + "…", 0, all
			}
			break
		}
		if r == '\n' {
			end, lines = i, lines+1
		}
	}
	return s[:end], lines, all
}

func width16(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}
