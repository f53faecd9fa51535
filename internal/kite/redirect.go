package kite

import (
	"net/url"
	"regexp"
	"strings"
)

// redirectPart is one value of the address at which a login by OAuth ended.
type redirectPart struct{ name, value string }

// redirectParts finds "code" and "state" with their values, in an address or by
// themselves. The values are what a browser leaves of them.
var redirectParts = regexp.MustCompile(`(?i)\b(code|state)\s*[=:]\s*([A-Za-z0-9%._~-]{8,512})`)

// LooksLikeRedirect reports whether a message is meant to be the address at which
// a login by OAuth ended.
func LooksLikeRedirect(text string) bool {
	for _, p := range partsOf(text) {
		if p.name == "code" {
			return true
		}
	}
	return strings.Contains(text, "://127.0.0.1:") || strings.HasPrefix(strings.TrimSpace(text), "127.0.0.1:")
}

// ParseRedirect reads the code and its state from the address at which a login
// by OAuth ended: the whole address, or the two alone, with words around them.
// Host, port and path say nothing and are not looked at. ok is false unless there
// is exactly one of each; what stands there twice the same is one.
func ParseRedirect(text string) (state, code string, ok bool) {
	found := map[string]string{}
	for _, p := range partsOf(text) {
		if before, twice := found[p.name]; twice && before != p.value {
			return "", "", false
		}
		found[p.name] = p.value
	}
	state, code = found["state"], found["code"]
	if state == "" || code == "" {
		return "", "", false
	}
	return state, code, true
}

func partsOf(text string) (parts []redirectPart) {
	for _, m := range redirectParts.FindAllStringSubmatch(text, -1) {
		value, err := url.QueryUnescape(strings.TrimRight(m[2], "."))
		if err != nil {
			continue
		}
		parts = append(parts, redirectPart{strings.ToLower(m[1]), value})
	}
	return parts
}
