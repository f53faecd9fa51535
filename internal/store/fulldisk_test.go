package store

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"kitebot/internal/bot"
	"kitebot/internal/kite/session/sessiontest"
)

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
