package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"kitebot/internal/app"
	"kitebot/internal/ops"
	"kitebot/internal/store"
)

const (
	storeKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	otherKey = "HxwdHhsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA="
)

// settings are all that copies need; whatever else is set is not looked at.
func settings(key string) map[string]string {
	return map[string]string{"STORE_PATH": "bot.db", "STORE_KEY": key, "TELEGRAM_BOT_TOKEN": "nonsense", "HTTP_ADDR": "nonsense"}
}

// openStore opens bot.db, in a test that runs in a folder of its own.
func openStore(t *testing.T, key string) *store.Store {
	t.Helper()
	o := store.Options{Path: "bot.db"}
	if key != "" {
		var err error
		if o.Key, err = store.ParseKey(key); err != nil {
			t.Fatal(err)
		}
	}
	s, err := store.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// makeStore makes a store that nobody has open, or opens the one that is there.
func makeStore(t *testing.T, key string) {
	t.Helper()
	if err := openStore(t, key).Close(); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// files lists the folder the test runs in.
func files(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// pipe runs the program with something on its standard input.
func pipe(t *testing.T, stdin io.Reader, vars map[string]string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, words bytes.Buffer
	env := app.Env{ReadFile: os.ReadFile, Lookup: func(name string) (string, bool) { v, ok := vars[name]; return v, ok }}
	err = program{env: env, stdin: stdin, stdout: &out, stderr: &words}.run(t.Context(), args)
	return out.String(), words.String(), err
}

func TestBackupAndRestoreOfAStoreThatRests(t *testing.T) {
	for name, test := range map[string]struct {
		key   string
		place string // of the key, as the words name it
	}{
		"with STORE_KEY":  {storeKey, "STORE_KEY"},
		"with a key file": {"", "bot.db.key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			makeStore(t, test.key)
			before := files(t)
			out, _, err := start(t, settings(test.key), "backup", "copy.db")
			if err != nil || !strings.Contains(out, "whole") || !strings.Contains(out, "the one in "+test.place+".") {
				t.Fatalf("%q, %v", out, err)
			}
			if info, err := os.Stat("copy.db"); err != nil || info.Mode() != 0o600 {
				t.Errorf("%v, %v", info.Mode(), err)
			}
			if got, want := files(t), slices.Sorted(slices.Values(append(before, "copy.db"))); !slices.Equal(got, want) {
				t.Errorf("the folder holds %q, want %q", got, want)
			}
			old := read(t, "bot.db")
			out, _, err = start(t, settings(test.key), "restore", "copy.db")
			if err != nil {
				t.Fatal(err)
			}
			_, aside, found := strings.Cut(out, "is kept as ")
			aside, _, _ = strings.Cut(aside, ":")
			if !found || !bytes.Equal(read(t, aside), old) {
				t.Errorf("the store that was there is not %q; it says %q", aside, out)
			}
			if !bytes.Equal(read(t, "bot.db"), read(t, "copy.db")) {
				t.Error("the store is not the copy")
			}
			makeStore(t, test.key) // it opens
		})
	}
}

// Nothing of a copy on the standard output is words, and nothing stays behind.
func TestBackupThroughAPipe(t *testing.T) {
	t.Chdir(t.TempDir())
	makeStore(t, storeKey)
	copied, words, err := start(t, settings(storeKey), "backup", "-")
	if err != nil || !strings.Contains(words, "STORE_KEY") {
		t.Fatalf("%q, %v", words, err)
	}
	if got := files(t); !slices.Equal(got, []string{"bot.db"}) {
		t.Errorf("the folder holds %q", got)
	}
	if copied != string(read(t, "bot.db")) {
		t.Errorf("%d bytes are not the store", len(copied))
	}
	if err := os.Remove("bot.db"); err != nil {
		t.Fatal(err)
	}
	out, _, err := pipe(t, strings.NewReader(copied), settings(storeKey), "restore", "-")
	if err != nil || strings.Contains(out, "is kept as") {
		t.Fatalf("%q, %v", out, err)
	}
	makeStore(t, storeKey)
}

// Whatever goes wrong, the exit code is 1, one line says why, and every file is
// as it was.
func TestCopiesThatFail(t *testing.T) {
	hold := func(t *testing.T) {
		s := openStore(t, storeKey)
		t.Cleanup(func() { s.Close() })
	}
	for name, test := range map[string]struct {
		harm func(t *testing.T)
		key  string
		args string
		want string
	}{
		"backup over a file":         {nil, storeKey, "backup copy.db", "copy.db is there already"},
		"backup over the store":      {nil, storeKey, "backup bot.db", "bot.db is there already"},
		"backup over a folder":       {nil, storeKey, "backup .", "is there already"},
		"backup into no folder":      {nil, storeKey, "backup nowhere/copy.db", "no such file"},
		"backup of nothing":          {func(t *testing.T) { os.Remove("bot.db") }, storeKey, "backup new.db", "there is no store"},
		"backup of an empty file":    {func(t *testing.T) { write(t, "bot.db", nil) }, storeKey, "backup new.db", "backup"},
		"backup of a cut store":      {func(t *testing.T) { write(t, "bot.db", read(t, "bot.db")[:20_000]) }, storeKey, "backup new.db", "examine the backup"},
		"backup of a cut one, piped": {func(t *testing.T) { write(t, "bot.db", read(t, "bot.db")[:20_000]) }, storeKey, "backup -", "examine the backup"},
		"backup with another key":    {nil, otherKey, "backup new.db", "STORE_KEY"},
		"backup without a key":       {nil, "", "backup new.db", "STORE_KEY"},
		"backup with a wrong key":    {nil, "hunter2", "backup new.db", "STORE_KEY"},
		"backup while it is held":    {hold, storeKey, "backup new.db", "in use"},
		"restore of nothing":         {nil, storeKey, "restore new.db", "no such file"},
		"restore while it is held":   {hold, storeKey, "restore copy.db", "in use"},
		"restore of a cut copy":      {func(t *testing.T) { write(t, "copy.db", read(t, "copy.db")[:20_000]) }, storeKey, "restore copy.db", "backup"},
		"restore of an empty copy":   {func(t *testing.T) { write(t, "copy.db", nil) }, storeKey, "restore copy.db", "backup"},
		"restore of something else":  {func(t *testing.T) { write(t, "copy.db", []byte("my shopping list")) }, storeKey, "restore copy.db", "backup"},
		"restore from an empty pipe": {nil, storeKey, "restore -", "backup"},
		"restore with another key":   {nil, otherKey, "restore copy.db", "STORE_KEY"},
		"restore of a folder":        {nil, storeKey, "restore .", "directory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			makeStore(t, storeKey)
			write(t, "copy.db", read(t, "bot.db"))
			if test.harm != nil {
				test.harm(t)
			}
			before := contents(t)
			out, _, err := start(t, settings(test.key), strings.Fields(test.args)...)
			if exitCode(err) != 1 {
				t.Fatalf("%q, %v", out, err)
			}
			text := err.Error()
			if !strings.Contains(text, test.want) || strings.Contains(text, "\n") || strings.Contains(text, "hunter2") || out != "" {
				t.Errorf("it says %q on the one side, %q on the other; want a line with %q", out, text, test.want)
			}
			if after := contents(t); !maps.Equal(before, after) {
				t.Errorf("files are %q, were %q", slices.Sorted(maps.Keys(after)), slices.Sorted(maps.Keys(before)))
			}
		})
	}
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// contents are all files of the folder the test runs in.
func contents(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, name := range files(t) {
		found[name] = string(read(t, name))
	}
	return found
}

// The folder of the backup is another than the store's, and not to be written.
func TestBackupIntoAClosedFolder(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write anywhere")
	}
	t.Chdir(t.TempDir())
	makeStore(t, storeKey)
	if err := os.Mkdir("closed", 0o500); err != nil {
		t.Fatal(err)
	}
	if _, _, err := start(t, settings(storeKey), "backup", "closed/copy.db"); !errors.Is(err, fs.ErrPermission) {
		t.Error(err)
	}
}

// answerReady serves the health of a bot until the test ends.
func answerReady(t *testing.T, l net.Listener, err error, h *ops.Health) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var serving sync.WaitGroup
	serving.Go(func() { ops.Serve(ctx, l, h.Handler(), slog.New(slog.DiscardHandler)) })
	t.Cleanup(func() { cancel(); serving.Wait(); http.DefaultClient.CloseIdleConnections() })
}

// The report is what /readyz shows people, and the exit code says whether the
// bot serves. Being alive is another question.
func TestHealthcheckReady(t *testing.T) {
	t.Chdir(t.TempDir())
	var h ops.Health
	tcp, err := ops.Listen("127.0.0.1:0")
	answerReady(t, tcp, err, &h)
	vars := map[string]string{"STORE_PATH": "bot.db", "HTTP_ADDR": tcp.Addr().String(), "TELEGRAM_BOT_TOKEN": "nonsense"}
	ask := func(how string, wantCode int, want string) {
		t.Helper()
		out, _, err := start(t, vars, "healthcheck", "ready")
		if exitCode(err) != wantCode || out != want {
			t.Errorf("%s: %q, %v; want %q and %d", how, out, err, want, wantCode)
		}
		if wantCode == 1 && (!errors.Is(err, errNotReady) || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%s: it ends with %v", how, err)
		}
		if _, _, err := start(t, vars, "healthcheck"); err != nil {
			t.Errorf("%s: it is alive all the same: %v", how, err)
		}
	}
	h.Set("store", func() error { return nil })
	ask("on HTTP_ADDR", 0, "ready\nstore: ok\n")
	vars["HTTP_ADDR"] = "off"
	socket, err := ops.ListenSocket("bot.db.sock")
	answerReady(t, socket, err, &h)
	ask("over the socket", 0, "ready\nstore: ok\n")
	h.Set("telegram", func() error { return &ops.Problem{Detail: "cannot deliver: Connection refused", Serves: true} })
	ask("degraded", 0, "degraded\nstore: ok\ntelegram: degraded: cannot deliver: Connection refused\n")
	h.Set("store", func() error { return errors.New("no space left") })
	ask("not ready", 1, "not ready\nstore: no space left\ntelegram: degraded: cannot deliver: Connection refused\n")
}

// Nobody who answers, and somebody else who does: nothing is printed for a report.
func TestHealthcheckReadyOfNoBot(t *testing.T) {
	t.Chdir(t.TempDir())
	tcp, err := ops.Listen("127.0.0.1:0")
	listen(t, tcp, err)
	for _, addr := range []string{"off", "127.0.0.1:1", tcp.Addr().String()} {
		out, _, err := start(t, map[string]string{"STORE_PATH": "bot.db", "HTTP_ADDR": addr}, "healthcheck", "ready")
		if exitCode(err) != 1 || errors.Is(err, errNotReady) || out != "" {
			t.Errorf("HTTP_ADDR=%s: %q, %v", addr, out, err)
		}
	}
}
