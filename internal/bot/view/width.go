package view

import (
	"strings"
	"unicode"
)

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
