package app_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
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

// dialFunc makes connections.
type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// world is the whole program: the real bot over both simulators, on loopback,
// with a real file.
type world struct {
	t     *testing.T
	kite  *simkite.Server
	tg    *simtg.Server
	kiteU string
	tgURL string
	store string
	token string // the bot's, at Telegram
	// plugIn gives each run of the bot its way into a network; nil for loopback.
	plugIn func() dialFunc

	logs logbook
	stop func() error // ends the bot that runs, and says how it ended; nil when none does
}

func newWorld(t *testing.T, o simkite.Options) *world {
	t.Helper()
	return newWorldWith(t, o, simtg.Options{Token: token})
}

func newWorldWith(t *testing.T, o simkite.Options, tg simtg.Options) *world {
	t.Helper()
	w := &world{
		t: t, kite: simkite.New(o), tg: simtg.New(tg),
		store: filepath.Join(t.TempDir(), "bot.db"), token: token,
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
		"TELEGRAM_BOT_TOKEN": w.token, "TELEGRAM_API_URL": w.tgURL,
		"KITE_MCP_URL":  w.kiteU + "/sse",
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
	var dial dialFunc
	if w.plugIn != nil {
		dial = w.plugIn()
	}
	ctx, cancel := context.WithCancel(context.Background())
	var err error
	ended, ready := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		err = app.Run(ctx, c, app.Options{
			Logger: slog.New(slog.NewTextHandler(&w.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
			Ready:  func() { close(ready) },
			Dial:   dial,
		})
	}()
	w.stop = func() error { cancel(); <-ended; return err }
	select {
	case <-ready:
	case <-ended:
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
	w.stop = nil
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
	logs := w.logText()
	secrets := append(w.kite.LoginLinks(), token, w.token, "connect/login", "redirect_params", "/authorize?")
	for _, s := range w.kite.Sessions() {
		secrets = append(secrets, s.ID)
	}
	for _, secret := range secrets {
		if strings.Contains(logs, secret) {
			w.t.Errorf("a secret is in the log: %s", secret)
		}
	}
}
