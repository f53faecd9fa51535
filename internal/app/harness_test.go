package app_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
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

// dialFunc makes connections.
type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// system is the whole program: the real bot over both simulators, on loopback,
// with a real file.
type system struct {
	t     *testing.T
	kite  *simkite.Server
	tg    *simtg.Server
	kiteU string
	tgURL string
	store string
	token string // the bot's, at Telegram
	// plugIn gives each run of the bot its way into a network; nil for loopback.
	dialer func() dialFunc
	// listen takes an address for the bot; nil for loopback.
	listen func(address string) (net.Listener, error)

	logs logbook
	stop func() error // ends the bot that runs, and says how it ended; nil when none does
}

func newSystem(t *testing.T, o simkite.Options) *system {
	t.Helper()
	return newSystemWith(t, o, simtg.Options{Token: token})
}

func newSystemWith(t *testing.T, o simkite.Options, tg simtg.Options) *system {
	t.Helper()
	w := &system{
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
func (w *system) config() app.Config {
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

func (w *system) env() map[string]string {
	return map[string]string{
		"TELEGRAM_BOT_TOKEN": w.token, "TELEGRAM_API_URL": w.tgURL,
		"KITE_MCP_URL":  w.kiteU + "/sse",
		"ALLOWED_USERS": "*", "STORE_PATH": w.store, "HTTP_ADDR": "off", "USER_RATE": "off",
	}
}

// start runs the bot in this process until stop, or the end of the test.
func (w *system) start() {
	w.t.Helper()
	w.startWith(w.config())
}

func (w *system) startWith(c app.Config) {
	w.t.Helper()
	var dial dialFunc
	if w.dialer != nil {
		dial = w.dialer()
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
			Listen: w.listen,
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
func (w *system) restart() {
	w.t.Helper()
	w.end()
	w.start()
}

func (w *system) end() {
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
func (w *system) check() {
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

// person is a user with a phone and a browser.
type person struct {
	*simtg.User
	w *system
}

func (w *system) person(id int64, name string) person { return person{w.tg.User(id, name), w} }

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

// logbook is a log that a test reads, and can wait in for a line.
type logbook struct {
	mu    sync.Mutex
	text  bytes.Buffer
	more  chan struct{} // closed when there is more; nil while no one waits
	first func(line []byte)
}

func (l *logbook) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.first != nil {
		l.first(line)
	}
	if l.more != nil {
		close(l.more)
		l.more = nil
	}
	return l.text.Write(line)
}

// watch lets f see each further line before it is kept; nil ends that.
func (l *logbook) watch(f func(line []byte)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.first = f
}

// forget drops what came after the first n bytes.
func (l *logbook) forget(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Truncate(n)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// wait returns once the log holds a text.
func (l *logbook) wait(t *testing.T, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		all, more := l.now()
		if strings.Contains(all, text) {
			return
		}
		select {
		case <-more:
		case <-ctx.Done():
			t.Fatalf("the log never says %q:\n%s", text, all)
		}
	}
}

func (l *logbook) now() (text string, more <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.more == nil {
		l.more = make(chan struct{})
	}
	return l.text.String(), l.more
}

func (w *system) logText() string { return w.logs.String() }
