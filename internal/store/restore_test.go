package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	bolt "go.etcd.io/bbolt"

	"kitebot/internal/bot/account"
	"kitebot/internal/kite/session/sessiontest"
)

// backup returns a copy of the store at path, made while it is open.
func backup(t *testing.T, path string) []byte {
	t.Helper()
	s := mustOpen(t, path)
	var copied bytes.Buffer
	if err := s.Backup(&copied); err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	return copied.Bytes()
}

func TestRestore(t *testing.T) {
	copied := backup(t, everything(t))
	for name, prepare := range map[string]func(t *testing.T, path string){
		"no store":        func(*testing.T, string) {},
		"an empty file":   func(t *testing.T, path string) { writeFile(t, path, nil) },
		"a store":         func(t *testing.T, path string) { writeFile(t, path, readFile(t, oneRecord(t))) },
		"a damaged store": func(t *testing.T, path string) { writeFile(t, path, copied[:len(copied)/2]) },
		"a text":          func(t *testing.T, path string) { writeFile(t, path, []byte("hello\n")) },
		"leftovers":       func(t *testing.T, path string) { writeFile(t, path+restoring, []byte("hello\n")) },
	} {
		t.Run(name, func(t *testing.T) {
			path := newPath(t)
			prepare(t, path)
			before, _ := os.ReadFile(path)
			o := Options{Path: path, Key: testKey(), Now: someTime}
			told, err := Restore(o, bytes.NewReader(copied))
			if err != nil {
				t.Fatal(err)
			}
			wantMode(t, path, 0o600)
			aside := "bot.db.replaced-20310304T091500Z"
			if len(before) == 0 {
				aside = ""
				wantFiles(t, path, "bot.db")
			} else {
				wantFiles(t, path, "bot.db", aside)
				wantMode(t, strings.TrimSuffix(path, "bot.db")+aside, 0o600)
				if kept := readFile(t, strings.TrimSuffix(path, "bot.db")+aside); !bytes.Equal(kept, before) {
					t.Error("the store kept aside is not the one of before")
				}
			}
			if want := strings.TrimSuffix(path, "bot.db") + aside; told != want && (told != "" || aside != "") {
				t.Errorf("kept aside as %q, want %q", told, want)
			}
			checkEverything(t, mustOpen(t, path))
		})
	}
}

// TestBackupOfAStoreInUse copies while others write, and restores what it got.
// Each writer tells two people of each turn, one after the other: the copy shows
// both at one moment.
func TestBackupOfAStoreInUse(t *testing.T) {
	s := mustOpen(t, newPath(t))
	s.db.NoSync = true
	stop, told := make(chan struct{}), make(chan struct{})
	var writers sync.WaitGroup
	for w := range int64(4) {
		writers.Go(func() { tellBoth(t, s, 2*w+1, told, stop) })
	}
	var copies [][]byte
	for range 5 {
		for range 10 { // the writers are in the middle of it, and stay there
			<-told
		}
		var copied bytes.Buffer
		if err := s.Backup(&copied); err != nil {
			t.Error(err)
		}
		copies = append(copies, copied.Bytes())
	}
	close(stop)
	writers.Wait()

	path := newPath(t)
	for _, copied := range copies {
		if _, err := Restore(Options{Path: path, Key: testKey()}, bytes.NewReader(copied)); err != nil {
			t.Fatal(err)
		}
		restored := mustOpen(t, path)
		for w := range int64(4) {
			first, second := toldTurn(t, restored, 2*w+1), toldTurn(t, restored, 2*w+2)
			if first != second && first != second+1 {
				t.Errorf("the copy is not of one moment: turns %d and %d", first, second)
			}
		}
		mustClose(t, restored)
	}
}

// tellBoth writes the number of the turn to a person and to the next one, until
// it is stopped. It never waits for who is told.
func tellBoth(t *testing.T, s *Store, person int64, told chan<- struct{}, stop <-chan struct{}) {
	for turn := 1; ; turn++ {
		select {
		case <-stop:
			return
		case told <- struct{}{}:
		default:
		}
		for _, p := range []int64{person, person + 1} {
			if err := s.SavePrefs(p, account.Prefs{Watch: []string{fmt.Sprint(turn)}}); err != nil {
				t.Errorf("write: %v", err)
			}
		}
	}
}

func toldTurn(t *testing.T, s *Store, person int64) (turn int) {
	t.Helper()
	if p := mustLoadPrefs(t, s, person); len(p.Watch) == 1 {
		if _, err := fmt.Sscan(p.Watch[0], &turn); err != nil {
			t.Fatal(err)
		}
	}
	return turn
}

func TestRestoreRefuses(t *testing.T) {
	good := backup(t, everything(t))
	newer := oneRecord(t)
	tamper(t, newer, func(tx *bolt.Tx) error {
		return bucket(tx, metaBucket).Put([]byte("schema"), number(uint64(len(migrations())+1)))
	})
	foreign := newPath(t)
	tamper(t, foreign, func(tx *bolt.Tx) error {
		_, err := tx.CreateBucket([]byte("photos"))
		return err
	})
	empty := newPath(t)
	tamper(t, empty, func(*bolt.Tx) error { return nil })
	for _, tt := range []struct {
		name string
		from io.Reader
		key  []byte
		want error
		says string
	}{
		{"another key", bytes.NewReader(good), otherKey(), ErrKeyWrong, "STORE_KEY does not open the backup"},
		{"no key", bytes.NewReader(good), nil, ErrKeyMissing, "set STORE_KEY"},
		{"a newer schema", bytes.NewReader(readFile(t, newer)), testKey(), ErrSchemaNewer, "newer version"},
		{"another program's file", bytes.NewReader(readFile(t, foreign)), testKey(), ErrForeign, "another program"},
		{"a cut copy", bytes.NewReader(good[:len(good)-1]), testKey(), ErrDamaged, "cut or damaged"},
		{"half a copy", bytes.NewReader(good[:len(good)/2]), testKey(), ErrDamaged, "cut or damaged"},
		{"a text", strings.NewReader("hello\n"), testKey(), ErrDamaged, "cut or damaged"},
		{"nothing", strings.NewReader(""), testKey(), ErrDamaged, "cut or damaged"},
		{"a database with nothing in it", bytes.NewReader(readFile(t, empty)), testKey(), ErrDamaged, "cut or damaged"},
		{"a source that breaks", io.MultiReader(bytes.NewReader(good), iotest.ErrReader(errFull)), testKey(), errFull, "no space"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := oneRecord(t)
			before := readFile(t, path)
			_, err := Restore(Options{Path: path, Key: tt.key}, tt.from)
			if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v, want %v and %q", err, tt.want, tt.says)
			}
			wantFiles(t, path, "bot.db")
			if !bytes.Equal(before, readFile(t, path)) {
				t.Error("the store was changed")
			}

			none := newPath(t)
			if _, err := Restore(Options{Path: none, Key: tt.key}, tt.from); err == nil {
				t.Error("restored to a new place")
			}
			wantFiles(t, none)
		})
	}
}

func TestRestoreWhileInUse(t *testing.T) {
	path := newPath(t)
	s := mustOpen(t, path)
	mustSave(t, s, sessiontest.Full(71))
	var copied bytes.Buffer
	if err := s.Backup(&copied); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(Options{Path: path, Key: testKey()}, &copied); !errors.Is(err, ErrLocked) {
		t.Errorf("got %v, want ErrLocked", err)
	}
	wantFiles(t, path, "bot.db")
	mustSave(t, s, sessiontest.Full(72)) // it does not notice
}

func TestRestoreDoesNotReplaceAnotherProgramsFile(t *testing.T) {
	good, path := backup(t, oneRecord(t)), newPath(t)
	tamper(t, path, func(tx *bolt.Tx) error {
		_, err := tx.CreateBucket([]byte("photos"))
		return err
	})
	before := readFile(t, path)
	if _, err := Restore(Options{Path: path, Key: testKey()}, bytes.NewReader(good)); !errors.Is(err, ErrForeign) {
		t.Errorf("got %v, want ErrForeign", err)
	}
	if !bytes.Equal(before, readFile(t, path)) {
		t.Error("the file was changed")
	}
}

// TestRestoreFromBeforeARotation: a copy under the old key is as good, and is
// sealed with the new one at the next start.
func TestRestoreFromBeforeARotation(t *testing.T) {
	path := everything(t)
	copied := backup(t, path)
	mustClose(t, mustOpenWith(t, rotated(path)))
	if _, err := Restore(Options{Path: path, Key: otherKey()}, bytes.NewReader(copied)); !errors.Is(err, ErrKeyWrong) {
		t.Errorf("without the old key: got %v, want ErrKeyWrong", err)
	}
	if _, err := Restore(rotated(path), bytes.NewReader(copied)); err != nil {
		t.Fatal(err)
	}
	mustClose(t, mustOpenWith(t, rotated(path)))
	checkEverything(t, mustOpenWith(t, Options{Path: path, Key: otherKey()}))
}

func TestCheckBackup(t *testing.T) {
	store, file := newPath(t), newPath(t)
	o := Options{Path: store, Key: testKey()}
	if err := CheckBackup(o, file); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("no file: got %v", err)
	}
	good := backup(t, everything(t))
	for _, tt := range []struct {
		content []byte
		want    error
	}{{good, nil}, {good[:len(good)-1], ErrDamaged}, {nil, ErrDamaged}} {
		writeFile(t, file, tt.content)
		if err := CheckBackup(o, file); !errors.Is(err, tt.want) {
			t.Errorf("%d bytes: got %v, want %v", len(tt.content), err, tt.want)
		}
		if !bytes.Equal(tt.content, readFile(t, file)) {
			t.Error("the backup was changed")
		}
	}
	wantFiles(t, store)
}
