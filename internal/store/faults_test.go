package store

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	bolt "go.etcd.io/bbolt"

	"kitebot/internal/kite/session"
	"kitebot/internal/kite/session/sessiontest"
)

// What becomes of a store that something happened to.
const (
	refused    = "the start is refused, the file is untouched"
	keptAside  = "the file is kept aside, and the start goes on with an empty store"
	startsNew  = "the start goes on with an empty store"
	onePerson  = "the start goes on, one person has to log in again"
	nothingBad = "the start goes on"
)

// A fileFault is something that happens to the file of a stopped bot, which
// holds the records of the persons 71 and 72.
type fileFault struct {
	name string
	key  []byte
	harm func(t *testing.T, path string)
	want string
	err  error // when it is refused
}

func fileFaults() []fileFault {
	right, unharmed := testKey(), func(*testing.T, string) {}
	return []fileFault{
		{"nothing", right, unharmed, nothingBad, nil},
		{"a wrong key", otherKey(), unharmed, refused, ErrKeyWrong},
		{"no key", nil, unharmed, refused, ErrKeyMissing},
		{"a newer schema", right, setSchema(uint64(len(migrations()) + 1)), refused, ErrSchemaNewer},
		{"an impossible schema", right, setSchema(1 << 40), refused, ErrSchemaNewer},
		{"an older schema than it has", right, setSchema(1), keptAside, nil},
		{"another program's database", right, foreignFile, refused, ErrForeign},
		{"a second process", right, heldByAnother, refused, ErrLocked},
		{"a folder in its place", right, folderInstead, refused, ErrPlace},
		{"its folder is gone", right, folderGone, refused, ErrPlace},
		{"no longer than nothing", right, cutTo(0), startsNew, nil},
		{"cut within a page", right, cutTo(4100), keptAside, nil},
		{"cut after two pages", right, cutTo(2 * os.Getpagesize()), keptAside, nil},
		{"a text", right, func(t *testing.T, path string) { writeFile(t, path, []byte("hello\n")) }, keptAside, nil},
		{"a bucket is gone", right, bucketGone, keptAside, nil},
		{"a bit of a record is flipped", right, func(t *testing.T, path string) { damageRecord(t, path, 71) }, onePerson, nil},
	}
}

// TestFileFaults is the list of what may happen to the file and what comes of
// it. A row's details are in the tests of open, crash, inspect and records.
func TestFileFaults(t *testing.T) {
	for _, f := range fileFaults() {
		t.Run(f.name, func(t *testing.T) {
			path := newPath(t)
			s := mustOpen(t, path)
			mustSave(t, s, sessiontest.LoggedIn(71, "ZZ0001"), sessiontest.LoggedIn(72, "ZZ0002"))
			mustClose(t, s)
			f.harm(t, path)
			f.check(t, path)
		})
	}
	t.Run("it is read-only", func(t *testing.T) { testUnwritable(t, 0o755, 0o400) })
	t.Run("its folder is read-only", func(t *testing.T) { testUnwritable(t, 0o555, 0o600) })
	t.Run("it is unreadable", func(t *testing.T) { testUnwritable(t, 0o755, 0o000) })
	t.Run("cut anywhere", testCutAnywhere)
	t.Run("a bit flipped on every page", testFlippedAnywhere)
	t.Run("the disk gets full", func(t *testing.T) { testFullDisk(t, "full") })
	t.Run("the disk gets full in the middle of a page", func(t *testing.T) { testFullDisk(t, "full-write") })
	t.Run("the disk is full at the first start", testFullAtStart)
	t.Run("the disk is full at a rotation", testFullAtRotation)
}

func (f fileFault) check(t *testing.T, path string) {
	before, _ := os.ReadFile(path)
	var log logs
	s, err := Open(Options{Path: path, Key: f.key, Logger: log.logger()})
	if !errors.Is(err, f.err) || err == nil && f.err != nil {
		t.Fatalf("got %v, want %v", err, f.err)
	}
	if err == nil {
		defer mustClose(t, s)
	}
	aside := damagedFiles(t, path)
	if want := map[string]int{keptAside: 1}[f.want]; len(aside) != want {
		t.Errorf("kept aside are %v, want %d", aside, want)
	}
	switch f.want {
	case refused:
		if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
			t.Error("the refused file was changed")
		}
		if !strings.Contains(err.Error(), "STORE_") || strings.Contains(err.Error(), "goroutine") {
			t.Errorf("the operator reads: %v", err)
		}
	case keptAside:
		if !strings.Contains(log.String(), "the store is damaged") || !strings.Contains(log.String(), "erased after 30 days") || !bytes.Equal(before, readFile(t, aside[0])) {
			t.Errorf("what is kept aside is not the file, or the log does not say so, or for how long:\n%s", log.String())
		}
		wantLogins(t, s, 0, 0)
	case startsNew:
		if !strings.Contains(log.String(), "is empty") {
			t.Errorf("the log is quiet:\n%s", log.String())
		}
		wantLogins(t, s, 0, 0)
	case onePerson:
		wantLogins(t, s, -1, 1)
	default:
		wantLogins(t, s, 1, 1)
	}
}

// wantLogins says of the persons 71 and 72 whether they are logged in: 1 yes,
// 0 no, -1 their record is damaged.
func wantLogins(t *testing.T, s *Store, want ...int) {
	t.Helper()
	for i, want := range want {
		r, err := s.Load(71 + int64(i))
		got := 0
		switch {
		case errors.Is(err, session.ErrRecordDamaged):
			got = -1
		case err != nil:
			t.Errorf("load: %v", err)
		case r.Login != nil:
			got = 1
		}
		if got != want {
			t.Errorf("person %d: got %d, want %d", 71+i, got, want)
		}
	}
}

func setSchema(schema uint64) func(t *testing.T, path string) {
	return func(t *testing.T, path string) {
		tamper(t, path, func(tx *bolt.Tx) error { return bucket(tx, metaBucket).Put([]byte("schema"), number(schema)) })
	}
}

func cutTo(size int) func(t *testing.T, path string) {
	return func(t *testing.T, path string) {
		if err := os.Truncate(path, int64(size)); err != nil {
			t.Fatal(err)
		}
	}
}

func foreignFile(t *testing.T, path string) {
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	tamper(t, path, func(tx *bolt.Tx) error {
		_, err := tx.CreateBucket([]byte("photos"))
		return err
	})
}

func bucketGone(t *testing.T, path string) {
	tamper(t, path, func(tx *bolt.Tx) error { return tx.DeleteBucket([]byte(ownersBucket)) })
}

func folderInstead(t *testing.T, path string) {
	if err := errors.Join(os.Remove(path), os.Mkdir(path, 0o700)); err != nil {
		t.Fatal(err)
	}
}

func folderGone(t *testing.T, path string) {
	if err := os.RemoveAll(filepath.Dir(path)); err != nil {
		t.Fatal(err)
	}
}

// testCutAnywhere cuts a file at the ends of its pages and within them.
func testCutAnywhere(t *testing.T) {
	sound, path := fileOf(t, 12), newPath(t)
	aside := 0
	for size := 1; size < len(sound); size += len(sound)/30 + 1 {
		for _, size := range []int{size, size &^ (os.Getpagesize() - 1)} {
			writeFile(t, path, sound[:size])
			checkDamaged(t, path)
			aside += removeAll(t, damagedFiles(t, path))
		}
	}
	if aside < 20 {
		t.Errorf("only %d cut files were noticed", aside)
	}
}

// testFlippedAnywhere flips a bit of the header of every page and one within it.
func testFlippedAnywhere(t *testing.T) {
	sound, path := fileOf(t, 12), newPath(t)
	size, aside := os.Getpagesize(), 0
	for page := range len(sound) / size {
		for _, at := range []int{page % 16, atEntries + page*37%(size-atEntries)} {
			damaged := slices.Clone(sound)
			damaged[page*size+at] ^= 1 << (page % 8)
			writeFile(t, path, damaged)
			checkDamaged(t, path)
			aside += removeAll(t, damagedFiles(t, path))
		}
	}
	if aside == 0 {
		t.Error("no damage was ever noticed")
	}
}

// removeAll removes files and returns how many there were.
func removeAll(t *testing.T, files []string) int {
	t.Helper()
	for _, file := range files {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	return len(files)
}

// A second process of this test finds in its environment what it is to suffer,
// and with which store.
const (
	faultChild = "KITEBOT_STORE_FAULT_CHILD"
	faultPath  = "KITEBOT_STORE_FAULT_PATH"
)

// nobody is a user without any rights.
const nobody = 65534

// sufferFault is the whole life of the second process: it prints one line, which
// is "ok" or what went wrong.
func sufferFault(mode, path string) {
	err := errors.New("no such fault")
	switch mode {
	case "hold":
		err = holdStore(path)
	case "open":
		err = openAsNobody(path)
	case "full":
		err = fillUp(path, 0)
	case "full-write": // the file is long enough, so that it is the writing that fails
		err = fillUp(path, 1<<24)
	case "full-start":
		err = startOnFullDisk(path)
	case "full-rotate":
		err = rotateOnFullDisk(path)
	case "rotate":
		err = rotateForever(path)
	}
	if err != nil {
		fmt.Println(strings.ReplaceAll(err.Error(), "\n", "; "))
		os.Exit(1)
	}
	fmt.Println("ok")
	os.Exit(0)
}

// startChild starts a second process. It ends with the test, if not before.
func startChild(t *testing.T, mode, path string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), faultChild+"="+mode, faultPath+"="+path)
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close() // ends who waits for it
		_ = c.Wait()   // fails when its line was no "ok", or when it was killed
	})
	return c, bufio.NewScanner(out)
}

// wantChild runs a second process that ends by itself, or with the test.
func wantChild(t *testing.T, mode, path, want string) {
	t.Helper()
	_, lines := startChild(t, mode, path)
	if !lines.Scan() || !strings.Contains(lines.Text(), want) {
		t.Errorf("the child says %q, want %q", lines.Text(), want)
	}
}

// holdStore has the store open until its standard input ends.
func holdStore(path string) error {
	s, err := Open(Options{Path: path, Key: testKey()})
	if err != nil {
		return err
	}
	fmt.Println("ok")
	_, _ = os.Stdin.Read(make([]byte, 1))
	return s.Close()
}

func heldByAnother(t *testing.T, path string) { wantChild(t, "hold", path, "ok") }

// openAsNobody opens a store without root's right to write everything.
func openAsNobody(path string) error {
	if os.Geteuid() == 0 {
		if err := errors.Join(syscall.Setgroups(nil), syscall.Setgid(nobody), syscall.Setuid(nobody)); err != nil {
			return err
		}
	}
	s, err := Open(Options{Path: path, Key: testKey()})
	if err != nil {
		return err
	}
	return s.Close()
}

// testUnwritable opens a store as somebody who may not write the folder or the
// file, and as one who may.
func testUnwritable(t *testing.T, folder, file fs.FileMode) {
	path := oneRecord(t)
	before := readFile(t, path)
	if os.Geteuid() == 0 {
		above := filepath.Dir(filepath.Dir(path))
		if err := errors.Join(os.Chmod(above, 0o755), os.Chown(filepath.Dir(path), nobody, nobody), os.Chown(path, nobody, nobody)); err != nil {
			t.Fatal(err)
		}
	}
	setModes(t, path, folder, file)
	wantChild(t, "open", path, ErrUnwritable.Error())
	setModes(t, path, 0o755, 0o600)
	wantFiles(t, path, "bot.db")
	if string(before) != string(readFile(t, path)) {
		t.Error("the refused file was changed")
	}
	wantChild(t, "open", path, "ok")
}

func setModes(t *testing.T, path string, folder, file fs.FileMode) {
	t.Helper()
	if err := errors.Join(os.Chmod(path, file), os.Chmod(filepath.Dir(path), folder)); err != nil {
		t.Fatal(err)
	}
}
