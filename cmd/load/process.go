package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/pprof"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/procfs"
)

// The roles of a child.
const (
	botRole   = "bot"
	floorRole = "floor"
)

// child is a measured process.
type child struct {
	name     string
	cmd      *exec.Cmd
	debugURL string    // the address of its debug address
	began    time.Time // when it was started
	log      string    // the file that it writes its log to
}

// stopTime is how long a process may take to end.
const stopTime = 15 * time.Second

// stop ends the process as an operator would. A second time does nothing.
func (c *child) stop() error {
	if c.cmd.ProcessState != nil {
		return nil
	}
	_ = c.cmd.Process.Signal(syscall.SIGTERM) // gone already: Wait says why
	kill := time.AfterFunc(stopTime, func() { _ = c.cmd.Process.Kill() })
	defer kill.Stop()
	if err := c.cmd.Wait(); err != nil {
		return fmt.Errorf("%s ended with %w: %s", c.name, err, lastLine(c.log))
	}
	return nil
}

func lastLine(file string) string {
	text, _ := os.ReadFile(filepath.Clean(file))
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return lines[len(lines)-1]
}

// usage is what a process has used and holds, as the kernel counts it.
type usage struct {
	cpu  time.Duration // user and system time since its start
	rss  int64         // resident bytes, the sum of the two below and shared memory
	anon int64         // of its heap, stacks and the runtime's own
	file int64         // of its program and of files mapped in: the store
}

func (c *child) usage() (usage, error) {
	p, err := procfs.NewProc(c.cmd.Process.Pid)
	if err != nil {
		return usage{}, err
	}
	stat, err1 := p.Stat()
	status, err2 := p.NewStatus()
	return usage{
		cpu: time.Duration(stat.CPUTime() * float64(time.Second)),
		rss: int64(status.VmRSS), anon: int64(status.RssAnon), file: int64(status.RssFile),
	}, errors.Join(err1, err2)
}

// get asks the debug address for a value in JSON.
func (c *child) get(ctx context.Context, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.debugURL+path, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("ask %s: %w", c.name, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("ask %s for %s: %s", c.name, path, resp.Status)
	}
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		return fmt.Errorf("read the answer of %s: %w", c.name, err)
	}
	return nil
}

// memory is what a process holds after a garbage collection.
type memory struct {
	Heap, Stacks int64 // bytes in use
	Mallocs      int64 // allocations since the start
	usage
}

func (c *child) memory(ctx context.Context) (memory, error) {
	var m memory
	if err := c.get(ctx, "/memory", &m); err != nil {
		return m, err
	}
	u, err := c.usage()
	m.usage = u
	return m, err
}

// each is what one of n more takes.
func (m memory) each(before memory, n int64) memory {
	return memory{
		Heap: (m.Heap - before.Heap) / n, Stacks: (m.Stacks - before.Stacks) / n,
		usage: usage{anon: (m.anon - before.anon) / n},
	}
}

// serveDebug serves what cannot be seen of a child from outside. It prints its address as the first line of the output.
func serveDebug(path string, handler http.HandlerFunc) (stop func()) {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/memory", func(w http.ResponseWriter, _ *http.Request) {
		runtime.GC() // twice with the next: a sync.Pool keeps what it has for one collection
		debug.FreeOSMemory()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		writeJSON(w, memory{Heap: int64(m.HeapAlloc), Stacks: int64(m.StackInuse), Mallocs: int64(m.Mallocs)}, nil)
	})
	mux.HandleFunc(path, handler)
	s := httptest.NewServer(mux)
	fmt.Println(s.URL)
	return s.Close
}

func writeJSON(w http.ResponseWriter, v any, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_ = json.NewEncoder(w).Encode(v) // the parent is gone, if it fails
}

// measureCPU measures how long something takes, and the processor time of a process meanwhile.
func measureCPU(c *child, do func() error) (cpu, took time.Duration, err error) {
	before, err1 := c.usage()
	began := time.Now()
	err2 := do()
	took = time.Since(began)
	after, err3 := c.usage()
	return after.cpu - before.cpu, took, errors.Join(err1, err2, err3)
}

// ratio is a/b, and 0 where there is no b.
func ratio[N int64 | float64 | time.Duration](a, b N) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}
