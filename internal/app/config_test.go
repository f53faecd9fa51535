package app_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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

// loadNamed is load with an environment that knows its names.
func loadNamed(vars map[string]string) (app.Config, error) {
	return app.Load(app.Env{
		Lookup: func(name string) (string, bool) { v, ok := vars[name]; return v, ok },
		Names:  func() []string { return slices.Collect(maps.Keys(vars)) },
		ReadFile: func(name string) ([]byte, error) {
			if name != "/secret" {
				return nil, fs.ErrNotExist
			}
			return []byte(goodKey), nil
		},
	})
}

// Every setting has a line: what holds, where it is from, and no secret.
func TestGivenSettings(t *testing.T) {
	c, err := loadNamed(map[string]string{
		"TELEGRAM_BOT_TOKEN": token, "STORE_KEY_FILE": "/secret", "ALLOWED_USERS": "11, 22", "STORE_PATH": "odd\nname.db", "ADMIN_USERS": "",
	})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, g := range c.Settings {
		lines = append(lines, g.String())
	}
	for _, want := range []string{
		"TELEGRAM_BOT_TOKEN = •••  (environment)", "TELEGRAM_API_URL = https://api.telegram.org  (default)", "STORE_KEY = •••  (file /secret)",
		"STORE_KEY_OLD is not set", "ALLOWED_USERS = 11, 22  (environment)", "ADMIN_USERS is not set", `STORE_PATH = "odd\nname.db"  (environment)`,
		"LOG_LEVEL = info  (default)", "LOG_FORMAT is not set",
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("there is no line %q in\n%s", want, strings.Join(lines, "\n"))
		}
	}
	if len(lines) != len(app.Settings()) {
		t.Errorf("%d lines for %d settings", len(lines), len(app.Settings()))
	}
	if all := strings.Join(lines, ""); strings.Contains(all, token) || strings.Contains(all, goodKey) || strings.Contains(all, "\n") {
		t.Errorf("a secret, or a line of two:\n%s", all)
	}
}

// All bad settings are named at once, and each in its own line too.
func TestAllBadSettings(t *testing.T) {
	c, err := loadNamed(map[string]string{"USER_RATE": "s3cret", "TELEGRAM_API_URL": "s3cret", "STORE_KEY": "s3cret", "STORE_KEY_FILE": "/secret"})
	wrong, ok := errors.AsType[app.SettingErrors](err)
	if !ok {
		t.Fatalf("%v", err)
	}
	var names, lines []string
	for _, w := range wrong {
		names = append(names, w.Name)
	}
	if diff := cmp.Diff([]string{"TELEGRAM_BOT_TOKEN", "TELEGRAM_API_URL", "STORE_KEY_FILE", "USER_RATE"}, names); diff != "" {
		t.Error(diff)
	}
	for _, g := range c.Settings {
		if g.Wrong != nil {
			lines = append(lines, g.Name)
			if !strings.HasPrefix(g.String(), g.Name+" = WRONG  (") || g.Value() != "" {
				t.Errorf("line %q, value %q", g, g.Value())
			}
		}
	}
	if diff := cmp.Diff([]string{"TELEGRAM_BOT_TOKEN", "TELEGRAM_API_URL", "STORE_KEY", "USER_RATE"}, lines); diff != "" {
		t.Error(diff)
	}
	if len(strings.Split(err.Error(), "\n")) != 4 || strings.Contains(err.Error(), "s3cret") || c.Token != "" || c.APIURL != "" {
		t.Errorf("%v\n%+v", err, c)
	}
	if one, ok := errors.AsType[*app.SettingError](err); !ok || one.Name != "TELEGRAM_BOT_TOKEN" {
		t.Errorf("the first of them: %v", one)
	}
}

// What looks like a setting and is none is mentioned, with what may be meant.
func TestUnknownVariables(t *testing.T) {
	vars := map[string]string{
		"TELEGRAM_BOT_TOKEN": token, "STORE_KEY_FILE": "/secret", // ours
		"HOME": "/", "HTTP_PROXY": "http://10.0.0.1:3128", "HTTPS_PROXY": "x", "LOG_DIR": "x", "USER_NAME": "x", "SESSION_MANAGER": "x", "KITEBOT_TEST": "x", "http_proxy": "x", // others'
		"KITE_PORT": "tcp://10.0.0.1:80", "STORE_SERVICE_HOST": "10.0.0.2", "STORE_PORT_80_TCP_ADDR": "10.0.0.2", "STORE_SERVICE_PORT_HTTP": "80", // a cluster's
		"STORE_PTH": "", // empty is none
		"KITE_URL":  "x", "TELEGRAM_BOT_TOKN": "x", "TELEGRAM_TOKEN": "x", "ALLOWED_USER": "1", "ADMIN_USERS_FILE": "/x", "STORE_KEYFILE": "x", "WEBHOOK_MAX_CONNECTIONS": "x",
		"HTTP_ADDRS": "x", "LOG_FORMATS": "x", "USER_RATES": "x", "SESSION_IDLES": "x", "STORE_X\nY": "x",
	}
	c, err := loadNamed(vars)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"ADMIN_USERS_FILE is not a setting: only a secret can come from a file; did you mean ADMIN_USERS?",
		"ALLOWED_USER is not a setting; did you mean ALLOWED_USERS?",
		"HTTP_ADDRS is not a setting; did you mean HTTP_ADDR?",
		"KITE_URL is not a setting; did you mean KITE_MCP_URL?",
		"LOG_FORMATS is not a setting; did you mean LOG_FORMAT?",
		"SESSION_IDLES is not a setting; did you mean SESSION_IDLE?",
		"STORE_KEYFILE is not a setting; did you mean STORE_KEY_FILE?",
		"TELEGRAM_BOT_TOKN is not a setting; did you mean TELEGRAM_BOT_TOKEN?",
		"TELEGRAM_TOKEN is not a setting; did you mean TELEGRAM_BOT_TOKEN?",
		"USER_RATES is not a setting; did you mean USER_RATE?",
		"WEBHOOK_MAX_CONNECTIONS is not a setting",
	}
	if diff := cmp.Diff(want, c.Warnings); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A run begins with a line that holds its version and every setting: no secret,
// and of people only how many.
func TestStartLine(t *testing.T) {
	c, err := loadNamed(map[string]string{
		"TELEGRAM_BOT_TOKEN": token, "STORE_KEY": goodKey, "ALLOWED_USERS": "987650001,987650002", "ADMIN_USERS": "987650003", "KITE_URL": "x",
		"STORE_PATH": t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := app.Run(context.Background(), c, app.Options{Version: "v1.2.3", Logger: slog.New(slog.NewTextHandler(&out, nil))}); err == nil {
		t.Fatal("a folder is no store")
	}
	first, rest, _ := strings.Cut(out.String(), "\n")
	for _, want := range []string{
		"msg=starting version=v1.2.3", "settings.TELEGRAM_BOT_TOKEN=•••", "settings.STORE_KEY=•••", `settings.STORE_KEY_OLD="not set"`,
		`settings.ALLOWED_USERS="2 people"`, `settings.ADMIN_USERS="1 person"`, "settings.USER_RATE=30/min",
	} {
		if !strings.Contains(first, want) {
			t.Errorf("%q is not in the line\n%s", want, first)
		}
	}
	if n := strings.Count(first, "settings."); n != len(app.Settings()) {
		t.Errorf("%d of %d settings in\n%s", n, len(app.Settings()), first)
	}
	if !strings.Contains(rest, "KITE_URL is not a setting; did you mean KITE_MCP_URL?") {
		t.Errorf("no warning in\n%s", rest)
	}
	for _, hidden := range []string{token, goodKey, "98765000"} {
		if strings.Contains(out.String(), hidden) {
			t.Errorf("%q is in the log:\n%s", hidden, out.String())
		}
	}
}

// Where the bot listens for what a proxy passes on. A browser on this machine comes
// without one.
func TestWhereBrowsersComeBackTo(t *testing.T) {
	const hook, in = "https://bot.example.org/telegram", "127.0.0.1:8081"
	for _, test := range []struct{ hook, callback, addr, setting string }{
		{"", "", "", ""},
		{hook, "", in, "WEBHOOK_ADDR"},
		{"", "https://bot.example.org/kite/callback", in, "WEBHOOK_ADDR"},
		{hook, "https://bot.example.org:8443/kite/callback/", in, "WEBHOOK_ADDR"},
		{hook, "http://127.0.0.1:8081/kite", in, "WEBHOOK_ADDR"},
		{"", "https://127.0.0.1:9000/kite", in, "WEBHOOK_ADDR"},
		{"", "http://127.0.0.1:9000/kite", "127.0.0.1:9000", "OAUTH_CALLBACK_URL"},
		{"", "http://[::1]:9000/kite", "[::1]:9000", "OAUTH_CALLBACK_URL"},
		{"", "http://127.0.0.1/kite", "127.0.0.1:80", "OAUTH_CALLBACK_URL"},
		{"", "http://[::1]/kite", "[::1]:80", "OAUTH_CALLBACK_URL"},
	} {
		c, err := load(map[string]string{"TELEGRAM_BOT_TOKEN": token, "WEBHOOK_URL": test.hook, "OAUTH_CALLBACK_URL": test.callback}, "")
		addr, setting := c.FrontAddr()
		if err != nil || c.CallbackURL != test.callback || addr != test.addr || setting != test.setting {
			t.Errorf("WEBHOOK_URL=%s OAUTH_CALLBACK_URL=%s: %q by %q, %v; want %q by %q", test.hook, test.callback, addr, setting, err, test.addr, test.setting)
		}
	}
}

// Deliveries and browsers are told apart by the path alone.
func TestACallbackInTheWebhooksPlace(t *testing.T) {
	for _, callback := range []string{"https://bot.example.org/telegram", "https://bot.example.org:8443/telegram", "https://login.example.org/%74elegram"} {
		_, err := load(map[string]string{"TELEGRAM_BOT_TOKEN": token, "WEBHOOK_URL": "https://bot.example.org/telegram", "OAUTH_CALLBACK_URL": callback}, "")
		setting, ok := errors.AsType[*app.SettingError](err)
		if !ok || setting.Name != "OAUTH_CALLBACK_URL" || !strings.Contains(setting.Problem, "another path than WEBHOOK_URL") {
			t.Errorf("%s: %v", callback, err)
		}
	}
}

// unknownVars returns what is said of an environment that has variables of these names.
func unknownVars(t *testing.T, names ...string) []string {
	t.Helper()
	vars := map[string]string{"TELEGRAM_BOT_TOKEN": token}
	for _, name := range names {
		vars[name] = "s3cret-value"
	}
	c, _ := loadNamed(vars) // what is said does not depend on whether the settings are good
	return c.Warnings
}

// A misspelt setting is found, whatever the slip, and its value is never said.
func TestMisspeltSettings(t *testing.T) {
	for name, meant := range map[string]string{
		"ALOWED_USERS": "ALLOWED_USERS", "ALLOWD_USERS": "ALLOWED_USERS", "ALLOWEDUSERS": "ALLOWED_USERS", "ALOLWED_USERS": "ALLOWED_USERS", "allowed_users": "ALLOWED_USERS",
		"ALLOWED_USER_IDS": "ALLOWED_USERS", "ALLOWED": "ALLOWED_USERS", "ADMINS": "ADMIN_USERS", "ADMIN_USER": "ADMIN_USERS", "ADMIN_IDS": "ADMIN_USERS", "ADMINUSERS": "ADMIN_USERS",
		"BOT_TOKEN": "TELEGRAM_BOT_TOKEN", "TELEGRAM_TOKEN": "TELEGRAM_BOT_TOKEN", "TELEGRAMBOT_TOKEN": "TELEGRAM_BOT_TOKEN", "BOT_TOKEN_FILE": "TELEGRAM_BOT_TOKEN_FILE",
		"LOGLEVEL": "LOG_LEVEL", "LOG_LEVLE": "LOG_LEVEL", "LOGFORMAT": "LOG_FORMAT", "STOREKEY": "STORE_KEY", "STORE_KYE": "STORE_KEY", "STORE_PTH": "STORE_PATH",
		"STORE_KEY_FIL": "STORE_KEY_FILE", "WEBHOOK": "WEBHOOK_URL", "WEB_HOOK_URL": "WEBHOOK_URL", "HTTPADDR": "HTTP_ADDR", "HTTP_ADDRESS": "HTTP_ADDR",
		"MCP_URL": "KITE_MCP_URL", "KITE_URL": "KITE_MCP_URL", "USERRATE": "USER_RATE", "SEND_RATES": "SEND_RATE", "SESSIONIDLE": "SESSION_IDLE", "OAUTH_CALLBACK": "OAUTH_CALLBACK_URL",
	} {
		post := strings.Join(unknownVars(t, name), "\n")
		if want := name + " is not a setting; did you mean " + meant + "?"; post != want {
			t.Errorf("of %s is said %q, want %q", name, post, want)
		}
		if strings.Contains(post, "s3cret") {
			t.Errorf("a value is said: %q", post)
		}
	}
}

// Nothing is said of what stands in the environments of shells, services, clusters
// and other programs.
func TestCommonVariablesAreKnown(t *testing.T) {
	common := `PATH HOME USER USERNAME USERS LOGNAME SHELL PWD OLDPWD SHLVL TERM LANG LANGUAGE LC_ALL LC_CTYPE TZ HOSTNAME HOST HOSTTYPE MAIL EDITOR PAGER VISUAL DISPLAY
		TMPDIR TEMP _ PS1 IFS UID EUID PPID COLUMNS LINES LS_COLORS SUDO_USER SUDO_UID SUDO_COMMAND SSH_AUTH_SOCK SSH_CLIENT SSH_CONNECTION SSH_TTY GPG_TTY
		XDG_SESSION_ID XDG_SESSION_TYPE XDG_RUNTIME_DIR XDG_DATA_HOME DBUS_SESSION_BUS_ADDRESS DESKTOP_SESSION SESSION_MANAGER SESSION_ID SESSION_SECRET
		HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY http_proxy https_proxy no_proxy HTTP_PORT HTTP_HOST PORT ADDR LISTEN_ADDR
		INVOCATION_ID JOURNAL_STREAM SYSTEMD_EXEC_PID NOTIFY_SOCKET MAINPID CREDENTIALS_DIRECTORY STATE_DIRECTORY LOGS_DIRECTORY RUNTIME_DIRECTORY LISTEN_FDS LISTEN_PID
		KUBERNETES_SERVICE_HOST KUBERNETES_PORT_443_TCP POD_NAME POD_NAMESPACE NODE_NAME SERVICE_ACCOUNT DOCKER_HOST CONTAINER container COMPOSE_PROJECT_NAME
		GOPATH GOROOT GOFLAGS GOCACHE GOMEMLIMIT GOMAXPROCS GODEBUG GOTRACEBACK SSL_CERT_FILE SSL_CERT_DIR CI GITHUB_TOKEN GITHUB_ACTIONS GITLAB_TOKEN NPM_TOKEN API_TOKEN
		ADMIN ADMIN_EMAIL ADMIN_PASSWORD ADMIN_PASS ADMIN_TOKEN ADMIN_NAME TOKEN TOKENS BOT BOT_NAME USER_ID USER_NAME USER_ROLE USER_HOME USER_AGENT USERDOMAIN USERPROFILE
		LOG LOG_DIR LOG_FILE LOG_PATH LOGS LOG_COLOR LOG_OUTPUT LOGGING DEBUG VERBOSE LEVEL FORMAT STORE STORE_ID STORE_URL STORE_NAME DATABASE_URL DB_PATH DATA_DIR
		OAUTH_CLIENT_ID OAUTH_CLIENT_SECRET OAUTH_TOKEN CALLBACK_URL SECRET SECRET_KEY API_KEY API_URL AWS_REGION AWS_ACCESS_KEY_ID VERSION REVISION SOURCE NODE_ENV RATE URL`
	for name := range strings.FieldsSeq(common) {
		if post := unknownVars(t, name); len(post) > 0 {
			t.Errorf("of %s is said %q", name, post)
		}
	}
}
