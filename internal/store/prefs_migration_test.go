package store

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"

	"kitebot/internal/bot"
	"kitebot/internal/bot/bottest"
	"kitebot/internal/kite/session/sessiontest"
)

// schema1 returns a file that the last version of schema 1 wrote: the records of
// the persons 71 and 72, and two updates of bot 7, the first of them answered.
// It is kept as bytes because the code that wrote it is gone.
func schema1(t *testing.T) (path string) {
	t.Helper()
	packed, err := os.Open("testdata/schema1.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	path = newPath(t)
	writeFile(t, path, content)
	return path
}

func TestAStoreOfSchema1OpensAndKeepsEverything(t *testing.T) {
	path := schema1(t)
	for range 2 { // the second start finds schema 2
		s := mustOpen(t, path)
		full, err := s.Load(71)
		if err != nil {
			t.Fatal(err)
		}
		if diff := sessiontest.Diff(sessiontest.Full(71), full); diff != "" {
			t.Errorf("the record of 71 (-want +got):\n%s", diff)
		}
		if r, err := s.Load(72); err != nil || r.Login == nil {
			t.Errorf("the record of 72: %v", err)
		}
		if pending, err := s.Pending(); err != nil || !slices.Equal(pending, []int64{71}) {
			t.Errorf("pending = %v, %v", pending, err)
		}
		if open := mustUnanswered(t, s, 7); !slices.Equal(open, []bot.Update{bottest.Message(2)}) {
			t.Errorf("unanswered = %+v", open)
		}
		if again := mustTake(t, s, 7, bottest.Message(1)); len(again) != 0 {
			t.Error("the answered update is taken again")
		}
		mustSavePrefs(t, s, 71, bottest.FullPrefs())
		mustClose(t, s)
	}
	if aside := damagedFiles(t, path); len(aside) != 0 {
		t.Errorf("the old store was set aside: %v", aside)
	}
	s := mustOpen(t, path)
	if diff := cmp.Diff(bottest.FullPrefs(), mustLoadPrefs(t, s, 71)); diff != "" {
		t.Errorf("preferences after the migration (-want +got):\n%s", diff)
	}
}

// TestAMigrationThatIsCutShort wants the file of before, byte by byte in what it
// says, when schema 2 cannot be written.
func TestAMigrationThatIsCutShort(t *testing.T) {
	path := schema1(t)
	steps := migrations()
	broken := func(tx *bolt.Tx) error { return errors.Join(steps[1](tx), errFull) }
	o := Options{Path: path, Key: testKey()}.withDefaults()
	if _, err := open(o, []migration{steps[0], broken}); !errors.Is(err, errFull) {
		t.Fatalf("got %v, want the error of the migration", err)
	}
	s, err := open(o, steps[:1])
	if err != nil {
		t.Fatalf("the old version after a migration that failed: %v", err)
	}
	mustClose(t, s)
}

func TestSchema1IsExaminedBeforeItIsChanged(t *testing.T) {
	path := schema1(t)
	before := readFile(t, path)
	if _, err := Open(Options{Path: path, Key: bytes.Repeat([]byte{1}, keySize)}); !errors.Is(err, ErrKeyWrong) {
		t.Errorf("got %v, want ErrKeyWrong", err)
	}
	if !bytes.Equal(before, readFile(t, path)) {
		t.Error("the refused file was changed")
	}
	tamper(t, path, func(tx *bolt.Tx) error { return bucket(tx, peopleBucket).Put([]byte("cut"), []byte("x")) })
	mustClose(t, mustOpen(t, path))
	if aside := damagedFiles(t, path); len(aside) != 1 {
		t.Errorf("a damaged file of schema 1 was not set aside: %v", aside)
	}
}
