package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

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

func inspectBytes(content []byte) error {
	return inspect(bytes.NewReader(content), int64(len(content)), int64(os.Getpagesize()))
}

func TestInspectPassesSoundFiles(t *testing.T) {
	if err := inspectBytes(bigFile(t)); err != nil {
		t.Errorf("a sound file: %v", err)
	}
	path := newPath(t)
	tamper(t, path, func(*bolt.Tx) error { return nil })
	if err := inspectBytes(readFile(t, path)); err != nil {
		t.Errorf("an empty file: %v", err)
	}
}

// TestInspectFindsTraps damages single fields in ways that would end the process
// or keep it busy for ever.
func TestInspectFindsTraps(t *testing.T) {
	sound := bigFile(t)
	size := os.Getpagesize()
	branch, free := findPage(t, sound, branchPage), findPage(t, sound, freelistPage)
	leaf := findPage(t, sound, leafPage)
	for name, damage := range map[string]func(b []byte){
		"a circle":                 func(b []byte) { putNative(b[branch*size+pageHeader+8:], uint64(branch)) },
		"a page far outside":       func(b []byte) { putNative(b[branch*size+pageHeader+8:], 1<<40) },
		"a meta page as a child":   func(b []byte) { putNative(b[branch*size+pageHeader+8:], 1) },
		"a key far outside":        func(b []byte) { putHalf(b[branch*size+pageHeader:], 1<<31) },
		"a long value":             func(b []byte) { putHalf(b[leaf*size+pageHeader+12:], 1<<31) },
		"a long overflow":          func(b []byte) { putHalf(b[leaf*size+12:], 1<<31) },
		"an unknown kind":          func(b []byte) { b[leaf*size+8] = 0x40 },
		"more free pages than fit": func(b []byte) { b[free*size+10], b[free*size+11] = 0xfe, 0xff },
	} {
		damaged := slices.Clone(sound)
		damage(damaged)
		if err := inspectBytes(damaged); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: got %v, want ErrDamaged", name, err)
		}
	}
}

// findPage returns the number of a page in use of a kind.
func findPage(t *testing.T, content []byte, kind uint16) int {
	t.Helper()
	size := os.Getpagesize()
	meta, err := newestMeta(bytes.NewReader(content), int64(size))
	if err != nil {
		t.Fatal(err)
	}
	inUse := usedPages(t, content)
	if kind == freelistPage {
		return int(native(meta[32:]))
	}
	for id := range inUse {
		if flags, _ := pageKind(content[int(id)*size:]); flags == kind && native(content[int(id)*size:]) == id {
			return int(id)
		}
	}
	t.Fatalf("the file has no page of kind %x", kind)
	return 0
}

// usedPages returns the pages that the newest state of a file needs.
func usedPages(t *testing.T, content []byte) map[uint64]bool {
	t.Helper()
	size := int64(os.Getpagesize())
	meta, err := newestMeta(bytes.NewReader(content), size)
	if err != nil {
		t.Fatal(err)
	}
	in := &inspector{file: bytes.NewReader(content), pageSize: size, highest: native(meta[40:]), seen: map[uint64]bool{}}
	if err := in.walk(native(meta[16:])); err != nil {
		t.Fatal(err)
	}
	return in.seen
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
			page = findPage(t, sound, branchPage)
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
