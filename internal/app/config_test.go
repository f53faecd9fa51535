package app_test

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"kitebot/internal/app"
	"kitebot/internal/bot"
	"kitebot/internal/kite/session"
)

const goodKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

// load reads settings from a map; the file "/secret" holds the given text.
func load(vars map[string]string, secret string) (app.Config, error) {
	return app.Load(app.Env{
		Lookup: func(name string) (string, bool) { v, ok := vars[name]; return v, ok },
		ReadFile: func(name string) ([]byte, error) {
			if name != "/secret" {
				return nil, fs.ErrNotExist
			}
			return []byte(secret), nil
		},
	})
}

func TestDefaults(t *testing.T) {
	c, err := load(map[string]string{"TELEGRAM_BOT_TOKEN": token}, "")
	if err != nil {
		t.Fatal(err)
	}
	if c.APIURL != "https://api.telegram.org" || c.KiteURL != "https://mcp.kite.trade/sse" || c.StorePath != "bot.db" ||
		c.HTTPAddr != "127.0.0.1:8080" || c.HTTPAsked || c.StoreKey != nil || !slices.Equal(c.Hosts(), []string{"kite.zerodha.com", "mcp.kite.trade"}) {
		t.Errorf("defaults: %+v", c)
	}
	if want := (bot.Rate{N: 30, Per: time.Minute}); c.Rate != want {
		t.Errorf("rate %v, want %v", c.Rate, want)
	}
	for _, id := range []int64{0, 1, 12345} {
		if c.Allow(id) {
			t.Errorf("person %d is let in although nobody was allowed", id)
		}
	}
}

// A login link may point to Zerodha's page and to the MCP server itself, unless
// the operator says otherwise.
func TestLoginHosts(t *testing.T) {
	for _, test := range []struct {
		url, hosts string
		want       []string
	}{
		{"", "", []string{"kite.zerodha.com", "mcp.kite.trade"}},
		{"https://Kite.Example:8443/mcp", "", []string{"kite.zerodha.com", "kite.example:8443"}},
		{"http://127.0.0.1:4567/sse", "", []string{"kite.zerodha.com", "127.0.0.1:4567"}},
		{"", "login.example", []string{"login.example"}},
	} {
		c, err := load(map[string]string{"TELEGRAM_BOT_TOKEN": token, "KITE_MCP_URL": test.url, "KITE_LOGIN_HOSTS": test.hosts}, "")
		if err != nil || !slices.Equal(c.Hosts(), test.want) {
			t.Errorf("KITE_MCP_URL=%s KITE_LOGIN_HOSTS=%s: %v, %v, want %v", test.url, test.hosts, c.Hosts(), err, test.want)
		}
	}
}

func TestPeople(t *testing.T) {
	for _, test := range []struct {
		allowed, admins string
		id              int64
		want            bool
	}{
		{"", "", 7, false}, {"*", "", 7, true}, {"7", "", 7, true}, {" 8 , 7,", "", 7, true},
		{"8", "", 7, false}, {"", "7", 7, true}, {"8", "7", 7, true},
	} {
		c, err := load(map[string]string{"TELEGRAM_BOT_TOKEN": token, "ALLOWED_USERS": test.allowed, "ADMIN_USERS": test.admins}, "")
		if err != nil || c.Allow(test.id) != test.want {
			t.Errorf("allowed %q, admins %q: person %d let in = %v, %v", test.allowed, test.admins, test.id, c.Allow(test.id), err)
		}
	}
}

func TestSecretsFromFiles(t *testing.T) {
	c, err := load(map[string]string{"TELEGRAM_BOT_TOKEN_FILE": "/secret", "HTTP_ADDR": "off", "USER_RATE": "off"}, token+"\n")
	if err != nil || c.Token != token {
		t.Errorf("token from a file: %v", err)
	}
	if c.HTTPAddr != "" || c.Rate.N != 0 {
		t.Errorf("off is not off: %+v", c)
	}
}

func TestOldKeyFromAFile(t *testing.T) {
	c, err := load(map[string]string{"TELEGRAM_BOT_TOKEN": token, "STORE_KEY_OLD_FILE": "/secret"}, goodKey+"\n")
	if err != nil || len(c.OldKey) != 32 || c.StoreKey != nil {
		t.Errorf("%d bytes, %v", len(c.OldKey), err)
	}
	if c, err = load(map[string]string{"TELEGRAM_BOT_TOKEN": token}, ""); err != nil || c.OldKey != nil {
		t.Errorf("without one: %d bytes, %v", len(c.OldKey), err)
	}
}

func TestSessionIdle(t *testing.T) {
	for value, want := range map[string]time.Duration{"": 10 * time.Minute, "30s": 30 * time.Second, "off": -1} {
		c, err := load(map[string]string{"TELEGRAM_BOT_TOKEN": token, "SESSION_IDLE": value}, "")
		if err != nil || c.SessionIdle != want {
			t.Errorf("%q is %v, %v, want %v", value, c.SessionIdle, err, want)
		}
	}
	if d := session.DefaultTiming().Idle; d != 10*time.Minute {
		t.Errorf("the pool's own default is %v, and the table of settings says 10m", d)
	}
}

// A command that needs two settings does not stumble over the others.
func TestOnlyNamedSettings(t *testing.T) {
	c, err := app.Load(app.Env{Lookup: func(name string) (string, bool) {
		v, ok := map[string]string{"TELEGRAM_BOT_TOKEN": "no token", "USER_RATE": "no rate", "STORE_PATH": "here.db"}[name]
		return v, ok
	}}, "STORE_PATH", "HTTP_ADDR")
	if err != nil || c.StorePath != "here.db" || c.HTTPAddr != "127.0.0.1:8080" || c.Token != "" || c.Rate.N != 0 {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := app.Load(app.Env{Lookup: func(string) (string, bool) { return "nonsense", true }}, "HTTP_ADDR"); err == nil {
		t.Error("a named setting was not looked at")
	}
}

func TestWebhookSettings(t *testing.T) {
	c, err := load(map[string]string{"TELEGRAM_BOT_TOKEN": token}, "")
	if err != nil || c.WebhookURL != "" || c.WebhookSecret != "" || c.WebhookAddr != "127.0.0.1:8081" {
		t.Errorf("defaults: %q, %q, %v", c.WebhookURL, c.WebhookAddr, err)
	}
	const url = "https://bot.example.org:8443/telegram"
	c, err = load(map[string]string{
		"TELEGRAM_BOT_TOKEN": token, "WEBHOOK_URL": url, "WEBHOOK_SECRET_FILE": "/secret", "WEBHOOK_ADDR": "0.0.0.0:80",
	}, "made-up_Secret\n")
	if err != nil || c.WebhookURL != url || c.WebhookSecret != "made-up_Secret" || c.WebhookAddr != "0.0.0.0:80" {
		t.Errorf("%q, %q, %v", c.WebhookURL, c.WebhookAddr, err)
	}
}

// Plain http is for loopback, and for the one host that was allowed by name.
func TestPlainHTTPHasToBeAllowed(t *testing.T) {
	for url, want := range map[string]bool{
		"http://127.0.0.1:8081": true, "http://[::1]:8081": true, "http://localhost:8081": true,
		"http://bot-api.internal:8081": true, "http://bot-api.internal.example": false, "http://api.telegram.org": false, "https://api.telegram.org": true,
	} {
		c, err := load(map[string]string{"TELEGRAM_BOT_TOKEN": token, "TELEGRAM_API_URL": url, "TELEGRAM_API_INSECURE": "bot-api.internal"}, "")
		if (err == nil) != want || want && c.APIURL != url {
			t.Errorf("%s: %q, %v", url, c.APIURL, err)
		}
	}
	for _, url := range []string{"http://:8081", "http://bot-api.internal:8081"} { // the first goes to a proxy, if there is one
		_, err := load(map[string]string{"TELEGRAM_BOT_TOKEN": token, "TELEGRAM_API_URL": url}, "")
		if err == nil {
			t.Errorf("%s is taken though no host is allowed", url)
		}
		if far := !strings.Contains(url, "//:"); far && !strings.Contains(fmt.Sprint(err), "TELEGRAM_API_INSECURE") {
			t.Errorf("%s: %v does not say how to allow it", url, err)
		}
	}
	for allowed, want := range map[string]bool{"fd00::1": true, "[FD00::1]": true, "[fd00::1]:8081": true, "[fd00::1]:8082": false, "[fd00::2]": false} {
		_, err := load(map[string]string{"TELEGRAM_BOT_TOKEN": token, "TELEGRAM_API_URL": "http://[fd00::1]:8081", "TELEGRAM_API_INSECURE": allowed}, "")
		if (err == nil) != want {
			t.Errorf("where %s is allowed: %v", allowed, err)
		}
	}
}

// Every bad setting ends the start with one line that names the variable and
// never repeats the value.
func TestBadSettings(t *testing.T) {
	const bad = "s3cret-value!"
	for _, test := range []struct{ name, value, names string }{
		{"TELEGRAM_BOT_TOKEN", "", "TELEGRAM_BOT_TOKEN"},
		{"TELEGRAM_BOT_TOKEN", bad, "TELEGRAM_BOT_TOKEN"},
		{"TELEGRAM_BOT_TOKEN", "123:short-s3cret-value!", "TELEGRAM_BOT_TOKEN"},
		{"TELEGRAM_BOT_TOKEN_FILE", "/nowhere", "TELEGRAM_BOT_TOKEN_FILE"},
		{"TELEGRAM_BOT_TOKEN_FILE", "/secret", "TELEGRAM_BOT_TOKEN_FILE"}, // both are set
		{"STORE_KEY_FILE", "/secret", "STORE_KEY_FILE"},                   // an empty file
		{"TELEGRAM_API_URL", bad, "TELEGRAM_API_URL"},
		{"TELEGRAM_API_URL", "ftp://s3cret-value!/", "TELEGRAM_API_URL"},
		{"TELEGRAM_API_URL", "http://s3cret-value!/", "TELEGRAM_API_URL"},
		{"TELEGRAM_API_URL", "http://10.0.0.1:8081/s3cret-value!", "TELEGRAM_API_URL"},
		{"KITE_MCP_URL", bad, "KITE_MCP_URL"},
		{"KITE_MCP_URL", "https://", "KITE_MCP_URL"},
		{"KITE_LOGIN_HOSTS", "https://s3cret-value!", "KITE_LOGIN_HOSTS"},
		{"KITE_LOGIN_HOSTS", "a,,b", "KITE_LOGIN_HOSTS"},
		{"ALLOWED_USERS", bad, "ALLOWED_USERS"},
		{"ALLOWED_USERS", "-5", "ALLOWED_USERS"},
		{"ALLOWED_USERS", "@somebody", "ALLOWED_USERS"},
		{"ADMIN_USERS", "*", "ADMIN_USERS"},
		{"STORE_KEY", bad, "STORE_KEY"},
		{"STORE_KEY_OLD", bad, "STORE_KEY_OLD"},
		{"STORE_KEY_OLD_FILE", "/secret", "STORE_KEY_OLD_FILE"}, // an empty file
		{"HTTP_ADDR", bad, "HTTP_ADDR"},
		{"WEBHOOK_URL", bad, "WEBHOOK_URL"},
		{"WEBHOOK_URL", "https://bot.example.org:8080/s3cret-value!", "WEBHOOK_URL"},
		{"WEBHOOK_URL", "http://bot.example.org/s3cret-value!", "WEBHOOK_URL"},
		{"WEBHOOK_URL", "https://bot.example.org/?s3cret-value!", "WEBHOOK_URL"},
		{"WEBHOOK_SECRET", bad, "WEBHOOK_SECRET"},
		{"WEBHOOK_SECRET", strings.Repeat("s3cret", 43), "WEBHOOK_SECRET"},
		{"WEBHOOK_ADDR", bad, "WEBHOOK_ADDR"},
		{"WEBHOOK_ADDR", "127.0.0.1:", "WEBHOOK_ADDR"},
		{"OAUTH_CALLBACK_URL", bad, "OAUTH_CALLBACK_URL"},
		{"OAUTH_CALLBACK_URL", "https:///s3cret-value!", "OAUTH_CALLBACK_URL"},
		{"OAUTH_CALLBACK_URL", "https://:443/s3cret-value!", "OAUTH_CALLBACK_URL"},
		{"OAUTH_CALLBACK_URL", "ftp://127.0.0.1/s3cret-value!", "OAUTH_CALLBACK_URL"},
		{"OAUTH_CALLBACK_URL", "http://bot.example.org/s3cret-value!", "OAUTH_CALLBACK_URL"},
		{"OAUTH_CALLBACK_URL", "http://localhost:8082/s3cret-value!", "OAUTH_CALLBACK_URL"},
		{"OAUTH_CALLBACK_URL", "http://192.168.0.7:8082/s3cret-value!", "OAUTH_CALLBACK_URL"},
		{"OAUTH_CALLBACK_URL", "https://bot.example.org", "OAUTH_CALLBACK_URL"},
		{"OAUTH_CALLBACK_URL", "https://bot.example.org/", "OAUTH_CALLBACK_URL"},
		{"OAUTH_CALLBACK_URL", "https://bot.example.org/a/../s3cret-value!", "OAUTH_CALLBACK_URL"},
		{"OAUTH_CALLBACK_URL", "https://bot.example.org//s3cret-value!", "OAUTH_CALLBACK_URL"},
		{"OAUTH_CALLBACK_URL", "https://bot.example.org/a?s3cret-value!", "OAUTH_CALLBACK_URL"},
		{"OAUTH_CALLBACK_URL", "https://bot.example.org/s3cret-value!?", "OAUTH_CALLBACK_URL"},
		{"OAUTH_CALLBACK_URL", "https://bot.example.org/s3cret-value!#", "OAUTH_CALLBACK_URL"},
		{"OAUTH_CALLBACK_URL", "https://s3cret@bot.example.org/s3cret-value!", "OAUTH_CALLBACK_URL"},
		{"OAUTH_CALLBACK_URL", "http://127.0.0.1:0/s3cret-value!", "OAUTH_CALLBACK_URL"},
		{"OAUTH_CALLBACK_URL", "https://bot.example.org:65536/s3cret-value!", "OAUTH_CALLBACK_URL"},
		{"USER_RATE", bad, "USER_RATE"},
		{"USER_RATE", "0/min", "USER_RATE"},
		{"USER_RATE", "5/fortnight", "USER_RATE"},
		{"SEND_RATE", bad, "SEND_RATE"},
		{"SESSION_IDLE", bad, "SESSION_IDLE"},
		{"SESSION_IDLE", "10", "SESSION_IDLE"},
		{"SESSION_IDLE", "0s", "SESSION_IDLE"},
		{"SESSION_IDLE", "-10m", "SESSION_IDLE"},
		{"SESSION_IDLE", "25h", "SESSION_IDLE"},
		{"LOG_LEVEL", bad, "LOG_LEVEL"},
		{"LOG_FORMAT", bad, "LOG_FORMAT"},
	} {
		vars := map[string]string{"TELEGRAM_BOT_TOKEN": token, test.name: test.value}
		_, err := load(vars, "")
		setting, ok := errors.AsType[*app.SettingError](err)
		if !ok || setting.Name != test.names {
			t.Errorf("%s=%q: %v, want an error about %s", test.name, test.value, err, test.names)
			continue
		}
		if text := err.Error(); !strings.HasPrefix(text, test.names+":") || strings.Contains(text, "\n") || strings.Contains(text, "s3cret") {
			t.Errorf("%s=%q: the line is %q", test.name, test.value, text)
		}
	}
	if _, err := load(map[string]string{"TELEGRAM_BOT_TOKEN": token, "STORE_KEY": goodKey}, ""); err != nil {
		t.Errorf("a good key: %v", err)
	}
}

// What is wrong with a setting is said with what it can be, so that the next try
// is a good one.
func TestBadSettingsNameTheChoices(t *testing.T) {
	const number = "; send /start to the bot and it answers with yours"
	for line, value := range map[string]string{
		"TELEGRAM_BOT_TOKEN: is not set; @BotFather gives you one":                                   "",
		"ALLOWED_USERS: must be numbers, or * for all, separated by commas" + number:                 "@asha",
		"ADMIN_USERS: must be numbers, separated by commas" + number:                                 "YOUR_NUMBER",
		"LOG_LEVEL: must be debug, info, warn or error":                                              "loud",
		"LOG_FORMAT: must be text or json":                                                           "xml",
		"USER_RATE: must be a number per s, min or h, or off; for example 30/min":                    "30",
		"SESSION_IDLE: must be a time of 1s to 24h, or off; for example 10m":                         "10",
		"HTTP_ADDR: must be host:port, or off; for example 127.0.0.1:8080":                           "8080",
		"STORE_KEY: must be 32 bytes in base64; for example the output of `openssl rand -base64 32`": "key",
	} {
		name, _, _ := strings.Cut(line, ":")
		vars := map[string]string{"TELEGRAM_BOT_TOKEN": token}
		vars[name] = value
		if _, err := load(vars, ""); fmt.Sprint(err) != line {
			t.Errorf("%s=%s: %v\nwant %s", name, value, err, line)
		}
	}
	c, _ := load(nil, "")
	if line := c.Settings[0].String(); line != "TELEGRAM_BOT_TOKEN = WRONG  (not set): @BotFather gives you one" {
		t.Errorf("bot config says %q", line)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add("TELEGRAM_API_URL", "https://user:pw@host")
	f.Add("USER_RATE", "30/min")
	f.Add("OAUTH_CALLBACK_URL", "http://[::1]:80/a//b")
	f.Add("ALLOWED_USERS", "1,2,*")
	f.Add("KITE_LOGIN_HOSTS", "127.0.0.1:80")
	f.Fuzz(func(t *testing.T, name, value string) {
		_, err := load(map[string]string{"TELEGRAM_BOT_TOKEN": token, name: value}, "")
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%s=%q: more than one line: %v", name, value, err)
		}
	})
}
