package telegram_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"kitebot/internal/bot/telegram"
)

func TestTokenIsChecked(t *testing.T) {
	tests := []struct {
		name, token string
		good        bool
	}{
		{"plain", token, true},
		{"white space around it", "\t" + token + "\r\n", true},
		{"shortest", "1:" + strings.Repeat("a", 30), true},
		{"empty", "", false},
		{"no colon", "4815162342" + secret, false},
		{"short secret", "1:" + strings.Repeat("a", 29), false},
		{"no id", ":" + secret, false},
		{"letters in the id", "48a:" + secret, false},
		{"id zero", "0:" + secret, false},
		{"id beyond 64 bits", "99999999999999999999:" + secret, false},
		{"signed id", "-4815162342:" + secret, false},
		{"newline within", "4815162342:" + secret[:20] + "\n" + secret[20:], false},
		{"slash", token + "/x", false},
		{"second colon", token + ":x", false},
		{"not ASCII", token + "é", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel() // a good token is not used
			_, err := telegram.New(ctx, telegram.Options{Token: tt.token, APIURL: "http://127.0.0.1:1"})
			problem, bad := errors.AsType[*telegram.OptionError](err)
			if bad == tt.good || bad && problem.Option != "Token" {
				t.Errorf("error = %#v, want good = %v", err, tt.good)
			}
			if strings.Contains(err.Error(), secret[:20]) {
				t.Errorf("the error holds the token: %v", err)
			}
		})
	}
}

func TestServerIsChecked(t *testing.T) {
	for address, good := range map[string]bool{
		"https://api.telegram.org":            true,
		"http://bot-api.internal:8081":        true, // allowed in clear
		"http://127.0.0.1:8081":               true,
		"http://[::1]:8081":                   true,
		"http://localhost:8081":               true,
		"https://example.org/tg":              true,
		"http://api.telegram.org":             false,
		"http://bot-api.internal.hunter2.org": false,
		"http://10.0.0.1":                     false,
		"api.telegram.org":                    false,
		"ftp://api.telegram.org":              false,
		"https://":                            false,
		"https://:8443":                       false,
		"http://:8081":                        false,
		"http://[]:8081":                      false,
		"https://me:hunter2@example.org":      false,
		"https://example.org/?a=hunter2":      false,
		"https://example.org/?":               false,
		"https://example.org/#hunter2":        false,
		"https://exa\x01mple.org/hunter2":     false,
	} {
		err := telegram.CheckServer(address, "Bot-API.internal")
		if problem, bad := errors.AsType[*telegram.OptionError](err); bad == good || bad && (problem.Option != "APIURL" || strings.Contains(err.Error(), "hunter2")) {
			t.Errorf("CheckServer(%q) = %v, want good = %v", address, err, good)
		}
	}
}
