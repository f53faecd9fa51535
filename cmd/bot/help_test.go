package main

import (
	"bytes"
	"strings"
	"testing"

	"kitebot/internal/app"
)

// A request for help is answered with exit code 0, and nothing is done.
func TestHelp(t *testing.T) {
	for _, c := range commands() {
		if !strings.Contains(errUsage.Error(), c.name) {
			t.Errorf("the usage does not name %s", c.name)
		}
		for _, args := range [][]string{{"help", c.name}, {c.name, "-h"}, {c.name, "--help"}, {c.name, "-help"}} {
			out, _, err := start(t, nil, args...)
			if err != nil || !strings.HasPrefix(out, "usage: bot "+c.usage()+"\n\n"+c.short) || !strings.HasSuffix(out, "\n") {
				t.Errorf("%q: %q, %v", args, out, err)
			}
		}
	}
	all, _, err := start(t, nil, "help")
	if err != nil || !strings.HasPrefix(all, "usage: bot") {
		t.Fatalf("%q, %v", all, err)
	}
	for line := range strings.Lines(all) {
		if len(strings.TrimSuffix(line, "\n")) > 110 {
			t.Errorf("a long line: %s", line)
		}
	}
	for _, c := range commands() {
		if !strings.Contains(all, "\n  "+c.usage()+" ") {
			t.Errorf("the help does not tell of %s", c.name)
		}
	}
	for _, option := range []string{"-h", "-help", "--help"} {
		if out, _, err := start(t, nil, option); out != all || err != nil {
			t.Errorf("%s: %q, %v", option, out, err)
		}
	}
}

// Every command that there is can be run, and those alone.
func TestEveryCommandIsKnown(t *testing.T) {
	for _, c := range commands() {
		args := []string{c.name}
		if c.file == "FILE" {
			args = append(args, "file")
		}
		if name, file, err := parse(args); err != nil || name != c.name || (file == "") != (c.file != "FILE") {
			t.Errorf("%q is %q of %q, %v", args, name, file, err)
		}
	}
}

func TestConfig(t *testing.T) {
	vars := map[string]string{"TELEGRAM_BOT_TOKEN": token, "STORE_PATH": "/data/bot.db"}
	out, _, err := start(t, vars, "config")
	if err != nil || strings.Contains(out, token) {
		t.Fatalf("%q, %v", out, err)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != len(app.Settings()) {
		t.Errorf("%d lines for %d settings", len(lines), len(app.Settings()))
	}
	for i, s := range app.Settings() {
		if !strings.HasPrefix(lines[i], s.Name+" ") {
			t.Errorf("line %d is %q, want %s", i, lines[i], s.Name)
		}
	}
	if !strings.Contains(out, "STORE_PATH = /data/bot.db  (environment)\n") || !strings.Contains(out, "TELEGRAM_BOT_TOKEN = •••  (environment)\n") {
		t.Errorf("%s", out)
	}
}

// All that is wrong is shown in its line, and all other lines are there too.
func TestConfigOfBadSettings(t *testing.T) {
	vars := map[string]string{"TELEGRAM_BOT_TOKEN": "hunter2", "USER_RATE": "hunter2", "KITE_MCP_URL": "http://mcp.example.com/sse"}
	out, _, err := start(t, vars, "config")
	if exitCode(err) != 1 || err.Error() != "3 settings are wrong: the bot would not start" {
		t.Errorf("it ends with %v", err)
	}
	if n := strings.Count(out, " = WRONG  (environment): "); n != 3 || strings.Count(out, "\n") != len(app.Settings()) || strings.Contains(out, "hunter2") {
		t.Errorf("%d are wrong:\n%s", n, out)
	}
	delete(vars, "USER_RATE")
	delete(vars, "KITE_MCP_URL")
	if _, _, err = start(t, vars, "config"); exitCode(err) != 1 || err.Error() != "one setting is wrong: the bot would not start" {
		t.Errorf("it ends with %v", err)
	}
}

func TestConfigNamesStrays(t *testing.T) {
	vars := map[string]string{"TELEGRAM_BOT_TOKEN": token, "KITE_URL": "x"}
	var out bytes.Buffer
	env := app.Env{
		Lookup: func(name string) (string, bool) { v, ok := vars[name]; return v, ok },
		Names:  func() []string { return []string{"TELEGRAM_BOT_TOKEN", "KITE_URL"} },
	}
	err := program{env: env, stdout: &out, stderr: &out}.run(t.Context(), []string{"config"})
	if err != nil || !strings.HasSuffix(out.String(), "\n\nwarning: KITE_URL is not a setting; did you mean KITE_MCP_URL?\n") {
		t.Errorf("%v, %s", err, out.String())
	}
}
