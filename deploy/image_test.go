// Package deploy_test plays with the container image as its users would.
package deploy_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	simkite "kitebot/internal/sim/kite"
	simtg "kitebot/internal/sim/telegram"
)

const (
	token = "1000001:test-token-test-token-test-token-00"
	asha  = 11
	user  = "MK4021" // a made-up account of the simulated Kite
)

// patience bounds a failure, not a success.
const patience = 30 * time.Second

// The image logs somebody in and shows their holdings, and both the volume and
// the secrets from files carry the login over a restart of the container.
func TestImageServes(t *testing.T) {
	image := os.Getenv("KITEBOT_IMAGE")
	if image == "" {
		t.Skip("KITEBOT_IMAGE names no image: deploy/check.sh builds one and runs this test on it")
	}
	kite := simkite.New(simkite.Options{})
	kiteURL := serve(t, kite, kite.Close)
	kite.SetBaseURL(kiteURL)
	tg := simtg.New(simtg.Options{Token: token})
	c := newContainer(t, image, serve(t, tg, tg.Close), kiteURL)
	p := phone{t: t, Person: tg.Person(asha, "Asha"), c: c}

	c.podman("start", c.name)
	link := p.ask("/login", "Log in to Kite")
	button, _ := link.Button("Log in to Kite")
	if status, body := kite.CompleteLogin(t.Context(), button.URL, user); status != http.StatusOK {
		t.Fatalf("login page: %d %s", status, body)
	}
	p.waitFor(link.ID-1, "Logged in as") // the bot notices by itself
	first := p.ask("/holdings", "₹")

	c.podman("stop", "-t", "15", c.name)
	if code := c.podman("inspect", c.name, "--format", "{{.State.ExitCode}}"); code != "0" {
		t.Errorf("the container ended with exit code %s", code)
	}
	c.podman("start", c.name)
	if got, want := headline(p.ask("/holdings", "₹")), headline(first); got != want {
		t.Errorf("after a restart the holdings are %q, before it %q", got, want)
	}
	if n := len(kite.Links()); n != 1 {
		t.Errorf("%d login links were made, want one", n)
	}
	for _, v := range append(kite.Violations(), tg.Violations()...) {
		t.Error(v)
	}
}

// headline is a message's first line: the total, without the time of asking.
func headline(m simtg.Message) string {
	line, _, _ := strings.Cut(m.Text, "\n")
	return line
}

func serve(t *testing.T, h http.Handler, closeAll func()) string {
	s := httptest.NewServer(h)
	t.Cleanup(func() { closeAll(); s.CloseClientConnections(); s.Close() })
	return s.URL
}

// container is one made from the image, as tight as deploy/compose.yaml has it.
type container struct {
	t    *testing.T
	name string
}

func newContainer(t *testing.T, image, tgURL, kiteURL string) container {
	t.Helper()
	c := container{t, "kitebot-image-test"}
	volume := c.name + "-data"
	args := []string{"create", "--name", c.name, "--network", "host", "-v", volume + ":/data",
		"--read-only", "--read-only-tmpfs=false", "--cap-drop", "all", "--security-opt", "no-new-privileges",
		"--memory", "256m", "--pids-limit", "128"}
	for name, text := range map[string]string{
		"TELEGRAM_BOT_TOKEN": token,
		"STORE_KEY":          "bWFkZS11cC1rZXktZm9yLXRoZS1pbWFnZS10ZXN0ISE=",
	} {
		inside := "/run/secrets/" + strings.ToLower(name)
		args = append(args, "-v", secretFile(t, text)+":"+inside+":ro", "-e", name+"_FILE="+inside)
	}
	for name, value := range map[string]string{
		"TELEGRAM_API_URL": tgURL, "KITE_MCP_URL": kiteURL + "/sse", "KITE_LOGIN_HOSTS": "127.0.0.1",
		"ALLOWED_USERS": "*", "HTTP_ADDR": freeAddr(t),
	} {
		args = append(args, "-e", name+"="+value)
	}
	t.Cleanup(func() {
		_ = exec.Command("podman", "rm", "-f", c.name).Run()
		_ = exec.Command("podman", "volume", "rm", "-f", volume).Run()
	})
	c.podman(append(args, image)...)
	return c
}

// secretFile is readable by everybody, since the bot is somebody else in its
// container; the folder above it is not.
func secretFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "secret")
	if err := errors.Join(os.WriteFile(name, []byte(text+"\n"), 0o444), os.Chmod(name, 0o444)); err != nil {
		t.Fatal(err)
	}
	return name
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

// podman runs a command of the engine and returns what it printed.
func (c container) podman(args ...string) string {
	c.t.Helper()
	out, err := exec.CommandContext(c.t.Context(), "podman", args...).CombinedOutput()
	if err != nil {
		c.t.Fatalf("podman %s: %v\n%s", args[0], err, out)
	}
	return strings.TrimSpace(string(out))
}

// phone is somebody's chat with the bot.
type phone struct {
	*simtg.Person
	t *testing.T
	c container
}

// ask sends a command and returns the first answer that contains text.
func (p phone) ask(command, text string) simtg.Message {
	p.t.Helper()
	from := p.Last().ID
	p.Send(command)
	return p.waitFor(from, text)
}

// waitFor waits for a message of the bot after `from` that contains text.
func (p phone) waitFor(from int64, text string) simtg.Message {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	var found simtg.Message
	err := p.Wait(ctx, func(chat []simtg.Message) bool {
		for _, m := range chat {
			if m.FromBot && m.ID > from && strings.Contains(m.Text, text) {
				found = m
				return true
			}
		}
		return false
	})
	if err != nil {
		p.t.Fatalf("no message with %q: %v\nlog:\n%s", text, err, p.c.podman("logs", p.c.name))
	}
	return found
}
