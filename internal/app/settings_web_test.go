package app_test

import (
	"errors"
	"strings"
	"testing"

	"kitebot/internal/app"
)

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
