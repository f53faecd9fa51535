package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/app"
	"kitebot/internal/ops"
)

const token = "1000001:test-token-test-token-test-token-00"

// start runs the program with an environment, as main does.
func start(t *testing.T, vars map[string]string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, log bytes.Buffer
	env := app.Env{Lookup: func(name string) (string, bool) { v, ok := vars[name]; return v, ok }}
	p := program{env: env, stdin: strings.NewReader(""), stdout: &out, stderr: &log}
	err = p.run(t.Context(), args)
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
	if out, _, err := start(t, nil, "version"); err != nil || out != builtVersion()+"\n" {
		t.Errorf("version: %q, %v", out, err)
	}
	for _, name := range []string{"help", "-h", "--help"} {
		if out, _, err := start(t, nil, name); err != nil || !strings.HasPrefix(out, "usage: bot") {
			t.Errorf("%s: %q, %v", name, out, err)
		}
	}
	if _, _, err := start(t, nil, "run"); err == nil || !strings.Contains(err.Error(), "TELEGRAM_BOT_TOKEN") {
		t.Errorf("run: %v", err)
	}
}

// An unknown command gets the usage and exit code 2, and no file
// is made of a misspelt option.
func TestUsage(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, args := range [][]string{
		{"dance"}, {""}, {"version", "now"}, {"run", "away"}, {"healthcheck", "x"},
		{"healthcheck", ""}, {"healthcheck", "ready", "x"}, {"healthcheck", "-ready"}, {"healthcheck", "x", "ready"},
		{"backup"}, {"restore"}, {"backup", ""}, {"backup", "a", "b"}, {"restore", "a", "b"}, {"backup", "--force"}, {"restore", "-f"},
		{"-h", "x"}, {"help", "dance"}, {"help", "run", "x"}, {"config", "x"}, {"config", "-json"}, {"-help", "backup"},
	} {
		_, _, err := start(t, nil, args...)
		if exitCode(err) != 2 || !strings.Contains(err.Error(), "usage: bot") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", args, err)
		}
	}
	if left, err := os.ReadDir("."); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if exitCode(nil) != 0 || exitCode(errors.New("anything")) != 1 {
		t.Error("exit codes")
	}
}

// listen serves /healthz as a running bot does, and says how many times it was asked.
func listen(t *testing.T, l net.Listener, err error) *atomic.Int64 {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	var serving sync.WaitGroup
	serving.Go(func() {
		ops.Serve(ctx, l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			if r.URL.Path != "/healthz" {
				http.NotFound(w, r)
			}
		}), slog.New(slog.DiscardHandler))
	})
	t.Cleanup(func() { cancel(); serving.Wait(); http.DefaultClient.CloseIdleConnections() })
	return &asked
}

// The health check needs no token, and no HTTP_ADDR where there is a socket.
func TestHealthcheck(t *testing.T) {
	t.Chdir(t.TempDir())
	wrong := map[string]string{"STORE_PATH": "bot.db", "TELEGRAM_BOT_TOKEN": "nonsense", "USER_RATE": "nonsense"}
	with := func(addr string) map[string]string {
		vars := maps.Clone(wrong)
		vars["HTTP_ADDR"] = addr
		return vars
	}
	if _, _, err := start(t, with("127.0.0.1:1"), "healthcheck"); exitCode(err) != 1 {
		t.Errorf("a bot that does not run: %v", err)
	}
	if _, _, err := start(t, with("off"), "healthcheck"); exitCode(err) != 1 || !strings.Contains(err.Error(), "HTTP_ADDR is off") {
		t.Errorf("a bot that does not run and has no address: %v", err)
	}
	tcp, err := ops.Listen("127.0.0.1:0")
	overTCP := listen(t, tcp, err)
	if _, _, err := start(t, with(tcp.Addr().String()), "healthcheck"); err != nil || overTCP.Load() != 1 {
		t.Errorf("on HTTP_ADDR: %v", err)
	}
	socket, err := ops.ListenSocket("bot.db.sock")
	overSocket := listen(t, socket, err)
	for _, addr := range []string{"off", "127.0.0.1:1", tcp.Addr().String()} {
		if _, _, err := start(t, with(addr), "healthcheck"); err != nil {
			t.Errorf("over the socket, with HTTP_ADDR=%s: %v", addr, err)
		}
	}
	if overSocket.Load() != 3 || overTCP.Load() != 1 {
		t.Errorf("the socket was asked %d times of 3, HTTP_ADDR %d of 1", overSocket.Load(), overTCP.Load())
	}
}

// A bot that hangs is not well, whatever else answers on HTTP_ADDR.
func TestHealthcheckOfABotThatHangs(t *testing.T) {
	t.Chdir(t.TempDir())
	l, err := ops.ListenSocket("bot.db.sock") // it takes no connection in
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	tcp, err := ops.Listen("127.0.0.1:0")
	asked := listen(t, tcp, err)
	_, _, err = start(t, map[string]string{"STORE_PATH": "bot.db", "HTTP_ADDR": tcp.Addr().String()}, "healthcheck")
	if exitCode(err) != 1 || asked.Load() != 0 {
		t.Errorf("%v; HTTP_ADDR was asked %d times", err, asked.Load())
	}
}

// A stop that takes too long is given up, and no other one is.
func TestAStopIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var over atomic.Bool
		boundStop(ctx, func() { over.Store(true) })
		time.Sleep(time.Hour)
		cancel()
		time.Sleep(stopTime - 1)
		synctest.Wait()
		if over.Load() {
			t.Error("the stop was given up early, or before there was one")
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if !over.Load() {
			t.Error("the stop was not given up")
		}
	})
}

// A panic is told with its stack and without its value.
func TestAPanicIsToldWithoutItsValue(t *testing.T) {
	p := program{env: app.Env{Lookup: func(string) (string, bool) { panic("hunter2") }}, stdout: io.Discard, stderr: io.Discard}
	err := p.run(t.Context(), []string{"config"})
	if exitCode(err) != 1 || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "TestAPanicIsToldWithoutItsValue") {
		t.Errorf("got %v", err)
	}
}

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
			if json.Unmarshal([]byte(line), &record) == nil && record.Level == "ERROR" && record.Time != "" && record.Msg == "the bot ends" {
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
