package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"kitebot/internal/app"
)

// complaint is what a command with an error leaves on the standard error.
func complaint(format string, args []string, err error) []string {
	var out bytes.Buffer
	program{stderr: &out, env: app.Env{Lookup: func(name string) (string, bool) {
		return format, name == "LOG_FORMAT" && format != ""
	}}}.complain(args, err)
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
}

// A start names all that is wrong, a line each.
func TestAllBadSettingsAreNamed(t *testing.T) {
	_, _, err := start(t, map[string]string{"TELEGRAM_BOT_TOKEN": "hunter2", "USER_RATE": "hunter2"})
	lines := complaint("text", nil, err)
	if len(lines) != 2 || !strings.HasPrefix(lines[0], "bot: TELEGRAM_BOT_TOKEN: ") || !strings.HasPrefix(lines[1], "bot: USER_RATE: ") || exitCode(err) != 1 {
		t.Errorf("%q", lines)
	}
}

// The last words of the bot have the form of its log, so that what reads the log
// reads them, too. Those of the other commands are for people.
func TestTheLastWordsHaveTheFormOfTheLog(t *testing.T) {
	_, _, bad := start(t, map[string]string{"USER_RATE": "hunter2"})
	panicked := errors.New("a bug of ours\nits stack")
	for _, test := range []struct {
		format string
		args   []string
		err    error
		json   []string // the errors; nil for words to people
	}{
		{"", nil, bad, []string{"TELEGRAM_BOT_TOKEN: is not set; @BotFather gives you one", "USER_RATE: must be a number per s, min or h, or off; for example 30/min"}},
		{"json", []string{"run"}, panicked, []string{panicked.Error()}},
		{"json", nil, errStuck, []string{errStuck.Error()}},
		{"nonsense", nil, errStuck, []string{errStuck.Error()}},
		{"text", nil, bad, nil},
		{"json", []string{"backup", "x"}, errStuck, nil},
		{"json", []string{"dance"}, errUsage, nil},
	} {
		var got []string
		lines := complaint(test.format, test.args, test.err)
		for _, line := range lines {
			var record struct{ Time, Level, Msg, Err string }
			if json.Unmarshal([]byte(line), &record) == nil && record.Level == "ERROR" && record.Time != "" && strings.HasPrefix(record.Msg, "the bot ends: ") {
				got = append(got, record.Err)
			} else if !strings.HasPrefix(line, "bot: ") {
				t.Errorf("%q %q: an odd line %q", test.format, test.args, line)
			}
		}
		if !slices.Equal(got, test.json) || test.json != nil && len(lines) != len(got) {
			t.Errorf("%q %q: JSON of %q, want %q; all lines: %q", test.format, test.args, got, test.json, lines)
		}
	}
}

// The misspelt name is told where the setting that was meant is missing.
func TestABadStartNamesStrays(t *testing.T) {
	var log bytes.Buffer
	env := app.Env{Names: func() []string { return []string{"BOT_TOKEN"} }, Lookup: func(name string) (string, bool) {
		return token, name == "BOT_TOKEN"
	}}
	err := program{env: env, stderr: &log}.run(t.Context(), nil)
	if err == nil || !strings.Contains(log.String(), "BOT_TOKEN is not a setting; did you mean TELEGRAM_BOT_TOKEN?") || strings.Contains(log.String(), token) {
		t.Errorf("%v, %s", err, log.String())
	}
}

func TestVersionOf(t *testing.T) {
	info := func(settings ...string) *debug.BuildInfo {
		b := &debug.BuildInfo{}
		for i := 0; i < len(settings); i += 2 {
			b.Settings = append(b.Settings, debug.BuildSetting{Key: settings[i], Value: settings[i+1]})
		}
		return b
	}
	const commit = "0123456789abcdef0123456789abcdef01234567"
	for _, test := range []struct {
		told string
		info *debug.BuildInfo
		want string
	}{
		{"v1.2.3", info("vcs.revision", commit), "v1.2.3"},
		{"dev", nil, "dev"},
		{"dev", info(), "dev"},
		{"dev", info("vcs.revision", commit, "vcs.modified", "false"), "dev-0123456789ab"},
		{"dev", info("vcs.revision", commit, "vcs.modified", "true"), "dev-0123456789ab-modified"},
	} {
		if got := versionOf(test.told, test.info); got != test.want {
			t.Errorf("%s: %s, want %s", test.told, got, test.want)
		}
	}
}
