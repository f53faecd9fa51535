package app_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kitebot/internal/app"
	"kitebot/internal/ops"
	simkite "kitebot/internal/sim/kite"
	"kitebot/internal/store"
)

// newWorldHere is a world whose store is bot.db in the folder that the test now
// runs in: the path of its socket is short wherever temporary folders are.
func newSystemHere(t *testing.T) *system {
	t.Helper()
	t.Chdir(t.TempDir())
	w := newSystem(t, simkite.Options{})
	w.store = "bot.db"
	return w
}

// restore puts a backup in the store's place.
func (w *system) restore(path string) (aside string, err error) {
	w.t.Helper()
	f, err := os.Open(path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer f.Close()
	return app.Restore(w.t.Context(), w.config(), f)
}

// A backup of a running bot brings back who was logged in when it was made, and
// nobody else; so does the store that was kept aside, the other way round.
func TestBackupAndRestore(t *testing.T) {
	w := newSystemHere(t)
	w.start()
	p, r := w.person(asha, "Asha"), w.person(ravi, "Ravi")
	p.login(ashaUser)
	if n, err := app.Backup(t.Context(), w.config(), "copy.db"); err != nil || n == 0 {
		t.Fatalf("%d bytes, %v", n, err)
	}
	r.login(raviUser)
	if _, err := w.restore("copy.db"); !errors.Is(err, store.ErrLocked) {
		t.Errorf("restored under a running bot: %v", err)
	}
	r.ask("/holdings", headline(raviUser))

	w.end()
	aside, err := w.restore("copy.db")
	if err != nil || !strings.HasPrefix(aside, "bot.db.replaced-") {
		t.Fatalf("kept aside: %q, %v", aside, err)
	}
	w.start()
	p.ask("/holdings", headline(ashaUser))
	r.ask("/holdings", "You are not logged in yet")

	w.end()
	if _, err := w.restore(aside); err != nil {
		t.Fatal(err)
	}
	w.start()
	r.ask("/holdings", headline(raviUser))
}

// A backup that cannot be restored, and one that was cancelled, leave no file.
func TestBackupThatIsNone(t *testing.T) {
	w := newSystemHere(t)
	w.start()
	c := w.config()
	c.StoreKey = make([]byte, 32)
	if _, err := app.Backup(t.Context(), c, "copy.db"); !errors.Is(err, store.ErrKeyWrong) {
		t.Errorf("a backup that cannot be opened: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := app.Backup(ctx, w.config(), "copy.db"); !errors.Is(err, context.Canceled) {
		t.Errorf("a backup that was given up: %v", err)
	}
	found, err := filepath.Glob("*copy*")
	if hidden, _ := filepath.Glob(".*"); err != nil || len(found)+len(hidden) != 0 {
		t.Errorf("left behind: %q %q, %v", found, hidden, err)
	}
}

// The socket is there while the bot runs, for its own user only. What a killed
// bot leaves of it is in no one's way.
func TestControlSocket(t *testing.T) {
	w := newSystemHere(t)
	kill := w.startChild()
	p := w.person(asha, "Asha")
	p.ask("/help", "What I can do")
	private := func() {
		t.Helper()
		info, err := os.Lstat("bot.db.sock")
		if err != nil || info.Mode() != fs.ModeSocket|0o600 {
			t.Errorf("mode %v, %v", info, err)
		}
		if err := ops.ProbeSocket(t.Context(), "bot.db.sock"); err != nil {
			t.Error(err)
		}
	}
	private()
	kill()
	if err := ops.ProbeSocket(t.Context(), "bot.db.sock"); !errors.Is(err, ops.ErrNoAnswer) {
		t.Errorf("a bot that was killed: %v", err)
	}
	if _, err := app.Backup(t.Context(), w.config(), "killed.db"); err != nil {
		t.Errorf("the store of a bot that was killed: %v", err)
	}
	w.start()
	private()
	w.end()
	if _, err := os.Lstat("bot.db.sock"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket outlives the bot: %v", err)
	}
}

// Where there can be no socket the bot says so and works without one.
func TestNoControlSocket(t *testing.T) {
	for name, test := range map[string]struct {
		store string
		make  func(t *testing.T)
	}{
		"too long a path": {strings.Repeat("long-", 20) + "/bot.db", func(t *testing.T) {
			if err := os.Mkdir(strings.Repeat("long-", 20), 0o700); err != nil {
				t.Fatal(err)
			}
		}},
		"a file in its place": {"bot.db", func(t *testing.T) {
			if err := os.WriteFile("bot.db.sock", []byte("mine"), 0o600); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newSystemHere(t)
			w.store = test.store
			test.make(t)
			before, _ := os.Lstat("bot.db.sock")
			w.start()
			w.person(asha, "Asha").ask("/help", "What I can do")
			if log := w.logText(); strings.Count(log, "the control socket cannot be made") != 1 || !strings.Contains(log, "level=WARN") {
				t.Errorf("the log says\n%s", log)
			}
			if after, _ := os.Lstat("bot.db.sock"); before != nil && (after == nil || !os.SameFile(before, after)) {
				t.Error("what was there is gone")
			}
		})
	}
}

// A bot without its socket cannot be asked for a backup, and its file is not
// read behind its back.
func TestBackupOfABotThatCannotBeAsked(t *testing.T) {
	w := newSystemHere(t)
	w.start()
	if err := os.Remove("bot.db.sock"); err != nil {
		t.Fatal(err)
	}
	_, err := app.Backup(t.Context(), w.config(), "copy.db")
	if !errors.Is(err, store.ErrLocked) || strings.Contains(err.Error(), "\n") {
		t.Error(err)
	}
}

// A bot that is there and silent is waited for, but not for ever and not longer
// than the asker wants.
func TestBackupOfABotThatHangs(t *testing.T) {
	w := newSystemHere(t)
	w.start()
	w.end()
	l, err := net.Listen("unix", "bot.db.sock") // takes no connection in
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := app.Backup(ctx, w.config(), "copy.db"); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if _, err := os.Lstat("copy.db"); err == nil {
		t.Error("there is a backup")
	}
}

// withKeys are settings with other keys; nil for none.
func (w *system) withKeys(now, old []byte) app.Config {
	c := w.config()
	c.StoreKey, c.OldKey = now, old
	return c
}

// The key of the store is changed twice, first from the one that was made beside
// it. No one has to log in again, and a key that was left opens nothing any more.
func TestKeyRotation(t *testing.T) {
	w := newSystemHere(t)
	w.start() // makes bot.db.key
	p := w.person(asha, "Asha")
	p.login(ashaUser)
	if _, err := app.Backup(t.Context(), w.config(), "first.db"); err != nil {
		t.Fatal(err)
	}
	w.end()
	text, err := os.ReadFile("bot.db.key")
	if err != nil {
		t.Fatal(err)
	}
	made, err := store.ParseKey(string(text))
	if err != nil {
		t.Fatal(err)
	}
	second, third := bytes.Repeat([]byte{2}, 32), bytes.Repeat([]byte{3}, 32)
	for _, keys := range [][2][]byte{{second, made}, {second, nil}, {third, second}, {third, nil}} {
		w.startWith(w.withKeys(keys[0], keys[1]))
		p.ask("/holdings", headline(ashaUser))
		w.end()
	}
	for _, key := range [][]byte{made, second} {
		if err := app.Run(t.Context(), w.withKeys(key, nil), app.Options{}); !errors.Is(err, store.ErrKeyWrong) {
			t.Errorf("with a key that was left: %v", err)
		}
	}

	// A backup from before is restored with both keys, and changed as it is opened.
	f, err := os.Open("first.db")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := app.Restore(t.Context(), w.withKeys(third, made), f); err != nil {
		t.Fatal(err)
	}
	w.startWith(w.withKeys(third, made))
	p.ask("/holdings", headline(ashaUser))
}
