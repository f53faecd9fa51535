package store

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"

	"kitebot/internal/bot/access"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/session/sessiontest"
)

// rotated are the options that seal a store of the test key with another one.
func rotated(path string) Options {
	return Options{Path: path, Key: otherKey(), OldKey: testKey()}
}

func TestRotation(t *testing.T) {
	path := everything(t)
	var log logs
	o := rotated(path)
	o.Logger = log.logger()
	for _, says := range []string{"sealed with the new key", "STORE_KEY_OLD can be unset"} {
		s := mustOpenWith(t, o)
		checkEverything(t, s)
		mustClose(t, s)
		if !strings.Contains(log.String(), says) {
			t.Errorf("the log does not say %q:\n%s", says, log.String())
		}
	}
	if got := strings.Count(log.String(), "level=INFO"); got != 2 {
		t.Errorf("%d lines for two starts:\n%s", got, log.String())
	}
	wantMode(t, path, 0o600)
	wantFiles(t, path, "bot.db")

	if _, err := Open(Options{Path: path, Key: testKey()}); !errors.Is(err, ErrKeyWrong) {
		t.Errorf("the old key: got %v, want ErrKeyWrong", err)
	}
	s := mustOpenWith(t, Options{Path: path, Key: otherKey()})
	checkEverything(t, s)
	mustSave(t, s, session.Record{Person: 72}, sessiontest.LoggedIn(74, "ZZ0002"))
}

// TestRotationOfAMadeKey: the key was made beside the store; its file is the old
// key from now on, and not read any more.
func TestRotationOfAMadeKey(t *testing.T) {
	path := newPath(t)
	s := mustOpenWith(t, Options{Path: path})
	mustSave(t, s, sessiontest.Full(71))
	mustClose(t, s)
	made, err := ParseKey(string(readFile(t, keyPath(path))))
	if err != nil {
		t.Fatal(err)
	}
	mustClose(t, mustOpenWith(t, Options{Path: path, Key: otherKey(), OldKey: made}))
	if err := os.Remove(keyPath(path)); err != nil {
		t.Fatal(err)
	}
	s = mustOpenWith(t, Options{Path: path, Key: otherKey()})
	if r, err := s.Load(71); err != nil || r.Login == nil {
		t.Errorf("the record: %v", err)
	}
}

func TestRotationRefuses(t *testing.T) {
	third := bytes.Repeat([]byte{3}, keySize)
	for _, tt := range []struct {
		name     string
		key, old []byte
		want     error
	}{
		{"neither key is right", otherKey(), third, ErrKeyWrong},
		{"there is only the old one", nil, testKey(), ErrKeyMissing},
		{"the old one is cut", otherKey(), []byte("short"), errKeyForm},
	} {
		path := oneRecord(t)
		before := readFile(t, path)
		if _, err := Open(Options{Path: path, Key: tt.key, OldKey: tt.old}); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
		if !bytes.Equal(before, readFile(t, path)) {
			t.Errorf("%s: the refused file was changed", tt.name)
		}
	}
}

func TestRotationOfANewStore(t *testing.T) {
	s := mustOpenWith(t, rotated(newPath(t)))
	mustSave(t, s, sessiontest.Full(71))
}

func TestRotationOfAnOldStore(t *testing.T) {
	eachOldFile(t, func(t *testing.T, f oldFile, path string) {
		s := mustOpenWith(t, rotated(path))
		checkOldRecords(t, s)
		if got := mustLoadPrefs(t, s, 71); !cmp.Equal(got, f.prefs[71]) {
			t.Errorf("preferences = %+v", got)
		}
	})
}

// TestRotationCutShort leaves a part of a new file, as a kill in the middle does,
// and then lets a rotation fail: the store is the one of before each time.
func TestRotationCutShort(t *testing.T) {
	path := everything(t)
	before := readFile(t, path)
	writeFile(t, path+rotating, before[:5000])
	s := mustOpen(t, path) // the operator thinks better of it
	mustClose(t, s)
	wantFiles(t, path, "bot.db")

	writeFile(t, path+rotating, before[:5000])
	keys, err := findKeys(rotated(path))
	if err != nil {
		t.Fatal(err)
	}
	if err := rotate(rotated(path).withDefaults(), keys, 0); !errors.Is(err, ErrSchemaNewer) {
		t.Errorf("a rotation that fails: got %v", err)
	}
	wantFiles(t, path, "bot.db")
	if !bytes.Equal(before, readFile(t, path)) {
		t.Error("the file was changed")
	}
	checkEverything(t, mustOpenWith(t, rotated(path)))
}

// TestRotationKeepsDamageWhereItIs: what could not be read before cannot be read
// afterwards, and nothing else is touched. The damaged bytes are not copied.
func TestRotationKeepsDamageWhereItIs(t *testing.T) {
	path := everything(t)
	var damaged [][]byte
	tamper(t, path, func(tx *bolt.Tx) error {
		var errs []error
		for name, key := range map[bucketName][]byte{
			peopleBucket: number(72), prefsBucket: number(71), accessBucket: number(73),
		} {
			value := flipped(bucket(tx, name).Get(key))
			damaged = append(damaged, value)
			errs = append(errs, bucket(tx, name).Put(key, value))
		}
		return errors.Join(errs...)
	})
	s := mustOpenWith(t, rotated(path))
	_, record := s.Load(72)
	_, prefs := s.LoadPrefs(71)
	for name, err := range map[string]error{"record": record, "preferences": prefs} {
		if !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: got %v, want ErrDamaged", name, err)
		}
	}
	if records, err := s.AccessRecords(); err != nil || len(records) == 0 || records[0] != (access.Record{Person: 73, Standing: access.Blocked}) {
		t.Errorf("access records %v, %v, want 73 blocked for what cannot be read", records, err)
	}
	if r, err := s.Load(71); err != nil || r.Login == nil {
		t.Errorf("a sound record: %v", err)
	}
	mustSave(t, s, sessiontest.LoggedIn(72, "ZZ0002"))
	mustClose(t, s)
	for _, value := range damaged {
		if bytes.Contains(readFile(t, path), value[25:len(value)-1]) {
			t.Error("a damaged value was copied")
		}
	}
}

// TestALockIsOfTheNamedFile: a file that lost its name while somebody waited for
// its lock is not the store any more.
func TestALockIsOfTheNamedFile(t *testing.T) {
	path := oneRecord(t)
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if !isNamed(file, path) {
		t.Error("the file has its name")
	}
	writeFile(t, path+rotating, readFile(t, path))
	if err := os.Rename(path+rotating, path); err != nil {
		t.Fatal(err)
	}
	if isNamed(file, path) {
		t.Error("another file has the name")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if isNamed(file, path) {
		t.Error("no file has the name")
	}
}

// TestNothingStaysUnderTheOldKey looks for every value that was ever sealed with
// the old key, and for every name made of it, in all bytes of the new file.
func TestNothingStaysUnderTheOldKey(t *testing.T) {
	path := everything(t)
	before := readFile(t, path)
	var parts [][]byte
	s := mustOpen(t, path)
	eachSealed(t, s, func(_ bucketSpec, key, value []byte) {
		parts = append(parts, bytes.Clone(value))
		if len(key) > 24 {
			parts = append(parts, bytes.Clone(key))
		}
	})
	mustClose(t, s)
	if len(parts) < 10 {
		t.Fatalf("only %d values to look for", len(parts))
	}
	parts = append(parts, freePages(t, before)...) // what was removed before

	s = mustOpenWith(t, rotated(path))
	old := testBox(t, testKey())
	eachSealed(t, s, func(form bucketSpec, key, value []byte) {
		if _, err := old.open([]byte(form.name), key, value); err == nil {
			t.Errorf("the old key opens a value of bucket %s", form.name)
		}
		if _, err := s.box.open([]byte(form.name), key, value); err != nil {
			t.Errorf("the new key does not open a value of bucket %s: %v", form.name, err)
		}
	})
	mustClose(t, s)
	after := readFile(t, path)
	for _, part := range parts {
		if !bytes.Contains(before, part) {
			t.Fatal("the old file does not hold what is looked for")
		}
		if bytes.Contains(after, part) {
			t.Errorf("the new file holds %d bytes from under the old key", len(part))
		}
	}
}

// eachSealed calls fn for everything sealed in a store.
func eachSealed(t *testing.T, s *Store, fn func(form bucketSpec, key, value []byte)) {
	t.Helper()
	inFile(t, s, func(tx *bolt.Tx) {
		fn(bucketSpec{name: metaBucket}, []byte("check"), bucket(tx, metaBucket).Get([]byte("check")))
		for _, form := range allBuckets() {
			if !form.sealed {
				continue
			}
			err := bucket(tx, form.name).ForEach(func(key, value []byte) error {
				fn(form, key, value)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}

// freePages returns what stands at the ends of the pages that are not in use but
// were: of those that hold something sealed, which looks like noise.
func freePages(t *testing.T, content []byte) (found [][]byte) {
	t.Helper()
	size := os.Getpagesize()
	for id, kind := range pageKinds(t, content) {
		written := bytes.TrimRight(content[id*size:(id+1)*size], "\x00")
		if kind != "free" || len(written) < 500 {
			continue
		}
		if end := written[len(written)-100:]; len(letters(end)) > 60 {
			found = append(found, end)
		}
	}
	if len(found) == 0 {
		t.Fatal("the file has no free page with something in it")
	}
	return found
}

// letters returns the different bytes.
func letters(text []byte) map[byte]bool {
	set := make(map[byte]bool)
	for _, b := range text {
		set[b] = true
	}
	return set
}
