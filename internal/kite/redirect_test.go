package kite_test

import (
	"strings"
	"testing"

	"kitebot/internal/kite"
)

const (
	sampleCode  = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"
	sampleState = "Zm9v-YmFy_sample-state-0123456789"
)

func TestParseRedirect(t *testing.T) {
	const whole = "http://127.0.0.1:48127/kite?code=" + sampleCode + "&state=" + sampleState
	for name, text := range map[string]string{
		"the whole address":        whole,
		"without its scheme":       strings.TrimPrefix(whole, "http://"),
		"of another host and port": "https://localhost:9/x/y?state=" + sampleState + "&code=" + sampleCode,
		"with words around it":     "Here it is:\n" + whole + "\nIs that right?",
		"in a sentence":            "The page says " + whole + ".",
		"in brackets":              "<" + whole + ">",
		"twice the same":           whole + "\n" + whole,
		"with more in it":          whole + "&scope=default",
		"the two alone":            "code=" + sampleCode + "&state=" + sampleState,
		"the two, as people write": "Code: " + sampleCode + "\nState: " + sampleState,
		"a part escaped":           strings.Replace(whole, "Zm9v-", "Zm9v%2D", 1),
		"with a line after it":     whole + "\nThanks",
		"in quotes":                "“" + whole + "\"",
		"in a phone's quotes":      "“" + whole + "”",
		"at the end of a question": "Is it " + whole + "?",
		"escaped as a whole":       "http%3A%2F%2F127.0.0.1%3A48127%2Fkite%3Fcode%3D" + sampleCode + "%26state%3D" + sampleState,
		"as a search":              "https://www.example.com/search?q=127.0.0.1%3A48127%2Fkite%3Fcode%3D" + sampleCode + "%26state%3D" + sampleState,
	} {
		state, code, ok := kite.ParseRedirect(text)
		if !ok || state != sampleState || code != sampleCode || !kite.LooksLikeRedirect(text) {
			t.Errorf("%s: %q, %q, %v", name, state, code, ok)
		}
	}
	for name, text := range map[string]string{
		"cut before the state": "http://127.0.0.1:48127/kite?code=" + sampleCode,
		"cut before the value": "http://127.0.0.1:48127/kite?code=",
		"broken in the code":   strings.Replace(whole, sampleCode, sampleCode[:30]+"\n"+sampleCode[30:], 1),
		"broken in the state":  strings.Replace(whole, sampleState, sampleState[:20]+"\n"+sampleState[20:], 1),
		"shortened by an app":  "127.0.0.1:48127/kite?code=" + sampleCode[:20] + "…&state=" + sampleState,
		"shortened with dots":  "127.0.0.1:48127/kite?code=" + sampleCode[:20] + "...&state=" + sampleState,
		"the page before":      "https://mcp.kite.example/authorize?client_id=abc&code_challenge=xyz",
		"Kite's own page":      "https://mcp.kite.example/callback?request_token=abc&session_id=xyz",
		"two codes":            whole + "&code=" + strings.Repeat("a", 64),
		"two states":           whole + " state=another-state-than-that",
		"a code that is short": "http://127.0.0.1:48127/kite?code=abc&state=" + sampleState,
	} {
		if state, code, ok := kite.ParseRedirect(text); ok || state != "" || code != "" || !kite.LooksLikeRedirect(text) {
			t.Errorf("%s: %q, %q, %v; looks like one: %v", name, state, code, ok, kite.LooksLikeRedirect(text))
		}
	}
	for _, text := range []string{"", "infy", "NSE:INFY", "what is the code?", "https://kite.zerodha.com/holdings", "zip code 560001", "m&m", "hello there",
		"my promo code: SUMMER2026", "Code: 12345678", "zip code: 560001-1234", "error code = ECONNREFUSED", "http://127.0.0.1:8080/metrics",
		"dress-code: business", "IFSC code: HDFC0001234", "the state: Karnataka, I think", "IFSC code: HDFC0001234, state: Maharashtra",
		"my friend says I need /authorize? what is that"} {
		if kite.LooksLikeRedirect(text) {
			t.Errorf("%q is taken for the end of a login", text)
		}
	}
}

func FuzzParseRedirect(f *testing.F) {
	f.Add("http://127.0.0.1:48127/kite?code=" + sampleCode + "&state=" + sampleState)
	f.Add("code=%zz&state=%00&code=")
	f.Fuzz(func(t *testing.T, text string) {
		state, code, ok := kite.ParseRedirect(text)
		if ok != (state != "" && code != "") {
			t.Fatalf("%q, %q, %v", state, code, ok)
		}
		if ok && (len(state) > 512 || len(code) > 512 || len(code) >= 20 && !kite.LooksLikeRedirect(text)) {
			t.Fatalf("%d, %d", len(state), len(code))
		}
	})
}
