package store

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"kitebot/internal/bot"
	"kitebot/internal/bot/bottest"
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
