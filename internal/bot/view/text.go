package view

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
)

// maxCellRunes bounds what one cell may hold, because characters without a
// width of their own can be piled up without end.
const maxCellRunes = 2 * TableWidth

// Clean makes text from outside fit for one cell: one line, nothing invisible
// or turning the direction of writing, and of bounded size.
func Clean(s string) string { return CleanTo(s, maxCellRunes) }

// CleanTo cleans text of at most so many characters, as Telegram counts them: an
// emoji is two.
func CleanTo(s string, most int) string {
	if len(s) <= most && isPlain(s) {
		return s
	}
	var b strings.Builder
	units := 0
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			r = ' '
		case !unicode.IsPrint(r): // controls, joiners, directions
			continue
		}
		if units += utf16.RuneLen(r); units > most {
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}

// isPlain reports whether s is made of the printable characters of ASCII.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// Escape makes text from outside safe inside Telegram's HTML.
func Escape(s string) string {
	if !strings.ContainsAny(s, `&<>"`) {
		return s // which is nearly every cell
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	for i := range len(s) {
		switch s[i] {
		case '&':
			b.WriteString("&amp;")
		case '<':
			b.WriteString("&lt;")
		case '>':
			b.WriteString("&gt;")
		case '"':
			b.WriteString("&quot;")
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// Safe makes one line of text from outside safe to show: bounded, without
// what is invisible, escaped. It is never empty.
func Safe(s string) string {
	if s = strings.TrimSpace(Clean(s)); Width(s) == 0 {
		return Absent
	}
	return Escape(s)
}

// Cut shortens s to at most n characters.
func Cut(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}

// Typed is what a person typed, fit to be shown back.
func Typed(s string) string { return Escape(Cut(Clean(strings.TrimSpace(s)), 40)) }

// Capital writes a word with a capital letter.
func Capital(word string) string { return strings.ToUpper(word[:1]) + word[1:] }

// NotBlank is a name, "(no name)" where nothing of it can be seen.
func NotBlank(name string) string {
	if name = strings.TrimSpace(name); Width(name) == 0 {
		return "(no name)"
	}
	return name
}

// Plural writes a count with its noun: "1 order", "3 orders".
func Plural(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// IsAre is the verb for so many.
func IsAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// Count is how many of something there are, "2 open"; "" for none.
func Count(n int, name string) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d %s", n, name)
}

// Join writes what is not empty as parts of one line: "2 open · 3 executed".
func Join(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " · ")
}

// UpDown counts what rose, what fell and what stayed: "3 up · 1 down · 2 unchanged".
func UpDown(up, down, same int) string {
	if words := Join(Count(up, "up"), Count(down, "down"), Count(same, "unchanged")); words != "" {
		return words
	}
	return "no change known"
}
