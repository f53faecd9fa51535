package main

import (
	"bytes"
	"strings"
	"testing"

	"kitebot/internal/app"
)

const token = "1000001:test-token-test-token-test-token-00"

// start runs the program with an environment, as main does.
func start(t *testing.T, vars map[string]string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, log bytes.Buffer
	env := app.Env{Lookup: func(name string) (string, bool) { v, ok := vars[name]; return v, ok }}
	err = run(t.Context(), args, env, &out, &log)
	return out.String(), log.String(), err
}

// What main prints on a bad start is one line, and it names the setting.
func TestBadStarts(t *testing.T) {
	folder := t.TempDir()
	for name, test := range map[string]struct {
		vars map[string]string
		want string
	}{
		"no token":           {nil, "TELEGRAM_BOT_TOKEN"},
		"a malformed token":  {map[string]string{"TELEGRAM_BOT_TOKEN": "hunter2"}, "TELEGRAM_BOT_TOKEN"},
		"a Kite of no kind":  {map[string]string{"KITE_MCP_URL": "nonsense"}, "KITE_MCP_URL"},
		"a Kite in clear":    {map[string]string{"KITE_MCP_URL": "http://mcp.example.com/sse"}, "KITE_MCP_URL"},
		"a Kite without sse": {map[string]string{"KITE_MCP_URL": "https://mcp.example.com/"}, "KITE_MCP_URL"},
		"no folder":          {map[string]string{"STORE_PATH": folder + "/nowhere/bot.db"}, "STORE_PATH"},
		"a folder as store":  {map[string]string{"STORE_PATH": folder}, "STORE_PATH"},
		"a bad key":          {map[string]string{"STORE_KEY": "hunter2"}, "STORE_KEY"},
		"no such address":    {map[string]string{"HTTP_ADDR": "203.0.113.1:1", "STORE_PATH": folder + "/a.db"}, "HTTP_ADDR"},
	} {
		t.Run(name, func(t *testing.T) {
			vars := map[string]string{"TELEGRAM_BOT_TOKEN": token, "TELEGRAM_API_URL": "http://127.0.0.1:1", "STORE_PATH": folder + "/b.db"}
			for k, v := range test.vars {
				vars[k] = v
			}
			if test.vars == nil {
				delete(vars, "TELEGRAM_BOT_TOKEN")
			}
			_, _, err := start(t, vars)
			if err == nil {
				t.Fatal("the bot started")
			}
			text := err.Error()
			if !strings.Contains(text, test.want) || strings.ContainsAny(text, "\n") ||
				strings.Contains(text, "hunter2") || strings.Contains(text, token) {
				t.Errorf("the line is %q, want one that names %s and holds no secret", text, test.want)
			}
		})
	}
}

func TestSubcommands(t *testing.T) {
	if out, _, err := start(t, nil, "version"); err != nil || out != version+"\n" {
		t.Errorf("version: %q, %v", out, err)
	}
	for _, args := range [][]string{{"dance"}, {"version", "now"}} {
		if _, _, err := start(t, nil, args...); err == nil || !strings.Contains(err.Error(), "usage: bot") {
			t.Errorf("%v: %v", args, err)
		}
	}
	if _, _, err := start(t, map[string]string{"TELEGRAM_BOT_TOKEN": token, "HTTP_ADDR": "127.0.0.1:1"}, "healthcheck"); err == nil {
		t.Error("a bot that does not run was found well")
	}
}
