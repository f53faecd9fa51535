package store

import (
	"bytes"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
	"go.uber.org/goleak"

	"kitebot/internal/bot"
	"kitebot/internal/kite/session"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(crashChild); path != "" {
		takeForever(path)
	}
	if mode := os.Getenv(faultChild); mode != "" {
		sufferFault(mode, os.Getenv(faultPath))
	}
	// Every turn of a property here opens files and syncs them. The command line
	// still has the last word.
	if err := flag.Set("rapid.checks", "20"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// testKey is the master key of the stores of these tests.
func testKey() []byte { return bytes.Repeat([]byte{0x5a}, keySize) }

// otherKey is a key that opens none of them.
func otherKey() []byte { return bytes.Repeat([]byte{0xa7}, keySize) }

func newPath(t testing.TB) string { return filepath.Join(t.TempDir(), "bot.db") }

// mustOpen opens a store with the test key and closes it when the test ends.
func mustOpen(t testing.TB, path string) *Store {
	t.Helper()
	return mustOpenWith(t, Options{Path: path, Key: testKey()})
}

func mustOpenWith(t testing.TB, o Options) *Store {
	t.Helper()
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mustClose(t, s) })
	return s
}

func mustClose(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// mustSave saves records in one commit.
func mustSave(t testing.TB, s *Store, records ...session.Record) {
	t.Helper()
	if err := s.Save(records...); err != nil {
		t.Fatal(err)
	}
}

func mustTake(t testing.TB, s *Store, botID int64, batch ...bot.Update) []bot.Update {
	t.Helper()
	fresh, err := s.Take(botID, batch)
	if err != nil {
		t.Fatal(err)
	}
	return fresh
}

func mustUnanswered(t testing.TB, s *Store, botID int64) []bot.Update {
	t.Helper()
	open, err := s.Unanswered(botID)
	if err != nil {
		t.Fatal(err)
	}
	for i := range open {
		open[i].Entry = bot.Entry{} // other tests look at it
	}
	return open
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func writeFile(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// tamper changes a closed file behind the store's back.
func tamper(t testing.TB, path string, fn func(tx *bolt.Tx) error) {
	t.Helper()
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Update(fn); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// inFile reads from an open store's file what is really there.
func inFile(t testing.TB, s *Store, fn func(tx *bolt.Tx)) {
	t.Helper()
	if err := s.view(func(tx *bolt.Tx) error { fn(tx); return nil }); err != nil {
		t.Fatal(err)
	}
}

// commits returns how many commits the file has seen.
func commits(t testing.TB, s *Store) (n int) {
	t.Helper()
	inFile(t, s, func(tx *bolt.Tx) { n = tx.ID() })
	return n
}

// count returns how many keys a bucket holds.
func count(t testing.TB, s *Store, name bucketName) (n int) {
	t.Helper()
	inFile(t, s, func(tx *bolt.Tx) {
		c := bucket(tx, name).Cursor()
		for key, _ := c.First(); key != nil; key, _ = c.Next() {
			n++
		}
	})
	return n
}

func someTime() time.Time { return time.Date(2031, 3, 4, 9, 15, 0, 0, time.UTC) }

// logs is a logger that remembers.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, nil))
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
