package store

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"kitebot/internal/bot"
	"kitebot/internal/bot/bottest"
	"kitebot/internal/kite/session/sessiontest"
)

// crashChild names, in the environment of a second process of this test, the
// store that it writes to until it is killed.
const crashChild = "KITEBOT_STORE_CRASH_CHILD"

// takeForever takes updates one by one, answers every second one, and says so
// on its standard output only once the store said so.
func takeForever(path string) {
	s, err := Open(Options{Path: path, Key: testKey()})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	first := int64(os.Getpid()) * 1_000_000 // numbers no other child uses
	for id := first; ; id++ {
		if _, err := s.Take(7, []bot.Update{bottest.Message(id)}); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		fmt.Println("taken", id)
		if id%2 == 0 {
			s.Answered(7, id)
		}
	}
}

// TestNothingTakenIsLostAtAKill kills a process in the middle of its work,
// several times on the same file, and wants every update it was told to be safe.
func TestNothingTakenIsLostAtAKill(t *testing.T) {
	path := newPath(t)
	var taken []int64
	for round := range 5 {
		taken = append(taken, takeAndKill(t, path, 40+23*round)...)
		s := mustOpen(t, path)
		checkTaken(t, s, taken)
		mustClose(t, s)
		if aside := damagedFiles(t, path); len(aside) != 0 {
			t.Fatalf("the kill damaged the file: %v", aside)
		}
	}
}

// takeAndKill runs a child until it has told of that many updates.
func takeAndKill(t *testing.T, path string, updates int) []int64 {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), crashChild+"="+path)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var taken []int64
	lines := bufio.NewScanner(out)
	for len(taken) < updates && lines.Scan() {
		id, ok := strings.CutPrefix(lines.Text(), "taken ")
		n, err := strconv.ParseInt(id, 10, 64)
		if !ok || err != nil {
			t.Errorf("the child says %q", lines.Text())
			break
		}
		taken = append(taken, n)
	}
	if err := child.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = child.Wait() // "signal: killed"
	if len(taken) < updates {
		t.Fatalf("the child took %d updates, want %d", len(taken), updates)
	}
	return taken
}

// checkTaken wants every update to be known, and the odd ones, which nobody
// answered, to be waiting whole.
func checkTaken(t *testing.T, s *Store, taken []int64) {
	t.Helper()
	waiting := make(map[int64]bot.Update)
	for _, u := range mustUnanswered(t, s, 7) {
		waiting[u.ID] = u
	}
	for _, id := range taken {
		if !s.journal.of(7).knows(id) {
			t.Errorf("update %d was taken and is lost", id)
		}
		if id%2 == 1 && waiting[id] != bottest.Message(id) {
			t.Errorf("update %d was not answered and is not waiting", id)
		}
	}
}

// rotateForever seals a store with one key, then with the other, and says so
// each time.
func rotateForever(path string) error {
	for now, old := otherKey(), testKey(); ; now, old = old, now {
		s, err := Open(Options{Path: path, Key: now, OldKey: old})
		if err != nil {
			return err
		}
		if err := s.Close(); err != nil {
			return err
		}
		fmt.Println("rotated")
	}
}

// TestARotationThatIsKilled kills a process that does nothing but rotate, and
// wants all of the store under one of the keys.
func TestARotationThatIsKilled(t *testing.T) {
	path := everything(t)
	for range 5 {
		c, lines := startChild(t, "rotate", path)
		for range 3 {
			if !lines.Scan() || lines.Text() != "rotated" {
				t.Fatalf("the child says %q", lines.Text())
			}
		}
		if err := c.Process.Kill(); err != nil {
			t.Error(err)
		}
		_ = c.Wait() // "signal: killed"
		s := mustOpenWith(t, Options{Path: path, Key: testKey(), OldKey: otherKey()})
		checkEverything(t, s)
		mustClose(t, s)
		wantFiles(t, path, "bot.db")
	}
}

// limitFiles makes the operating system refuse to write beyond a size, as a full
// disk does, and returns what ends it.
func limitFiles(size int64) (end func() error, err error) {
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		return nil, err
	}
	limited := syscall.Rlimit{Cur: uint64(size), Max: before.Max}
	end = func() error { return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before) }
	return end, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limited)
}

// fillUp writes to a store until there is no room, and wants it to be told so, to
// read on, and to write again once there is room. length is what the file is
// made long to before.
func fillUp(path string, length int64) error {
	s, err := Open(Options{Path: path, Key: testKey()})
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if err := os.Truncate(path, max(info.Size(), length)); err != nil {
		return err
	}
	end, err := limitFiles(info.Size() + 64<<10)
	if err != nil {
		return err
	}
	written, err := writeUntilFull(s)
	if !errors.Is(err, ErrFull) || s.broken != nil {
		return fmt.Errorf("after %d writes: %w, broken %w, want ErrFull and to go on", written, err, s.broken)
	}
	if _, err := s.Take(7, []bot.Update{{ID: 1, Text: strings.Repeat("long", 50_000)}}); !errors.Is(err, ErrFull) {
		return fmt.Errorf("take: %w, want ErrFull", err)
	}
	if err := allThere(s, written); err != nil {
		return fmt.Errorf("while full: %w", err)
	}
	if err := end(); err != nil {
		return err
	}
	if err := s.Save(sessiontest.Full(int64(1000 + written))); err != nil {
		return fmt.Errorf("once there is room: %w", err)
	}
	if fresh, err := s.Take(7, []bot.Update{{ID: 1}}); err != nil || len(fresh) != 1 {
		return fmt.Errorf("take once there is room: %v, %w", fresh, err)
	}
	return errors.Join(allThere(s, written+1), s.Close())
}

// writeUntilFull saves the records of the persons 1000 and up, and returns how
// many of them the store took.
func writeUntilFull(s *Store) (written int, err error) {
	for ; err == nil && written < 2000; written++ {
		err = s.Save(sessiontest.Full(int64(1000 + written)))
	}
	return written - 1, err
}

func allThere(s *Store, written int) error {
	for i := range written {
		if r, err := s.Load(int64(1000 + i)); err != nil || r.Login == nil {
			return fmt.Errorf("the record of %d of %d: %w", i, written, err)
		}
	}
	return nil
}

func testFullDisk(t *testing.T, mode string) {
	path := oneRecord(t)
	wantChild(t, mode, path, "ok")
	wantLogins(t, mustOpen(t, path), 1)
	if aside := damagedFiles(t, path); len(aside) != 0 {
		t.Errorf("the full disk damaged the file: %v", aside)
	}
}

// startOnFullDisk starts without room for a store, and then with it.
func startOnFullDisk(path string) error {
	end, err := limitFiles(5000)
	if err != nil {
		return err
	}
	if _, err := Open(Options{Path: path}); !errors.Is(err, ErrFull) {
		return fmt.Errorf("open: %w, want ErrFull", err)
	}
	if err := end(); err != nil {
		return err
	}
	s, err := Open(Options{Path: path})
	if err != nil {
		return fmt.Errorf("once there is room: %w", err)
	}
	return s.Close()
}

func testFullAtStart(t *testing.T) {
	path := newPath(t)
	wantChild(t, "full-start", path, "ok")
	wantFiles(t, path, "bot.db", "bot.db.key")
}

// rotateOnFullDisk has no room for the new file, and then has.
func rotateOnFullDisk(path string) error {
	end, err := limitFiles(20_000)
	if err != nil {
		return err
	}
	if _, err := Open(rotated(path)); !errors.Is(err, ErrFull) {
		return fmt.Errorf("rotate: %w, want ErrFull", err)
	}
	s, err := Open(Options{Path: path, Key: testKey()})
	if err != nil {
		return fmt.Errorf("with the old key afterwards: %w", err)
	}
	if err := errors.Join(s.Close(), end()); err != nil {
		return err
	}
	if s, err = Open(rotated(path)); err != nil {
		return fmt.Errorf("once there is room: %w", err)
	}
	return s.Close()
}

func testFullAtRotation(t *testing.T) {
	path := everything(t)
	wantChild(t, "full-rotate", path, "ok")
	wantFiles(t, path, "bot.db")
	checkEverything(t, mustOpenWith(t, rotated(path)))
}
