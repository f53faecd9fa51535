package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	simkite "kitebot/internal/sim/kite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testTimeout is how long a test waits for what must come; it bounds a failure, not a success.
const testTimeout = 20 * time.Second

// console is the terminal of a demo: what it prints, and the first address in it.
type console struct {
	mu      sync.Mutex
	printed strings.Builder
	address chan string // gets the address once
}

var addressLine = regexp.MustCompile(`Open  (http://\S+)\n`)

func (c *console) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known := addressLine.MatchString(c.printed.String())
	c.printed.Write(p)
	if found := addressLine.FindStringSubmatch(c.printed.String()); found != nil && !known {
		c.address <- found[1]
	}
	return len(p), nil
}

func (c *console) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.printed.String()
}

// running is a demo that runs in this process.
type running struct {
	page    string // its one address
	console *console
	stop    func() // presses Ctrl-C and waits for the end; a second time does nothing
}

// start runs the demo with a free port until the end of the test. in is what is typed into its terminal.
func start(t *testing.T, in io.Reader, args ...string) *running {
	t.Helper()
	r := &running{console: &console{address: make(chan string, 1)}}
	ctx, interrupt := context.WithCancel(context.Background())
	ended, again := make(chan error, 1), make(chan struct{})
	go func() {
		args = append([]string{"-addr", "127.0.0.1:0"}, args...)
		ended <- run(ctx, args, in, r.console, func() { close(again) })
	}()
	r.stop = sync.OnceFunc(func() {
		interrupt()
		if err := <-ended; err != nil {
			t.Errorf("the demo ended with: %v", err)
		}
		<-again
	})
	select {
	case r.page = <-r.console.address:
	case err := <-ended:
		interrupt()
		t.Fatalf("the demo did not start: %v", err)
	}
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	t.Cleanup(r.stop)
	return r
}

func TestParse(t *testing.T) {
	for addr, ok := range map[string]bool{
		"127.0.0.1:0": true, "127.0.0.1:8090": true, "127.8.9.1:8090": true, "[::1]:8090": true,
		"0.0.0.0:8090": false, "[::]:8090": false, ":8090": false, "192.168.1.20:8090": false,
		"localhost:8090": false, "example.com:8090": false, "127.0.0.1": false, "": false,
	} {
		_, err := parse([]string{"-addr", addr}, io.Discard)
		if ok && err != nil {
			t.Errorf("-addr %q: %v", addr, err)
		}
		if !ok && (err == nil || !strings.Contains(err.Error(), "-addr must be a loopback address")) {
			t.Errorf("-addr %q: error %v, want one that says what an address must be", addr, err)
		}
	}
	if _, err := parse([]string{"holdings"}, io.Discard); err == nil {
		t.Error("an argument that means nothing is accepted")
	}
	if _, err := parse([]string{"-nonsense"}, io.Discard); err == nil {
		t.Error("a flag that does not exist is accepted")
	}
	if _, err := parse([]string{"-server", "tomorrow"}, io.Discard); err == nil || !strings.Contains(err.Error(), "today, old or next") {
		t.Errorf("a server that does not exist: %v", err)
	}
	if o, err := parse([]string{"-server", "next"}, io.Discard); err != nil || o.version != simkite.Next {
		t.Errorf("-server next: %+v, %v", o, err)
	}
	if _, err := parse([]string{"-server", "next", "-kite", "https://mcp.kite.trade/sse"}, io.Discard); err == nil {
		t.Error("a simulated server beside the real one is accepted")
	}
	o, err := parse(nil, io.Discard)
	if err != nil || o.kite != "" || o.hosts != nil {
		t.Errorf("without flags: %+v, %v", o, err)
	}
}

func TestHelp(t *testing.T) {
	var out strings.Builder
	err := run(t.Context(), []string{"-help"}, strings.NewReader(""), &out, func() {})
	if !errors.Is(err, flag.ErrHelp) {
		t.Errorf("error %v", err)
	}
	for _, name := range []string{"-addr", "-kite", "-login-hosts", "-log", "-server"} {
		if !strings.Contains(out.String(), name) {
			t.Errorf("-help does not mention %s:\n%s", name, out.String())
		}
	}
}

// A demo that cannot start says why, in terms of its flags, and leaves nothing behind.
func TestDoesNotStart(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	for name, args := range map[string][]string{
		"-addr": {"-addr", "127.0.0.1:99999"},
		"-kite": {"-kite", "ftp://mcp.example.com/sse"},
	} {
		err := run(t.Context(), args, strings.NewReader(""), io.Discard, func() {})
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v: error %v, want one that names %s", args, err, name)
		}
		if left := demoFolders(t, folder); len(left) > 0 {
			t.Errorf("%v: left behind %v", args, left)
		}
	}
}

func TestFolderIsPrivateAndGoes(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	d := start(t, strings.NewReader(""))
	during := demoFolders(t, folder)
	if len(during) != 1 {
		t.Fatalf("folders while it runs: %v, want one", during)
	}
	about, err := os.Stat(during[0])
	if err != nil || about.Mode().Perm() != 0o700 {
		t.Errorf("the folder's mode is %v (%v), want 0700", about.Mode(), err)
	}
	d.stop()
	if left := demoFolders(t, folder); len(left) > 0 {
		t.Errorf("left behind %v", left)
	}
	if strings.Contains(d.console.String(), "Log out of Kite") {
		t.Error("a demo with made-up accounts asks whether to log out")
	}
}

func demoFolders(t *testing.T, in string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(in, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}
