package app_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/app"
)

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
func TestStrays(t *testing.T) {
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
