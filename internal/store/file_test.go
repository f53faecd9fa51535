package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"kitebot/internal/bot/bottest"
	"kitebot/internal/kite/session/sessiontest"
)

// inBigFile is how many people there are in a [bigFile].
const inBigFile = 120

// bigFile returns the content of a sound store of several levels of pages, with
// free pages and inline buckets.
func bigFile(t *testing.T) []byte { return fileOf(t, inBigFile) }

// fileOf returns the content of a sound store of that many people.
func fileOf(t *testing.T, people int64) []byte {
	t.Helper()
	path := newPath(t)
	s := mustOpen(t, path)
	s.db.NoSync = true
	for person := range people {
		mustSave(t, s, sessiontest.LoggedIn(person+1, fmt.Sprintf("ZZ%04d", person)))
	}
	mustTake(t, s, 7, bottest.Message(1))
	mustClose(t, s)
	return readFile(t, path)
}

// Offsets in a page of bbolt's file format.
const (
	atKind     = 8  // 2 bytes
	atCount    = 10 // 2 bytes
	atOverflow = 12 // 4 bytes
	atEntries  = 16 // of 16 bytes; branch: pos 4, key 4, page 8; leaf: flags 4, pos 4, key 4, value 4
)

// TestExamineFindsTraps damages single fields in ways that would end the process
// or keep it busy for ever.
func TestExamineFindsTraps(t *testing.T) {
	sound := bigFile(t)
	size := os.Getpagesize()
	branch, leaf, free := findPage(t, sound, "branch")*size, findPage(t, sound, "leaf")*size, findPage(t, sound, "freelist")*size
	for name, damage := range map[string]func(b []byte){
		"no damage":                func([]byte) {},
		"a circle":                 func(b []byte) { putNative(b[branch+atEntries+16+8:], uint64(branch/size)) },
		"a page far outside":       func(b []byte) { putNative(b[branch+atEntries+8:], 1<<40) },
		"a meta page as a child":   func(b []byte) { putNative(b[branch+atEntries+8:], 1) },
		"a key far outside":        func(b []byte) { putHalf(b[branch+atEntries:], 1<<31) },
		"a long value":             func(b []byte) { putHalf(b[leaf+atEntries+12:], 1<<31) },
		"a long overflow":          func(b []byte) { putHalf(b[leaf+atOverflow:], 1<<10) },
		"an unknown kind":          func(b []byte) { b[leaf+atKind] = 0x40 },
		"more free pages than fit": func(b []byte) { b[free+atCount], b[free+atCount+1] = 0xfe, 0xff },
	} {
		path := newPath(t)
		damaged := slices.Clone(sound)
		damage(damaged)
		writeFile(t, path, damaged)
		now, err := newSealer(testKey())
		if err != nil {
			t.Fatal(err)
		}
		if _, err = examineFile(path, keyring{now: now}, len(migrations())); errors.Is(err, ErrDamaged) != (name != "no damage") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// findPage returns the number of a page in use of a kind.
func findPage(t *testing.T, content []byte, kind string) int {
	t.Helper()
	id := slices.Index(pageKinds(t, content), kind)
	if id < 0 {
		t.Fatalf("the file has no page of kind %s", kind)
	}
	return id
}

// pageKinds returns the kind of each page of a sound file, as bbolt names kinds,
// and "" for one that continues another.
func pageKinds(t *testing.T, content []byte) []string {
	t.Helper()
	path := newPath(t)
	writeFile(t, path, content)
	kinds := make([]string, len(content)/os.Getpagesize())
	tamper(t, path, func(tx *bolt.Tx) error {
		for id := 0; id < len(kinds); id++ {
			page, err := tx.Page(id)
			if err != nil || page == nil { // none was ever written there
				return err
			}
			kinds[id] = page.Type
			if page.Type != "free" {
				id += page.OverflowCount
			}
		}
		return nil
	})
	return kinds
}

func putNative(b []byte, n uint64) { binary.NativeEndian.PutUint64(b, n) }
func putHalf(b []byte, n uint32)   { binary.NativeEndian.PutUint32(b, n) }

// TestOpenSurvivesAnyDamage flips bits and blanks pages at random, the same ones
// every time. Open must never fail, hang or end the process, and what can be
// read afterwards must be what was written.
func TestOpenSurvivesAnyDamage(t *testing.T) {
	sound := bigFile(t)
	random := rand.New(rand.NewPCG(7, 1))
	path := newPath(t)
	aside := 0
	for round := range 15 {
		damaged := slices.Clone(sound)
		page := random.IntN(len(damaged) / os.Getpagesize())
		if round == 0 { // one that is certain to be in use
			page = findPage(t, sound, "branch")
		}
		if round == 0 || random.IntN(3) == 0 {
			clear(damaged[page*os.Getpagesize() : (page+1)*os.Getpagesize()])
		} else {
			for range 3 {
				damaged[random.IntN(len(damaged))] ^= 1 << random.IntN(8)
			}
		}
		writeFile(t, path, damaged)
		checkDamaged(t, path)
		aside += len(damagedFiles(t, path))
		for _, file := range damagedFiles(t, path) {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		}
	}
	if aside == 0 {
		t.Error("no damage was ever noticed")
	}
}

// checkDamaged opens a file of people that was damaged and wants what can be read to
// be what was written.
func checkDamaged(t *testing.T, path string) {
	t.Helper()
	s, err := Open(Options{Path: path, Key: testKey()})
	if errors.Is(err, ErrKeyWrong) || errors.Is(err, ErrSchemaNewer) || errors.Is(err, ErrForeign) {
		return // the damage is in the meta bucket: refused, and left as it is
	}
	if err != nil {
		t.Errorf("open: %v", err)
		return
	}
	defer mustClose(t, s)
	for person := range int64(inBigFile) {
		got, err := s.Load(person + 1)
		if err != nil && !errors.Is(err, ErrDamaged) {
			t.Errorf("person %d: %v", person+1, err)
		}
		want := sessiontest.LoggedIn(person+1, fmt.Sprintf("ZZ%04d", person))
		if err == nil && got.Login != nil && sessiontest.Diff(want, got) != "" {
			t.Errorf("person %d: damage went unnoticed", person+1)
		}
	}
}

// asideAge makes files next to a store as if they had been set aside so long ago.
func asideAge(t *testing.T, path, why string, ages ...time.Duration) {
	t.Helper()
	for _, age := range ages {
		writeFile(t, path+"."+why+"-"+someTime().Add(-age).Format(asideTime), []byte("old"))
	}
}

// Files that were set aside go when they are 30 days old, at a start and when
// anybody is forgotten. What is not named as the bot names them stays.
func TestOldSetAsideFilesAreErased(t *testing.T) {
	now := someTime()
	path := newPath(t)
	o := Options{Path: path, Key: testKey(), Now: func() time.Time { return now }}
	const day = 24 * time.Hour
	asideAge(t, path, "damaged", 29*day, 30*day)
	asideAge(t, path, "replaced", 0, 400*day)
	twin := path + ".damaged-" + someTime().Add(-31*day).Format(asideTime) + "-2"
	for _, kept := range []string{path + ".damaged-mine", path + ".replaced-", path + ".backup-20200101T000000Z", filepath.Join(filepath.Dir(path), "other.db.damaged-20200101T000000Z")} {
		writeFile(t, kept, []byte("kept"))
	}
	writeFile(t, twin, []byte("old"))
	s := mustOpenWith(t, o)
	wantFiles(t, path, "bot.db", "bot.db.backup-20200101T000000Z", "bot.db.damaged-20310203T091500Z", "bot.db.damaged-mine",
		"bot.db.replaced-", "bot.db.replaced-20310304T091500Z", "other.db.damaged-20200101T000000Z")

	now = now.Add(day)
	if err := s.Forget(71, false); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, path, "bot.db", "bot.db.backup-20200101T000000Z", "bot.db.damaged-mine",
		"bot.db.replaced-", "bot.db.replaced-20310304T091500Z", "other.db.damaged-20200101T000000Z")
}

// A rotation erases what was set aside under the key that was left, damaged files
// included. A store that opens with the new key stays: it is the one that a
// restoration took the place of.
func TestARotationErasesWhatTheOldKeyOpens(t *testing.T) {
	path := oneRecord(t)
	asideAge(t, path, "damaged", time.Hour)
	writeFile(t, path+".replaced-20310304T080000Z", readFile(t, path))
	fresh := oneRecord(t)
	mustClose(t, mustOpenWith(t, rotated(fresh)))
	writeFile(t, path+".replaced-20310304T090000Z", readFile(t, fresh))
	o := rotated(path)
	o.Now = someTime
	mustOpenWith(t, o)
	wantFiles(t, path, "bot.db", "bot.db.replaced-20310304T090000Z")
}

// A machine that starts with its clock at 1970 sets a damaged store aside under that
// date: it stays for 30 days from the last time that was written.
func TestASetAsideFileOfAWrongClock(t *testing.T) {
	now := someTime()
	path := newPath(t)
	aside := path + ".damaged-19700101T000012Z"
	writeFile(t, aside, []byte("old"))
	written := now.Add(-time.Hour)
	if err := os.Chtimes(aside, written, written); err != nil {
		t.Fatal(err)
	}
	s := mustOpenWith(t, Options{Path: path, Key: testKey(), Now: func() time.Time { return now }})
	wantFiles(t, path, "bot.db", "bot.db.damaged-19700101T000012Z")
	now = now.Add(asideLife)
	if err := s.Forget(71, false); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, path, "bot.db")
}

// A file that cannot be erased is named in the log, and holds up no start.
func TestASetAsideFileThatCannotBeErased(t *testing.T) {
	path := newPath(t)
	aside := path + ".damaged-20200101T000000Z"
	if err := os.MkdirAll(filepath.Join(aside, "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	var log logs
	mustOpenWith(t, Options{Path: path, Key: testKey(), Now: someTime, Logger: log.logger()})
	if got := log.String(); !strings.Contains(got, aside) || !strings.Contains(got, "level=WARN") {
		t.Errorf("the log says\n%s", got)
	}
}
