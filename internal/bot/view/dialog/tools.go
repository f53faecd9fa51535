package dialog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"

	"kitebot/internal/bot/view"
	"kitebot/internal/kite/query"
	"kitebot/internal/kite/wire"
)

// maxNesting is how deep an answer may be nested to be indented: deeper ones
// would grow with the square of their depth, and no reader is helped.
const maxNesting = 32

// maxGrowth is how many times as long an answer may become: candles, which are
// small numbers in lists, become 1.7 times as long.
const maxGrowth = 3

// prettyJSON indents JSON for reading, numbers and the order of fields as they
// came. What is no JSON stays as it is, made valid UTF-8.
func prettyJSON(text string) string {
	text = strings.ToValidUTF8(strings.TrimSpace(text), "\uFFFD")
	if !json.Valid([]byte(text)) {
		return text
	}
	if deepest, added := nesting(text); deepest > maxNesting || added > (maxGrowth-1)*max(len(text), shortText) {
		return text
	}
	var b bytes.Buffer
	if json.Indent(&b, []byte(text), "", "  ") != nil {
		return text
	}
	return plainEscapes(b.String())
}

// shortText is how many bytes may become more than maxGrowth times as long.
const shortText = 4 << 10

// nesting is how deep valid JSON is nested, and about how many bytes its indented
// lines add to it.
func nesting(text string) (deepest, added int) {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
			continue
		case c == '"':
			quoted = !quoted
			continue
		case quoted:
			continue
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		case c != ',':
			continue
		}
		added += 1 + 2*depth
	}
	return deepest, added
}

// plainEscapes writes &, < and > as themselves: the server escapes them for web
// pages. It is the same JSON. An escaped backslash is passed over whole, so that
// what follows it is not taken for an escape.
func plainEscapes(text string) string {
	plain := map[string]string{`\u0026`: "&", `\u003c`: "<", `\u003e`: ">", `\u003C`: "<", `\u003E`: ">"}
	var b strings.Builder
	for {
		at := strings.IndexByte(text, '\\')
		if at < 0 {
			b.WriteString(text)
			return b.String()
		}
		b.WriteString(text[:at])
		text = text[at:]
		sign, length := plain[text[:min(6, len(text))]], 6
		if sign == "" {
			sign, length = text[:min(2, len(text))], min(2, len(text))
		}
		b.WriteString(sign)
		text = text[length:]
	}
}

// visible leaves out what cannot be seen, or turns the direction of writing of
// all that follows; line breaks stay.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || unicode.IsPrint(r):
			return r
		case unicode.IsSpace(r):
			return ' '
		default:
			return -1
		}
	}, text)
}

// toolsPerPage is how many tools fit on a screen.
const toolsPerPage = 8

// ToolsView is what /tools shows.
type ToolsView struct {
	Offers []wire.Offer // what the server lists, in its order
	Page   int          // from 1; a page that does not exist is the nearest one
}

// Tools renders what may be asked of the server by /tool.
func Tools(v ToolsView) view.Message {
	offered, missing := query.Offered(v.Offers)
	if len(offered) == 0 {
		return view.Text("<b>Kite’s server lists no tool I know.</b>\nThis usually passes. Try again in a moment.", view.Press("Try again", "tools:again"))
	}
	at := view.PageOf(len(offered), toolsPerPage, v.Page)
	var s view.Sheet
	s.Say(toolsHead(offered, missing)...)
	for _, tool := range offered[at.From:at.To] {
		s.Say(toolLines(tool)...)
	}
	s.Say(at.Line("tools")...)
	return s.Message(false, at.Buttons("tools:page"))
}

// toolsHead says how a tool is asked, and names those that are missing.
func toolsHead(offered, missing []query.Tool) []string {
	lines := []string{
		fmt.Sprintf("<b>%s available</b>", view.Plural(len(offered), "read-only tool", "read-only tools")),
		"For example <code>/tool get_ltp instruments=NSE:INFY</code>",
	}
	if len(missing) > 0 {
		var names []string
		for _, t := range missing {
			names = append(names, t.Name)
		}
		lines = append(lines, "Not available now: "+view.Escape(strings.Join(names, ", ")))
	}
	return lines
}

// toolLines are a tool: what it answers, and what it takes.
func toolLines(t query.Tool) []string {
	lines := []string{fmt.Sprintf("<b>%s</b> · %s", view.Escape(t.Name), view.Escape(t.Summary))}
	if len(t.Args) > 0 {
		lines = append(lines, "Takes "+argumentList(t))
	}
	return lines
}

// argumentList lists a tool's arguments; what is not required stands in brackets.
func argumentList(t query.Tool) string {
	var parts []string
	for _, a := range t.Args {
		part := "<code>" + view.Escape(a.Name) + "</code>"
		if !a.Required {
			part = "[" + part + "]"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " ")
}

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
func ToolAnswer(v ToolAnswerView) (text view.Message, whole *view.Message) {
	pretty := prettyJSON(v.Text)
	shown, lines, all := head(visible(pretty), maxAnswer)
	name := view.Escape(view.Cut(view.Clean(v.Tool), 40))
	var s view.Sheet
	s.Say("<b>"+name+"</b>", view.AsOf(v.AsOf))
	switch {
	case strings.TrimSpace(shown) == "" && lines == all:
		s.Say("The answer is empty.")
	case strings.TrimSpace(shown) != "":
		s.Say("<pre>" + view.Escape(shown) + "</pre>")
	}
	if lines == all {
		return s.Message(false, nil), nil
	}
	file := answerFile(pretty)
	cutAt := "Cut here"
	if lines > 0 {
		cutAt = fmt.Sprintf("Cut after %d of %s", lines, view.Plural(all, "line", "lines"))
	}
	s.Say(cutAt + "; the whole is in " + file.Name + ".")
	return s.Message(false, nil), &view.Message{
		HTML: fmt.Sprintf("The whole answer of <b>%s</b>, %s.", name, view.Plural(all, "line", "lines")),
		File: file,
	}
}

// answerFile is an answer to keep. What is no JSON does not say it is.
func answerFile(text string) *view.File {
	if json.Valid([]byte(text)) {
		return &view.File{Name: "answer.json", MIME: "application/json", Data: []byte(text)}
	}
	return &view.File{Name: "answer.txt", MIME: "text/plain", Data: []byte(text)}
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

// ToolRefused says why a tool call that was typed is not made, and how to type
// one that is.
func ToolRefused(e *query.ParseError) view.Message {
	name := "<b>" + view.Escape(view.Cut(view.Clean(e.Name), 40)) + "</b>"
	switch e.Problem {
	case query.ProblemLogin:
		return view.Text("<b>I do not call login here.</b>\nCalled at the wrong moment, it ends your login. /login does it the safe way.", logIn("Log in"))
	case query.ProblemLogout:
		return view.Text("<b>I do not end a login here.</b>\n/logout does, and forgets it too.")
	case query.ProblemWrites:
		return view.Text(name + " can change your account. I only read, so I do not call it.\n/tools lists what I can ask.")
	case query.ProblemUnknown:
		return view.Text("I do not know " + name + ", so I cannot tell whether it only reads, and do not call it.\n/tools lists what I can ask.")
	case query.ProblemEmpty:
		return view.Text("<b>Which tool?</b>\nWrite it after the command, with what it takes:\n<code>/tool get_ltp instruments=NSE:INFY</code>\n\n/tools lists them.")
	default:
		return view.Text(fmt.Sprintf("<b>%s</b>\nFor example:\n<code>%s</code>", argProblem(e), view.Escape(toolExample(e.Tool))))
	}
}

// argProblem says what is wrong with an argument.
func argProblem(e *query.ParseError) string {
	tool, arg, value := view.Escape(e.Tool.Name), view.Escape(e.Arg.Name), view.Typed(e.Value)
	switch e.Problem {
	case query.ProblemNoSuchArg:
		return fmt.Sprintf("%s takes no “%s”", tool, value)
	case query.ProblemTwice:
		return fmt.Sprintf("%s is given twice", value)
	case query.ProblemMissing:
		return fmt.Sprintf("%s needs %s", tool, arg)
	case query.ProblemBadNumber:
		return fmt.Sprintf("%s has to be a whole number, not “%s”", arg, value)
	case query.ProblemTooShort:
		return fmt.Sprintf("%s needs %d letters at least, not “%s”", arg, e.Arg.MinLength, value)
	case query.ProblemBadBool:
		return fmt.Sprintf("%s has to be yes or no, not “%s”", arg, value)
	default:
		return fmt.Sprintf("%s has to be one of %s, not “%s”", arg, view.Escape(strings.Join(e.Arg.Choices, ", ")), value)
	}
}

// toolExample is a call with all that is required, and with one more when
// nothing is.
func toolExample(t query.Tool) string {
	words := []string{"/tool", t.Name}
	for _, a := range t.Args {
		if a.Required {
			words = append(words, a.Name+"="+a.Example)
		}
	}
	if len(words) == 2 && len(t.Args) > 0 {
		last := t.Args[len(t.Args)-1]
		words = append(words, last.Name+"="+last.Example)
	}
	return strings.Join(words, " ")
}

// ToolHidden refuses a tool of the account in privacy mode, since its answer is
// shown as it came, amounts and all.
func ToolHidden(tool string) view.Message {
	return view.Text(fmt.Sprintf("<b>Amounts are hidden.</b>\n%s answers with figures of your account as they are, so I do not ask it now. /show first, then ask again. "+
		"Tools of the market work as always.", view.Escape(view.Cut(view.Clean(tool), 40))), view.Press("Show amounts", "show:run"))
}
