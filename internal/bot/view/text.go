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

// TableWidth is how many character cells fit side by side on a phone in
// Telegram's fixed-width text without wrapping.
const TableWidth = 34

// Width is how many character cells s takes in fixed-width text.
func Width(s string) int {
	n := 0
	for _, r := range s {
		n += cell(r)
	}
	return n
}

// cell is how many character cells one character takes: none for a mark that
// sits on the one before, two for East Asian wide characters and emoji.
func cell(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case isWide(r):
		return 2
	default:
		return 1
	}
}

// isWide covers the wide blocks as a whole. Where fonts differ (symbols that
// are emoji on some phones) it says wide, so that a line is rather too short.
func isWide(r rune) bool {
	wide := [][2]rune{
		{0x1100, 0x115F},                                                                         // Hangul Jamo
		{0x231A, 0x231B}, {0x23E9, 0x23FA}, {0x25FD, 0x25FE}, {0x2600, 0x27BF}, {0x2B1B, 0x2B55}, // symbols
		{0x2E80, 0x303E}, {0x3041, 0xA4CF}, // CJK, kana, Yi
		{0xA960, 0xA97F}, {0xAC00, 0xD7A3}, // Hangul
		{0xF900, 0xFAFF}, {0xFE10, 0xFE19}, {0xFE30, 0xFE6F}, {0xFF00, 0xFF60}, {0xFFE0, 0xFFE6}, // full width
		{0x16FE0, 0x18DFF}, {0x1B000, 0x1B2FF}, // Tangut, kana
		{0x1F000, 0x1FAFF}, // emoji, flags
		{0x20000, 0x3FFFD}, // CJK
	}
	for _, block := range wide {
		if r >= block[0] && r <= block[1] {
			return true
		}
	}
	return false
}

// Fit cuts s to width cells and marks the cut.
func Fit(s string, width int) string {
	if Width(s) <= width {
		return s
	}
	if width <= 0 {
		return ""
	}
	return Prefix(s, width-1) + "…"
}

// FitName cuts like [Fit], but keeps two digits at the end: bonds of one issuer
// differ only there (SGBDEC2511, SGBDEC2512).
func FitName(s string, width int) string {
	const kept = 2
	end := s[max(0, len(s)-kept):]
	if Width(s) <= width || width < kept+2 || strings.Trim(end, "0123456789") != "" {
		return Fit(s, width)
	}
	return Fit(s[:len(s)-kept], width-kept) + end
}

// Prefix returns the longest beginning of s that fits in width cells.
func Prefix(s string, width int) string {
	used := 0
	for i, r := range s {
		used += cell(r)
		if used > width {
			return s[:i]
		}
	}
	return s
}

func space(width int) string { return strings.Repeat(" ", width) }
