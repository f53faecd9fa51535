package kite

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The address at which a login by OAuth ends holds a code and a state. Both are
// secrets until the code was exchanged. People send it as their browser and their
// keyboard leave it.

// redirectPart finds "code" or "state" with its value, in an address or by itself.
// What follows the value is looked at separately.
var redirectPart = regexp.MustCompile(`(?i)\b(code|state)\s?[=:]\s?([A-Za-z0-9%._~-]{8,512})`)

// shortestCode is the length from which on a value is taken for a code, wherever
// it stands. Real ones have 64.
const shortestCode = 20

// LooksLikeRedirect reports whether a message is meant to be the address at which
// a login by OAuth ended, or is one of those on the way there. Such a message has
// to go from the chat. Ordinary talk of codes is none.
func LooksLikeRedirect(text string) bool {
	text = unescapeOnce(text)
	var code, state string
	for _, m := range redirectPart.FindAllStringSubmatch(text, -1) {
		if strings.EqualFold(m[1], "code") {
			code = m[2]
		} else {
			state = m[2]
		}
	}
	lower := strings.ToLower(text)
	loopback := strings.Contains(lower, "127.0.0.1:") || strings.Contains(lower, "localhost:")
	written, long := strings.Contains(lower, "code="), len(code) >= shortestCode
	return IsEarlierLoginPage(text) || code != "" && state != "" && (written || long) || written && long ||
		loopback && (written || strings.Contains(lower, "state="))
}

// loginPage finds the address of the page at which a login begins.
var loginPage = regexp.MustCompile(`(?i)[a-z0-9]/authorize\?[a-z_]+=`)

// IsLoginPage reports whether a text holds the address of the page at which a login
// begins. A person who opens it logs in to the chat that asked for it.
func IsLoginPage(text string) bool { return loginPage.MatchString(unescapeOnce(text)) }

// IsEarlierLoginPage reports whether a text holds the address of a page before the one at
// which a login ends.
func IsEarlierLoginPage(text string) bool {
	return IsLoginPage(text) || strings.Contains(strings.ToLower(unescapeOnce(text)), "request_token=")
}

// ParseRedirect reads the code and its state from the address at which a login
// by OAuth ended: the whole address, or the two alone, with words around them.
// Host, port and path say nothing and are not looked at. ok is false unless there
// is exactly one of each, and both are whole: a code that was cut on its way
// would be lost by sending it.
func ParseRedirect(text string) (state, code string, ok bool) {
	text = unescapeOnce(text)
	found := map[string]string{}
	for _, at := range redirectPart.FindAllStringSubmatchIndex(text, -1) {
		name, raw := strings.ToLower(text[at[2]:at[3]]), text[at[4]:at[5]]
		whole := strings.TrimRight(raw, ".")
		value, err := url.QueryUnescape(whole)
		if err != nil || len(raw)-len(whole) > 1 || !isWhole(text[at[5]:]) {
			return "", "", false
		}
		if before, twice := found[name]; twice && before != value {
			return "", "", false
		}
		found[name] = value
	}
	state, code = found["state"], found["code"]
	if state == "" || code == "" {
		return "", "", false
	}
	return state, code, true
}

// brokenRest finds the rest of a value that a line break cut in two.
var brokenRest = regexp.MustCompile(`^\r?\n\s*[A-Za-z0-9%._~-]*(?:[0-9_-][A-Za-z0-9%._~-]*(?:$|\s)|&)`)

// isWhole reports whether a value is over where the rest begins, and was not cut.
func isWhole(rest string) bool {
	if rest == "" {
		return true
	}
	next, size := utf8.DecodeRuneInString(rest)
	if next == '?' || next == '!' { // the end of the person's own sentence
		after, _ := utf8.DecodeRuneInString(rest[size:])
		return len(rest) == size || unicode.IsSpace(after)
	}
	return strings.ContainsRune("&#,;)]}>'\"`”’»\u00a0\u200b \t\r\n", next) && !brokenRest.MatchString(rest)
}

// unescapeOnce undoes what browsers and search boxes do to an address as a whole.
func unescapeOnce(text string) string {
	lower := strings.ToLower(text)
	if strings.Contains(lower, "code=") || !strings.Contains(lower, "code%3d") {
		return text
	}
	plain, err := url.QueryUnescape(text)
	if err != nil {
		return text
	}
	return plain
}
