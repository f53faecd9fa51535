package deploy_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// checkConfined looks at a running container as the kernel has it: who it is,
// what it may do and what it may use. Each container of each scenario is looked
// at, at the end of its work, when it has used the most memory it will.
func (c *container) checkConfined() {
	c.t.Helper()
	pid := c.podman("inspect", c.name, "--format", "{{.State.Pid}}")
	status := procStatus(c.t, pid)
	for _, want := range [][2]string{
		{"Uid", "65532 65532 65532 65532"}, {"Gid", "65532 65532 65532 65532"}, {"NoNewPrivs", "1"},
		{"CapPrm", noCapabilities}, {"CapEff", noCapabilities}, {"CapBnd", noCapabilities}, {"CapAmb", noCapabilities},
	} {
		if got := status[want[0]]; got != want[1] {
			c.t.Errorf("%s: %s is %q, want %q", c.name, want[0], got, want[1])
		}
	}
	if !rootReadOnly(c.t, pid) {
		c.t.Errorf("%s: its root can be written to", c.name)
	}
	c.checkMemory(pid, status["VmHWM"])
}

const noCapabilities = "0000000000000000"

// checkMemory compares the limit with what the kernel says it is, and prints
// the most that was used. Only where deploy/check.sh found that no cgroup can
// limit memory may the limit be missing, and that is said loudly.
func (c *container) checkMemory(pid, peakResident string) {
	c.t.Helper()
	var kb int64
	if _, err := fmt.Sscanf(peakResident, "%d kB", &kb); err != nil {
		c.t.Fatalf("VmHWM is %q", peakResident)
	}
	resident := kb << 10
	limit, peak, err := cgroupMemory(pid)
	switch {
	case err == nil && limit == memory:
		measured(c.t, "uid 65532, no capabilities, root read-only; memory: %.1f MB at the most, the kernel keeps the limit of %.0f MB; %.1f MB resident, with the program's own pages",
			mb(peak), mb(limit), mb(resident))
	case os.Getenv("KITEBOT_NO_MEMORY_LIMIT") == "":
		c.t.Errorf("%s: its memory limit is %d, %v; want %d", c.name, limit, err, memory)
	case resident > memory:
		c.t.Errorf("%s: %d bytes were resident, of %d", c.name, resident, memory)
	default:
		measured(c.t, "!!! THE MEMORY LIMIT COULD NOT BE APPLIED HERE; %.1f MB resident at the most, of %.0f MB", mb(resident), mb(memory))
	}
}

func mb(n int64) float64 { return float64(n) / (1 << 20) }

// cgroupMemory reads a process's limit and peak, of either version of cgroups.
func cgroupMemory(pid string) (limit, peak int64, err error) {
	text, err := os.ReadFile("/proc/" + pid + "/cgroup")
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		switch {
		case len(fields) < 3:
		case fields[1] == "memory":
			return numbers("/sys/fs/cgroup/memory"+fields[2], "memory.limit_in_bytes", "memory.max_usage_in_bytes")
		case fields[0] == "0" && fields[2] != "/":
			if limit, peak, err := numbers("/sys/fs/cgroup"+fields[2], "memory.max", "memory.peak"); err == nil {
				return limit, peak, nil
			}
		}
	}
	return 0, 0, errors.New("no cgroup counts its memory")
}

func numbers(folder, limitFile, peakFile string) (limit, peak int64, err error) {
	for file, into := range map[string]*int64{limitFile: &limit, peakFile: &peak} {
		text, err := os.ReadFile(filepath.Join(folder, file))
		if err != nil {
			return 0, 0, err
		}
		if *into, err = strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err != nil {
			return 0, 0, fmt.Errorf("%s: %w", file, err)
		}
	}
	return limit, peak, nil
}

// procStatus is /proc/PID/status: fields by name, blanks between values made one.
func procStatus(t *testing.T, pid string) map[string]string {
	t.Helper()
	text, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		t.Fatal(err)
	}
	fields := make(map[string]string)
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		fields[name] = strings.Join(strings.Fields(value), " ")
	}
	return fields
}

// rootReadOnly reads the options of the mount at "/" of the process.
func rootReadOnly(t *testing.T, pid string) bool {
	t.Helper()
	text, err := os.ReadFile("/proc/" + pid + "/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 5 && f[4] == "/" {
			return strings.HasPrefix(f[5]+",", "ro,")
		}
	}
	t.Fatal("the process has no root")
	return false
}
