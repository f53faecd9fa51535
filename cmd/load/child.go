package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"
)

// child is a measured process.
type child struct {
	name  string
	cmd   *exec.Cmd
	side  string    // its side door: http:// and an address
	began time.Time // when it was started
	log   string    // the file that it writes its log to
}

// startChild starts this program again, in another role.
func (l *load) startChild(role string, env ...string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	c := &child{name: role}
	if err := c.start(l, exec.Command(self, role), env); err != nil {
		return nil, err
	}
	return c, nil
}

// start starts a process and reads from its first line where its side door is.
func (c *child) start(l *load, cmd *exec.Cmd, env []string) error {
	log, err := os.CreateTemp(l.folder, c.name+"-*.log")
	if err != nil {
		return fmt.Errorf("make a log: %w", err)
	}
	defer log.Close()
	c.cmd, c.log = cmd, log.Name()
	cmd.Env = append(os.Environ(), append(l.env(), env...)...)
	cmd.Stderr, cmd.Dir = log, l.folder
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("start %s: %w", c.name, err)
	}
	if _, err := cmd.StdinPipe(); err != nil { // held open: see attended
		return fmt.Errorf("start %s: %w", c.name, err)
	}
	c.began = time.Now()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", c.name, err)
	}
	l.children = append(l.children, c)
	if len(cmd.Args) == 1 { // a program as it is shipped has no side door
		return nil
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return errors.Join(fmt.Errorf("%s did not start, see %s", c.name, c.log), c.stop())
	}
	c.side = "http://" + strings.TrimSpace(line)
	return nil
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

func (c *child) usage() (usage, error) { return usageOf(c.cmd.Process.Pid) }

// open asks the side door for something. The caller closes what it returns.
func (c *child) open(ctx context.Context, path string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.side+path, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", c.name, err)
	}
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(resp.Body)
		return nil, errors.Join(fmt.Errorf("ask %s for %s: %s %s", c.name, path, resp.Status, text), resp.Body.Close())
	}
	return resp.Body, nil
}

// get asks the side door for a value in JSON.
func (c *child) get(ctx context.Context, path string, into any) error {
	body, err := c.open(ctx, path)
	if err != nil {
		return err
	}
	defer body.Close()
	if err := json.NewDecoder(body).Decode(into); err != nil {
		return fmt.Errorf("read what %s says: %w", c.name, err)
	}
	return nil
}

// memory is what a process holds once everything that can go is gone.
type memory struct {
	Heap, Stacks uint64 // bytes in use
	Mallocs      uint64 // allocations since the start
	Goroutines   int
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

// sideDoor is how a child is asked for what cannot be seen from outside. It
// prints the address as the first line of its output.
func sideDoor(more map[string]http.HandlerFunc) (stop func(), err error) {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/memory", func(w http.ResponseWriter, _ *http.Request) {
		runtime.GC()
		debug.FreeOSMemory()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		sayJSON(w, memory{Heap: m.HeapAlloc, Stacks: m.StackInuse, Mallocs: m.Mallocs, Goroutines: runtime.NumGoroutine()})
	})
	for path, h := range more {
		mux.HandleFunc(path, h)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	s := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Serve(listener) }()
	fmt.Println(listener.Addr())
	return func() { _ = s.Close(); <-done }, nil
}

// counting is a way through the side door that does something so many times, and
// says how often.
func counting[N int | int64](do func(r *http.Request) (N, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		n, err := do(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		sayJSON(w, n)
	}
}

func sayJSON(w http.ResponseWriter, v any) {
	_ = json.NewEncoder(w).Encode(v) // whoever asked is gone, if it fails
}
