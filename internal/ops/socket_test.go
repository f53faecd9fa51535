package ops_test

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"kitebot/internal/ops"
)

// inFolder makes the test run in an empty folder, so that the paths of its
// sockets are short wherever temporary folders are.
func inFolder(t *testing.T) { t.Helper(); t.Chdir(t.TempDir()) }

func mustListen(t *testing.T, path string) net.Listener {
	t.Helper()
	l, err := ops.ListenSocket(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// names lists the files of the folder the test runs in.
func names(t *testing.T) []string {
	t.Helper()
	var found []string
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		found = append(found, e.Name())
	}
	return found
}

// Only the owner may connect, whatever umask the process was given, and the
// folder in which the socket was made is gone.
func TestSocketIsPrivate(t *testing.T) {
	for _, umask := range []int{0, 0o022, 0o077} {
		inFolder(t)
		before := syscall.Umask(umask)
		l, err := ops.ListenSocket("bot.db.sock")
		syscall.Umask(before)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Lstat("bot.db.sock")
		if err != nil || info.Mode() != fs.ModeSocket|0o600 {
			t.Errorf("umask %03o: mode %v, %v", umask, info.Mode(), err)
		}
		if got := names(t); !slices.Equal(got, []string{"bot.db.sock"}) {
			t.Errorf("the folder holds %q", got)
		}
		if conn, err := net.Dial("unix", "bot.db.sock"); err != nil {
			t.Error(err)
		} else {
			conn.Close()
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if got := names(t); len(got) != 0 {
			t.Errorf("left behind: %q", got)
		}
	}
}

// abandon leaves a socket as a killed process does: there, with no listener.
func abandon(t *testing.T, path string) {
	t.Helper()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestStaleSocketIsReplaced(t *testing.T) {
	inFolder(t)
	abandon(t, "bot.db.sock")
	mustListen(t, "bot.db.sock")
	conn, err := net.Dial("unix", "bot.db.sock")
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}

// What is not ours to replace is left as it was, by closing too.
func TestSocketOfOthersIsLeftAlone(t *testing.T) {
	for name, test := range map[string]struct {
		make func(t *testing.T, path string)
		want error
	}{
		"a live socket":   {func(t *testing.T, path string) { mustListen(t, path) }, ops.ErrSocketTaken},
		"a file":          {func(t *testing.T, path string) { writeFile(t, path) }, ops.ErrNoSocket},
		"a folder":        {func(t *testing.T, path string) { must(t, os.Mkdir(path, 0o700)) }, ops.ErrNoSocket},
		"a dangling link": {func(t *testing.T, path string) { must(t, os.Symlink("nowhere", path)) }, ops.ErrNoSocket},
	} {
		t.Run(name, func(t *testing.T) {
			inFolder(t)
			test.make(t, "bot.db.sock")
			before, err := os.Lstat("bot.db.sock")
			must(t, err)
			if _, err := ops.ListenSocket("bot.db.sock"); !errors.Is(err, test.want) {
				t.Errorf("%v, want %v", err, test.want)
			}
			after, err := os.Lstat("bot.db.sock")
			if err != nil || !os.SameFile(before, after) {
				t.Errorf("it was touched: %v", err)
			}
			if got := names(t); len(got) != 1 {
				t.Errorf("left behind: %q", got)
			}
		})
	}
}

// A socket whose name has become another's is closed without taking that away.
func TestClosingLeavesAnothersSocket(t *testing.T) {
	inFolder(t)
	first := mustListen(t, "bot.db.sock")
	must(t, os.Remove("bot.db.sock"))
	mustListen(t, "bot.db.sock")
	must(t, first.Close())
	if _, err := os.Lstat("bot.db.sock"); err != nil {
		t.Errorf("the other socket is gone: %v", err)
	}
}

// Where there can be no socket, the error says why and nothing is left.
func TestNoSocketThere(t *testing.T) {
	inFolder(t)
	must(t, os.Mkdir("closed", 0o500))
	deep := strings.Repeat("a-long-folder/", 7)
	must(t, os.MkdirAll(deep, 0o700))
	writeFile(t, "a-file")
	for name, test := range map[string]struct {
		path string
		want error
	}{
		"too long a name":         {strings.Repeat("s", 104), ops.ErrSocketTooLong},
		"too long on the way":     {filepath.Join(deep, "b"), ops.ErrSocketTooLong},
		"no such folder":          {"nowhere/bot.db.sock", fs.ErrNotExist},
		"a folder that is a file": {"a-file/bot.db.sock", syscall.ENOTDIR},
	} {
		l, err := ops.ListenSocket(test.path)
		if !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
		if err == nil {
			l.Close()
		}
	}
	if os.Geteuid() != 0 { // root may write anywhere
		if _, err := ops.ListenSocket("closed/bot.db.sock"); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("a folder that is not writable: %v", err)
		}
	}
	if got := names(t); !slices.Equal(got, []string{"a-file", "a-long-folder", "closed"}) {
		t.Errorf("left behind: %q", got)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func writeFile(t *testing.T, path string) {
	t.Helper()
	must(t, os.WriteFile(path, []byte("mine"), 0o600))
}
