package store

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"kitebot/internal/kite/session/sessiontest"
)

func damagedFiles(t testing.TB, path string) []string {
	t.Helper()
	found, err := filepath.Glob(path + ".damaged-*")
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// oneRecord makes a closed store with one record, sealed with the test key.
func oneRecord(t *testing.T) (path string) {
	t.Helper()
	path = newPath(t)
	s := mustOpen(t, path)
	mustSave(t, s, sessiontest.Full(71))
	mustClose(t, s)
	return path
}

func TestOpenRefuses(t *testing.T) {
	for _, tt := range []struct {
		name    string
		prepare func(t *testing.T, path string)
		key     []byte
		want    error
	}{
		{"no key", func(*testing.T, string) {}, nil, ErrKeyMissing},
		{"a wrong key", func(*testing.T, string) {}, otherKey(), ErrKeyWrong},
		{"another store's key file", func(t *testing.T, path string) {
			writeFile(t, keyPath(path), []byte(strings.Repeat("A", 43)+"=\n"))
		}, nil, ErrKeyWrong},
		{"a cut key file", func(t *testing.T, path string) { writeFile(t, keyPath(path), []byte("AAAA")) }, nil, errKeyForm},
		{"an empty key file", func(t *testing.T, path string) { writeFile(t, keyPath(path), nil) }, nil, ErrKeyMissing},
		{"a key of a wrong size", func(*testing.T, string) {}, []byte("short"), errKeyForm},
		{"a newer schema", func(t *testing.T, path string) {
			newer := number(uint64(len(migrations()) + 1))
			tamper(t, path, func(tx *bolt.Tx) error { return bucket(tx, metaBucket).Put([]byte("schema"), newer) })
		}, testKey(), ErrSchemaNewer},
		{"a damaged file and no key", func(t *testing.T, path string) {
			writeFile(t, path, bytes.Repeat([]byte("garbage "), 4096))
		}, nil, ErrKeyMissing},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := oneRecord(t)
			tt.prepare(t, path)
			before := readFile(t, path)
			s, err := Open(Options{Path: path, Key: tt.key})
			if !errors.Is(err, tt.want) || s != nil {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			if !strings.Contains(err.Error(), "STORE_") {
				t.Errorf("the error names no setting: %v", err)
			}
			if !bytes.Equal(before, readFile(t, path)) {
				t.Error("the refused file was changed")
			}
			if aside := damagedFiles(t, path); len(aside) != 0 {
				t.Errorf("the refused file was set aside: %v", aside)
			}
		})
	}
}

func TestOpenRefusesAnotherProgramsFile(t *testing.T) {
	path := newPath(t)
	tamper(t, path, func(tx *bolt.Tx) error {
		_, err := tx.CreateBucket([]byte("photos"))
		return err
	})
	if _, err := Open(Options{Path: path, Key: testKey()}); !errors.Is(err, ErrForeign) {
		t.Errorf("got %v, want ErrForeign", err)
	}
}

func TestOpenRefusesBadPlaces(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	writeFile(t, file, []byte("x"))
	for name, path := range map[string]string{
		"no path":      "",
		"no folder":    filepath.Join(folder, "missing", "bot.db"),
		"a folder":     folder,
		"below a file": filepath.Join(file, "bot.db"),
		"not writable": unwritable(t),
	} {
		_, err := Open(Options{Path: path, Key: testKey()})
		if err == nil || !strings.Contains(err.Error(), "STORE_PATH") {
			t.Errorf("%s: got %v, want an error that names STORE_PATH", name, err)
		}
	}
}

// unwritable returns a path in a folder nobody can make files in, not even root.
func unwritable(t *testing.T) string {
	if os.Geteuid() == 0 {
		return "/proc/bot.db"
	}
	folder := t.TempDir()
	if err := os.Chmod(folder, 0o500); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(folder, "bot.db")
}

func TestOpenWhileAnotherHasIt(t *testing.T) {
	path := newPath(t)
	s := mustOpen(t, path)
	if _, err := Open(Options{Path: path, Key: testKey()}); !errors.Is(err, ErrLocked) {
		t.Errorf("got %v, want ErrLocked", err)
	}
	mustSave(t, s, sessiontest.Full(71)) // the first one does not notice
}

func TestTheKeyIsMadeOnTheFirstStartOnly(t *testing.T) {
	path := newPath(t)
	writeFile(t, keyPath(path), nil) // a first start that was cut short
	s := mustOpenWith(t, Options{Path: path})
	mustSave(t, s, sessiontest.Full(71))
	mustClose(t, s)

	made := readFile(t, keyPath(path))
	if _, err := ParseKey(string(made)); err != nil {
		t.Errorf("the made key: %v", err)
	}
	wantMode(t, keyPath(path), 0o600)

	s = mustOpenWith(t, Options{Path: path})
	if r, err := s.Load(71); err != nil || r.Login == nil {
		t.Errorf("the second start cannot read what the first one wrote: %v", err)
	}
	if !bytes.Equal(made, readFile(t, keyPath(path))) {
		t.Error("the second start made another key")
	}
}

// TestAStartCutShort finds a database without anything in it, as a crash
// between making the file and the first commit leaves it.
func TestAStartCutShort(t *testing.T) {
	path := newPath(t)
	tamper(t, path, func(*bolt.Tx) error { return nil })
	s := mustOpenWith(t, Options{Path: path})
	mustSave(t, s, sessiontest.Full(71))
}

func TestFilesArePrivate(t *testing.T) {
	path := oneRecord(t)
	wantMode(t, path, 0o600)
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	mustClose(t, mustOpen(t, path))
	wantMode(t, path, 0o600)

	path = newPath(t)
	var log logs
	mustClose(t, mustOpenWith(t, Options{Path: path}))
	if err := os.Chmod(keyPath(path), 0o640); err != nil {
		t.Fatal(err)
	}
	mustClose(t, mustOpenWith(t, Options{Path: path, Logger: log.logger()}))
	if !strings.Contains(log.String(), "others on this machine can read the key") {
		t.Errorf("no warning of a readable key:\n%s", log.String())
	}
}

func wantMode(t *testing.T, path string, want fs.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != want {
		t.Errorf("%s has mode %v, want %v", filepath.Base(path), got, want)
	}
}

func TestADamagedFileIsKeptAside(t *testing.T) {
	sound := readFile(t, oneRecord(t))
	for name, content := range map[string][]byte{
		"garbage":          bytes.Repeat([]byte("garbage "), 4096),
		"a short text":     []byte("hello\n"),
		"less than a page": sound[:3000],
		"a page and a bit": sound[:5000],
		"two pages":        sound[:2*os.Getpagesize()],
		"three pages":      sound[:3*os.Getpagesize()],
		"no metas":         slices.Concat(make([]byte, 2*os.Getpagesize()), sound[2*os.Getpagesize():]),
		"only metas":       slices.Concat(sound[:2*os.Getpagesize()], make([]byte, len(sound)-2*os.Getpagesize())),
	} {
		t.Run(name, func(t *testing.T) {
			path := newPath(t)
			var log logs
			o := Options{Path: path, Key: testKey(), Now: someTime, Logger: log.logger()}
			for n := range 2 {
				writeFile(t, path, content)
				s := mustOpenWith(t, o)
				mustSave(t, s, sessiontest.Full(72))
				mustClose(t, s)
				if got := len(damagedFiles(t, path)); got != n+1 {
					t.Fatalf("%d files are kept aside, want %d", got, n+1)
				}
			}
			aside := path + ".damaged-20310304T091500Z"
			if !bytes.Equal(content, readFile(t, aside)) {
				t.Error("the file kept aside is not the damaged one")
			}
			if !strings.Contains(log.String(), "the store is damaged") || !strings.Contains(log.String(), aside) {
				t.Errorf("the log does not say so:\n%s", log.String())
			}
		})
	}
}
