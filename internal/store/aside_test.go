package store

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

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
