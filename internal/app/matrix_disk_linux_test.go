package app_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// fillDisk makes writing to an open file fail as a full disk does, and returns
// how to make room. The process's own descriptor is pointed at /dev/full.
func fillDisk(t *testing.T, file string) (room func()) {
	t.Helper()
	fd := descriptor(t, file)
	point := func(at string) {
		f, err := os.OpenFile(at, os.O_RDWR, 0)
		if err == nil {
			defer f.Close()
			err = syscall.Dup3(int(f.Fd()), fd, syscall.O_CLOEXEC)
		}
		if err != nil {
			t.Fatalf("point the store at %s: %v", at, err)
		}
	}
	point("/dev/full")
	return func() { point(file) }
}

// descriptor finds the number under which this process holds a file open.
func descriptor(t *testing.T, file string) int {
	t.Helper()
	all, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range all {
		if to, err := os.Readlink(name); err == nil && to == file {
			fd, err := strconv.Atoi(strings.TrimPrefix(name, "/proc/self/fd/"))
			if err != nil {
				t.Fatal(err)
			}
			return fd
		}
	}
	t.Fatalf("%s is not open", file)
	return -1
}
