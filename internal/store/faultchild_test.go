package store

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

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
