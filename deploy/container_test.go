package deploy_test

import (
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// memory is the limit of deploy/compose.yaml, and what the garbage collector is told.
const (
	memory     = 64 << 20
	goMemLimit = "48MiB"
)

// container is one made from the image, as tight as deploy/compose.yaml has it.
type container struct {
	t       *testing.T
	name    string
	addr    string // of /healthz
	healthy time.Time
}

// container makes one on the volume of the system. It does not run yet.
func (w *system) container(image, name string) *container {
	w.t.Helper()
	c := &container{t: w.t, name: w.volume + "-" + name, addr: freeAddr(w.t)}
	w.t.Cleanup(func() { _ = exec.Command("podman", "rm", "-f", c.name).Run() })
	c.podman(slices.Concat([]string{"create", "--name", c.name}, w.options(c.addr), []string{image})...)
	return c
}

// options are those of compose.yaml, and the settings.
func (w *system) options(httpAddr string) []string {
	args := []string{"--network", "host", "-v", w.volume + ":/data",
		"--read-only", "--read-only-tmpfs=false", "--cap-drop", "all", "--security-opt", "no-new-privileges",
		"--memory", strconv.Itoa(memory), "--memory-swap", strconv.Itoa(memory), "--pids-limit", "128"}
	for name, file := range w.secrets {
		inside := "/run/secrets/" + strings.ToLower(name)
		args = append(args, "-v", file+":"+inside+":ro", "-e", name+"_FILE="+inside)
	}
	settings := map[string]string{
		"TELEGRAM_API_URL": w.tgURL, "KITE_MCP_URL": w.kiteURL + "/sse", "KITE_LOGIN_HOSTS": "127.0.0.1",
		"HTTP_ADDR": httpAddr, "GOMEMLIMIT": goMemLimit,
	}
	maps.Copy(settings, w.settings)
	for name, value := range settings {
		args = append(args, "-e", name+"="+value)
	}
	return args
}

// start runs the container and waits until it says it is healthy. It returns
// how long that took, with the engine's part.
func (c *container) start() time.Duration {
	c.t.Helper()
	began := time.Now()
	c.podman("start", c.name)
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for pause := time.NewTicker(2 * time.Millisecond); ; <-pause.C {
		resp, err := client.Get("http://" + c.addr + "/healthz")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				break
			}
		}
		if time.Since(began) > patience {
			c.t.Fatalf("%s is not healthy after %v\n%s", c.name, patience, c.podman("logs", c.name))
		}
	}
	c.healthy = time.Now()
	return c.healthy.Sub(began)
}

// startedIn is how long the program itself took to be healthy.
func (c *container) startedIn() time.Duration {
	c.t.Helper()
	at, err := time.Parse(time.RFC3339Nano, c.podman("inspect", c.name, "--format", `{{.State.StartedAt.Format "2006-01-02T15:04:05.999999999Z07:00"}}`))
	if err != nil {
		c.t.Fatal(err)
	}
	return c.healthy.Sub(at)
}

// end stops the container, and looks at how it fared.
func (c *container) end() {
	c.t.Helper()
	c.checkConfined()
	c.stop()
	c.checkEnd()
}

// stop stops it as an operator does.
func (c *container) stop() {
	c.t.Helper()
	c.podman("stop", "-t", "15", c.name)
}

// checkEnd looks at one that was stopped.
func (c *container) checkEnd() {
	c.t.Helper()
	if code := c.podman("inspect", c.name, "--format", "{{.State.ExitCode}}"); code != "0" {
		c.t.Errorf("%s ended with exit code %s\n%s", c.name, code, c.podman("logs", c.name))
	}
	if strings.Contains(c.podman("logs", c.name), token) {
		c.t.Error("the token is in the log")
	}
}

// cost is the processor time used so far, and the size of the store.
func (c *container) cost() (cpu time.Duration, store int64) {
	c.t.Helper()
	pid := c.podman("inspect", c.name, "--format", "{{.State.Pid}}")
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		c.t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(stat), ") ") // the name before it may hold anything
	fields := strings.Fields(after)
	for _, ticks := range fields[11:13] { // user and system, in hundredths of a second
		n, err := strconv.ParseInt(ticks, 10, 64)
		if err != nil {
			c.t.Fatal(err)
		}
		cpu += time.Duration(n) * 10 * time.Millisecond
	}
	info, err := os.Stat(filepath.Join("/proc", pid, "root", "data", "bot.db"))
	if err != nil {
		c.t.Fatal(err)
	}
	return cpu, info.Size()
}

// podman runs a command of the engine and returns what it printed.
func (c *container) podman(args ...string) string {
	c.t.Helper()
	out, err := exec.CommandContext(c.t.Context(), "podman", args...).CombinedOutput()
	if err != nil {
		c.t.Fatalf("podman %s: %v\n%s", args[0], err, out)
	}
	return strings.TrimSpace(string(out))
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
