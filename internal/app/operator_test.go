package app_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kitebot/internal/app"
	"kitebot/internal/clock"
	simtg "kitebot/internal/sim/telegram"
)

// readyz asks the bot of bot.db over its socket.
func readyz(t *testing.T) (status int, text string) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", "bot.db.sock")
	}}}
	resp, err := client.Get("http://socket/readyz")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// jumping is the real clock, but for a time that can be skipped.
type jumping struct {
	clock.Clock
	skipped atomic.Int64 // ns
}

func (j *jumping) skip(d time.Duration)            { j.skipped.Add(int64(d)) }
func (j *jumping) Now() time.Time                  { return j.Clock.Now().Add(time.Duration(j.skipped.Load())) }
func (j *jumping) Since(t time.Time) time.Duration { return j.Now().Sub(t) }
func (j *jumping) Until(t time.Time) time.Duration { return t.Sub(j.Now()) }

// run starts a bot in this process; the returned func stops it.
func (w *world) run(c app.Config, now clock.Clock, log io.Writer) (stop func()) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended, ready := make(chan error, 1), make(chan struct{})
	go func() {
		ended <- app.Run(ctx, c, app.Options{Clock: now, Logger: slog.New(slog.NewTextHandler(log, nil)), Ready: func() { close(ready) }})
	}()
	select {
	case <-ready:
	case err := <-ended:
		cancel()
		w.t.Fatalf("the bot did not start: %v", err)
	}
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			w.t.Errorf("the bot ended with: %v", err)
		}
	})
	w.t.Cleanup(stop)
	return stop
}

// A second bot with the same token: both say it loudly, once, and /readyz shows
// it. When the other has been gone for a while, the one that is left says that it is
// well again.
func TestSecondInstance(t *testing.T) {
	const loud, over = "somebody else takes this bot's updates", "updates come in again"
	w := newWorldHere(t)
	first, second := new(logbook), new(logbook)
	later := &jumping{Clock: clock.Real()}
	w.run(w.config(), later, first)
	p := w.person(asha, "Asha")
	p.ask("/help", "What I can do")
	if status, text := readyz(t); status != http.StatusOK {
		t.Errorf("alone: %d %s", status, text)
	}
	c := w.config()
	c.StorePath = "second.db"
	stop := w.run(c, clock.Real(), second)
	first.wait(t, loud)
	second.wait(t, loud)
	status, text := readyz(t)
	if status != http.StatusServiceUnavailable || !strings.Contains(text, "telegram: another instance of this bot takes the updates") {
		t.Errorf("with another: %d %s", status, text)
	}
	stop()
	p.ask("/help", "What I can do")
	later.skip(time.Hour)
	p.ask("/help", "What I can do")
	first.wait(t, over)
	if status, text := readyz(t); status != http.StatusOK {
		t.Errorf("alone again: %d %s", status, text)
	}
	log := first.String()
	if n := strings.Count(log, loud); n != 1 || strings.Count(log, "level=ERROR") != 1 {
		t.Errorf("%d loud lines:\n%s", n, log)
	}
}

// A token that is revoked while the bot runs ends the process with exit code 1
// and a line that names the setting. What a person asked meanwhile is answered
// once there is a good token again.
func TestTokenRevokedInTheMiddle(t *testing.T) {
	w := newWorldHere(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), childEnv+"=1")
	for name, value := range w.env() {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := w.person(asha, "Asha")
	p.ask("/help", "What I can do")
	from := int(p.Last().ID)
	w.tg.Inject(simtg.Fault{Status: http.StatusUnauthorized, Description: "Unauthorized", Times: -1})
	p.Send("/status")
	err = cmd.Wait()
	log := strings.TrimSpace(out.String())
	if code := cmd.ProcessState.ExitCode(); code != 1 {
		t.Errorf("exit code %d, %v", code, err)
	}
	last := log[strings.LastIndex(log, "\n")+1:]
	if !strings.HasPrefix(last, "bot: TELEGRAM_BOT_TOKEN: Telegram does not accept it") || strings.Contains(log, token) {
		t.Errorf("it ended with %q; all of it:\n%s", last, log)
	}
	if _, err := os.Lstat("bot.db.sock"); err == nil {
		t.Error("the socket outlives the bot")
	}
	w.tg.ClearFaults()
	w.start()
	p.waitText(from, "Not logged in")
}
