package store

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"

	"kitebot/internal/bot"
	"kitebot/internal/bot/access"
	"kitebot/internal/bot/account"
	"kitebot/internal/bot/bottest"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/session/sessiontest"
)

// An oldFile is a store as the last version of its schema wrote it, kept as bytes
// because the code that wrote it is gone. Each holds the records of the persons
// 71 and 72, and two updates of bot 7, the first of them answered.
type oldFile struct {
	schema int
	name   string
	prefs  map[int64]account.Prefs
}

func oldFiles() []oldFile {
	full := bottest.FullPrefs()
	full = account.Prefs{Hide: true, Native: true, Watch: full.Watch, Picks: full.Picks} // the fields of that time
	return []oldFile{
		{1, "testdata/schema1.db.gz", nil},
		{2, "testdata/schema2.db.gz", map[int64]account.Prefs{71: full, 73: {Hide: true}}},
	}
}

// unpack returns the path of a copy.
func (f oldFile) unpack(t *testing.T) (path string) {
	t.Helper()
	packed, err := os.Open(f.name)
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

// eachOldFile runs a test with a copy of each.
func eachOldFile(t *testing.T, fn func(t *testing.T, f oldFile, path string)) {
	for _, f := range oldFiles() {
		t.Run(f.name, func(t *testing.T) { fn(t, f, f.unpack(t)) })
	}
}

// oldRecord is the record of 71 without what the schemas 1 and 2 did not keep.
func oldRecord() session.Record {
	r := sessiontest.Full(71)
	r.Silent = false // it did not exist
	r = byLoginTool(r)
	r.Login.Used, r.Login.Warned = time.Time{}, false
	return r
}

// byLoginTool is a record whose logins were made by the login tool.
func byLoginTool(r session.Record) session.Record {
	plain := func(h *session.Credential) {
		*h = session.Credential{Session: session.NewID(h.Session.Reveal()), Since: h.Since}
	}
	r.Contested, r.Login.LinkSeq = false, 0
	plain(&r.Login.Credential)
	for i := range r.Links {
		plain(&r.Links[i].Credential)
		r.Links[i].Attempt, r.Links[i].Seq = nil, 0
	}
	for i := range r.Replaced {
		plain(&r.Replaced[i])
	}
	for i := range r.Ending {
		plain(&r.Ending[i])
	}
	return r
}

func TestAnOldStoreOpensAndKeepsEverything(t *testing.T) {
	eachOldFile(t, func(t *testing.T, f oldFile, path string) {
		for range 2 { // the second start finds the newest schema
			s := mustOpen(t, path)
			checkOldRecords(t, s)
			for _, person := range []int64{71, 72, 73} {
				if diff := cmp.Diff(f.prefs[person], mustLoadPrefs(t, s, person)); diff != "" {
					t.Errorf("preferences of %d (-want +got):\n%s", person, diff)
				}
			}
			if records, err := s.AccessRecords(); err != nil || len(records) != 0 {
				t.Errorf("access records = %v, %v", records, err)
			}
			if open := mustUnanswered(t, s, 7); !slices.Equal(open, []bot.Update{bottest.Message(2)}) {
				t.Errorf("unanswered = %+v", open)
			}
			if again := mustTake(t, s, 7, bottest.Message(1)); len(again) != 0 {
				t.Error("the answered update is taken again")
			}
			mustClose(t, s)
		}
		if aside := damagedFiles(t, path); len(aside) != 0 {
			t.Errorf("the old store was set aside: %v", aside)
		}
		checkNewThings(t, path)
	})
}

// checkOldRecords wants the records, and nobody to be warned whose login is from
// before there were warnings.
func checkOldRecords(t *testing.T, s *Store) {
	t.Helper()
	full, err := s.Load(71)
	if err != nil {
		t.Fatal(err)
	}
	if diff := sessiontest.Diff(oldRecord(), full); diff != "" {
		t.Errorf("the record of 71 (-want +got):\n%s", diff)
	}
	if r, err := s.Load(72); err != nil || r.Login == nil {
		t.Errorf("the record of 72: %v", err)
	}
	want := []session.Due{{Person: 71}}
	if pending, err := s.Pending(); err != nil || !cmp.Equal(want, pending) {
		t.Errorf("pending = %v, %v, want %v", pending, err, want)
	}
}

// checkNewThings keeps in an old file what it had no place for: when a login is
// to be warned of, from its next use on, choices and access records.
func checkNewThings(t *testing.T, path string) {
	t.Helper()
	s := mustOpen(t, path)
	used, err := s.Load(72)
	if err != nil {
		t.Fatal(err)
	}
	used.Login.Used = someTime()
	mustSave(t, s, used)
	mustSavePrefs(t, s, 71, bottest.FullPrefs())
	mustSaveAccess(t, s, bottest.FullAccess(74))
	mustClose(t, s)

	s = mustOpen(t, path)
	at := used.Login.Until().Add(-session.WarnBefore).Truncate(time.Second)
	want := []session.Due{{Person: 71}, {Person: 72, At: at}}
	if pending, err := s.Pending(); err != nil || !cmp.Equal(want, pending) {
		t.Errorf("pending = %v, %v, want %v", pending, err, want)
	}
	if diff := cmp.Diff(bottest.FullPrefs(), mustLoadPrefs(t, s, 71)); diff != "" {
		t.Errorf("preferences after the migration (-want +got):\n%s", diff)
	}
	if records, err := s.AccessRecords(); err != nil || !cmp.Equal(records, []access.Record{bottest.FullAccess(74)}) {
		t.Errorf("access records = %v, %v", records, err)
	}
}

// TestAMigrationThatIsCutShort wants the schema of before when the newest cannot
// be written.
func TestAMigrationThatIsCutShort(t *testing.T) {
	eachOldFile(t, func(t *testing.T, f oldFile, path string) {
		steps := migrations()
		last := len(steps) - 1
		broken := slices.Clone(steps)
		broken[last] = func(tx *bolt.Tx) error { return errors.Join(steps[last](tx), errFull) }
		o := Options{Path: path, Key: testKey()}.withDefaults()
		if _, err := open(o, broken); !errors.Is(err, errFull) {
			t.Fatalf("got %v, want the error of the migration", err)
		}
		s, err := open(o, steps[:f.schema])
		if err != nil {
			t.Fatalf("the old version after a migration that failed: %v", err)
		}
		mustClose(t, s)
	})
}

func TestAnOldStoreIsExaminedBeforeItIsChanged(t *testing.T) {
	eachOldFile(t, func(t *testing.T, _ oldFile, path string) {
		before := readFile(t, path)
		if _, err := Open(Options{Path: path, Key: otherKey()}); !errors.Is(err, ErrKeyWrong) {
			t.Errorf("got %v, want ErrKeyWrong", err)
		}
		if !bytes.Equal(before, readFile(t, path)) {
			t.Error("the refused file was changed")
		}
		tamper(t, path, func(tx *bolt.Tx) error { return bucket(tx, peopleBucket).Put([]byte("cut"), []byte("x")) })
		mustClose(t, mustOpen(t, path))
		if aside := damagedFiles(t, path); len(aside) != 1 {
			t.Errorf("a damaged old file was not set aside: %v", aside)
		}
	})
}

func TestAnOldVersionRefusesANewerStore(t *testing.T) {
	path := oneRecord(t)
	before := readFile(t, path)
	o := Options{Path: path, Key: testKey()}.withDefaults()
	for schema := 1; schema < len(migrations()); schema++ {
		if _, err := open(o, migrations()[:schema]); !errors.Is(err, ErrSchemaNewer) {
			t.Errorf("schema %d: got %v, want ErrSchemaNewer", schema, err)
		}
	}
	if !bytes.Equal(before, readFile(t, path)) {
		t.Error("the refused file was changed")
	}
}

func TestMigration(t *testing.T) {
	path := oneRecord(t)
	addBucket := func(tx *bolt.Tx) error {
		_, err := tx.CreateBucket([]byte("alerts"))
		return err
	}
	fails := func(tx *bolt.Tx) error {
		return errors.Join(addBucket(tx), errFull)
	}
	o := Options{Path: path, Key: testKey()}.withDefaults()

	if _, err := open(o, append(migrations(), fails)); !errors.Is(err, errFull) {
		t.Fatalf("got %v, want the error of the migration", err)
	}
	mustClose(t, mustOpen(t, path)) // still the schema it had

	for range 2 { // the second start has nothing to do
		s, err := open(o, append(migrations(), addBucket))
		if err != nil {
			t.Fatal(err)
		}
		if r, err := s.Load(71); err != nil || r.Login == nil {
			t.Errorf("the record after the migration: %v", err)
		}
		if got := count(t, s, "alerts"); got != 0 {
			t.Errorf("the new bucket holds %d", got)
		}
		mustClose(t, s)
	}
	if _, err := Open(o); !errors.Is(err, ErrSchemaNewer) {
		t.Errorf("the old version: got %v, want ErrSchemaNewer", err)
	}
}
