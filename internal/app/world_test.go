package app_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"kitebot/internal/app"
	simkite "kitebot/internal/sim/kite"
	simtg "kitebot/internal/sim/telegram"
)

// childEnv makes the test binary behave as the bot itself: a process of its
// own that a test can kill.
const childEnv = "KITEBOT_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		os.Exit(child())
	}
	goleak.VerifyTestMain(m)
}

const token = "1000001:test-token-test-token-test-token-00"

// The people of these tests, and the accounts they log in to.
const (
	asha, ashaUser = 11, "MK4021"
	ravi, raviUser = 22, "AD7730"
)

// patience is how long a test waits for what must come; it bounds a failure,
// not a success.
const patience = 30 * time.Second

// world is the whole program: the real bot over both simulators, on loopback,
// with a real file.
type world struct {
	t     *testing.T
	kite  *simkite.Server
	tg    *simtg.Server
	kiteU string
	tgURL string
	store string

	mu   sync.Mutex
	logs bytes.Buffer
	stop func() error // ends the bot that runs; nil when none does
}

func (w *world) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.logs.Write(p)
}

func newWorld(t *testing.T, o simkite.Options) *world {
	t.Helper()
	w := &world{
		t: t, kite: simkite.New(o), tg: simtg.New(simtg.Options{Token: token}),
		store: filepath.Join(t.TempDir(), "bot.db"),
	}
	w.kiteU = serve(t, w.kite, w.kite.Close)
	w.tgURL = serve(t, w.tg, w.tg.Close)
	w.kite.SetBaseURL(w.kiteU)
	t.Cleanup(w.check)
	return w
}

func serve(t *testing.T, h http.Handler, closeAll func()) string {
	s := httptest.NewServer(h)
	t.Cleanup(func() { closeAll(); s.CloseClientConnections(); s.Close() })
	return s.URL
}

// config is what an operator would set.
func (w *world) config() app.Config {
	w.t.Helper()
	c, err := app.Load(app.Env{ReadFile: os.ReadFile, Lookup: func(name string) (string, bool) {
		v, ok := w.env()[name]
		return v, ok
	}})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *world) env() map[string]string {
	return map[string]string{
		"TELEGRAM_BOT_TOKEN": token, "TELEGRAM_API_URL": w.tgURL,
		"KITE_MCP_URL": w.kiteU + "/sse", "KITE_LOGIN_HOSTS": "127.0.0.1",
		"ALLOWED_USERS": "*", "STORE_PATH": w.store, "HTTP_ADDR": "off", "USER_RATE": "off",
	}
}

// start runs the bot in this process until stop, or the end of the test.
func (w *world) start() {
	w.t.Helper()
	w.startWith(w.config())
}

func (w *world) startWith(c app.Config) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended, ready := make(chan error, 1), make(chan struct{})
	go func() {
		ended <- app.Run(ctx, c, app.Options{
			Logger: slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug})),
			Ready:  func() { close(ready) },
		})
	}()
	w.stop = func() error { cancel(); w.stop = nil; return <-ended }
	select {
	case <-ready:
	case err := <-ended:
		cancel()
		w.t.Fatalf("the bot did not start: %v", err)
	}
}

// restart stops the bot as SIGTERM does and starts it again.
func (w *world) restart() {
	w.t.Helper()
	w.end()
	w.start()
}

func (w *world) end() {
	w.t.Helper()
	if w.stop == nil {
		return
	}
	if err := w.stop(); err != nil {
		w.t.Errorf("the bot ended with: %v", err)
	}
}

// check is what every test ends with: nothing improper was sent to either far
// end, and no secret is in any log.
func (w *world) check() {
	w.end()
	for _, v := range w.kite.Violations() {
		w.t.Errorf("towards Kite: %s", v)
	}
	for _, v := range w.tg.Violations() {
		w.t.Errorf("towards Telegram: %s", v)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	logs := w.logs.String()
	secrets := append(w.kite.Links(), token, "connect/login", "redirect_params")
	for _, s := range w.kite.Sessions() {
		secrets = append(secrets, s.ID)
	}
	for _, secret := range secrets {
		if strings.Contains(logs, secret) {
			w.t.Errorf("a secret is in the log: %s", secret)
		}
	}
}

// person is somebody with a phone and a browser.
type person struct {
	*simtg.Person
	w *world
}

func (w *world) person(id int64, name string) person { return person{w.tg.Person(id, name), w} }

// waitFor waits for a message of the bot, from number `from` on, that satisfies want.
func (p person) waitFor(from int, what string, want func(simtg.Message) bool) simtg.Message {
	p.w.t.Helper()
	ctx, cancel := context.WithTimeout(p.w.t.Context(), patience)
	defer cancel()
	var found simtg.Message
	err := p.Wait(ctx, func(chat []simtg.Message) bool {
		for _, m := range chat {
			if m.FromBot && int(m.ID) > from && want(m) {
				found = m
				return true
			}
		}
		return false
	})
	if err != nil {
		p.w.t.Fatalf("no message with %s: %v\nlog:\n%s", what, err, p.w.logText())
	}
	return found
}

func (w *world) logText() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.logs.String()
}

func (p person) waitText(from int, text string) simtg.Message {
	p.w.t.Helper()
	return p.waitFor(from, text, func(m simtg.Message) bool { return strings.Contains(m.Text, text) })
}

// ask sends a command and returns the first answer that contains text.
func (p person) ask(command, text string) simtg.Message {
	p.w.t.Helper()
	from := int(p.Last().ID)
	p.Send(command)
	return p.waitText(from, text)
}

// press presses the button of a message with this label.
func (p person) press(m simtg.Message, label string) {
	p.w.t.Helper()
	b, ok := m.Button(label)
	if !ok {
		p.w.t.Fatalf("message %s has no button %q", m, label)
	}
	if _, err := p.Press(m.ID, b.Data); err != nil {
		p.w.t.Fatal(err)
	}
}

// browse follows the login link of a message and logs in to an account.
func (p person) browse(m simtg.Message, user string) {
	p.w.t.Helper()
	b, ok := m.Button("Log in to Kite")
	if !ok || b.URL == "" {
		p.w.t.Fatalf("message %s has no login link", m)
	}
	if status, body := p.w.kite.CompleteLogin(p.w.t.Context(), b.URL, user); status != http.StatusOK {
		p.w.t.Fatalf("login page: %d %s", status, body)
	}
}

// login logs a person in, by the Done button.
func (p person) login(user string) {
	p.w.t.Helper()
	m := p.ask("/login", "Log in to Kite")
	p.browse(m, user)
	p.press(m, "Done")
	p.waitFor(int(m.ID)-1, "Logged in as", func(m simtg.Message) bool { return strings.Contains(m.Text, "("+user+")") })
}
