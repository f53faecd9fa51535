package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// usage is what a process has used and holds, as the kernel counts it.
type usage struct {
	cpu  time.Duration // user and system time since its start
	rss  int64         // resident bytes, the sum of the two below and shared memory
	anon int64         // of its heap, stacks and the runtime's own
	file int64         // of its program and of files mapped in: the store
}

func usageOf(pid int) (usage, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return usage{}, fmt.Errorf("read the processor time: %w", err)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return usage{}, fmt.Errorf("read the memory: %w", err)
	}
	u := usage{rss: sizeIn(string(status), "VmRSS"), anon: sizeIn(string(status), "RssAnon"), file: sizeIn(string(status), "RssFile")}
	u.cpu, err = cpuIn(string(stat))
	return u, err
}

// tick is the kernel's unit of processor time. It is 1/100 s for programs on
// every Linux that Go runs on.
const tick = 10 * time.Millisecond

// cpuIn reads the processor time out of /proc/PID/stat. The name of the program
// stands in brackets and may hold anything, so that the fields are counted from
// its end: the twelfth and thirteenth after it are ticks of user and system time.
func cpuIn(stat string) (time.Duration, error) {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) < 13 {
		return 0, errors.New("/proc/PID/stat has too few fields")
	}
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	if err := errors.Join(err1, err2); err != nil {
		return 0, fmt.Errorf("/proc/PID/stat: %w", err)
	}
	return time.Duration(user+system) * tick, nil
}

// sizeIn reads a size out of /proc/PID/status, in bytes; 0 where it is missing.
func sizeIn(status, name string) int64 {
	for line := range strings.Lines(status) {
		rest, ok := strings.CutPrefix(line, name+":")
		if !ok {
			continue
		}
		kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
		if err != nil {
			return 0
		}
		return kib << 10
	}
	return 0
}
