package telegram

import (
	"errors"
	"strings"
	"testing"
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
			_, err := newClient(Options{Token: tt.token}, newTransport())
			if tt.good != (err == nil) {
				t.Fatalf("error = %v, want good = %v", err, tt.good)
			}
			if err == nil {
				return
			}
			problem, isOption := errors.AsType[*OptionError](err)
			if !isOption || problem.Option != "Token" {
				t.Errorf("error = %#v, want an *OptionError for Token", err)
			}
			if strings.Contains(err.Error(), secret[:20]) {
				t.Errorf("the error holds the token: %v", err)
			}
		})
	}
}

func TestServerIsChecked(t *testing.T) {
	tests := []struct {
		name, address string
		base          string // "" for a refused address
	}{
		{"nothing means Telegram", "", "https://api.telegram.org/bot" + token},
		{"trailing slash", "https://api.telegram.org/", "https://api.telegram.org/bot" + token},
		{"self-hosted in clear, allowed", "http://bot-api.internal:8081", "http://bot-api.internal:8081/bot" + token},
		{"loopback in clear", "http://127.0.0.1:8081", "http://127.0.0.1:8081/bot" + token},
		{"IPv6 loopback in clear", "http://[::1]:8081", "http://[::1]:8081/bot" + token},
		{"localhost in clear", "http://localhost:8081", "http://localhost:8081/bot" + token},
		{"far in clear", "http://api.telegram.org", ""},
		{"far in clear, another allowed", "http://bot-api.internal.hunter2.org", ""},
		{"a number of a network", "http://10.0.0.1", ""},
		{"path", "https://example.org/tg/", "https://example.org/tg/bot" + token},
		{"no scheme", "api.telegram.org", ""},
		{"another scheme", "ftp://api.telegram.org", ""},
		{"no host", "https://", ""},
		{"a port without a host", "https://:8443", ""},
		{"a port without a host in clear", "http://:8081", ""},
		{"an empty number in brackets", "http://[]:8081", ""},
		{"user and password", "https://me:hunter2@example.org", ""},
		{"query", "https://example.org/?a=hunter2", ""},
		{"bare question mark", "https://example.org/?", ""},
		{"fragment", "https://example.org/#hunter2", ""},
		{"control character", "https://exa\x01mple.org/hunter2", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := newClient(Options{Token: token, APIURL: tt.address, Insecure: "Bot-API.internal"}, newTransport())
			if tt.base != "" {
				if err != nil || c.base != tt.base {
					t.Fatalf("client for %q, error %v; want base %q", tt.address, err, tt.base)
				}
				return
			}
			problem, isOption := errors.AsType[*OptionError](err)
			if !isOption || problem.Option != "APIURL" {
				t.Fatalf("error = %v, want an *OptionError for APIURL", err)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error holds the value: %v", err)
			}
		})
	}
}
