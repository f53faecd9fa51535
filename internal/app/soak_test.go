package app_test

import (
	"bytes"
	"cmp"
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kitebot/internal/app"
	simkite "kitebot/internal/sim/kite"
	"kitebot/internal/sim/kite/sample"
	simtg "kitebot/internal/sim/telegram"
)

// The soaks run in a short form with every test. KITEBOT_SOAK, a duration,
// asks for the long form of that length; KITEBOT_SOAK_SEED replays the dice of
// a run, which prints its seed. What runs side by side still runs as it likes.
func soakFor(t *testing.T, short time.Duration) (lasts time.Duration, long bool) {
	t.Helper()
	text := os.Getenv("KITEBOT_SOAK")
	if text == "" {
		return short, false
	}
	lasts, err := time.ParseDuration(text)
	if err != nil || lasts <= 0 {
		t.Fatalf("KITEBOT_SOAK=%q is no duration like 1m", text)
	}
	return lasts, true
}

func soakSeed(t *testing.T) uint64 {
	t.Helper()
	text := cmp.Or(os.Getenv("KITEBOT_SOAK_SEED"), strconv.FormatUint(rand.Uint64(), 10))
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("KITEBOT_SOAK_SEED=%q is no number", text)
	}
	t.Logf("replay with KITEBOT_SOAK_SEED=%d", seed)
	return seed
}

// firstSeed is the first person's: from here on no figure of an account is so
// small that it could stand for something else.
const firstSeed = 101

// soak is a Kite with an account for each person, and the bots over
// it. Unlike system it reads along: see recorder.
type soak struct {
	t       *testing.T
	seed    uint64
	kite    *simkite.Server
	kiteURL string
	clock   *shiftedClock
	spare   []string // Kite users who are nobody's here
	persons []*soakPerson
	bots    []*soakBot
	owners  owners
	logs    logWatch

	happened map[string]int // what went wrong, and how often
}

// newStage makes a Kite for so many people, each with so many holdings, and for
// a few more Kite users.
func newSoak(t *testing.T, people, holdings int) *soak {
	t.Helper()
	const spare = 5
	st := &soak{t: t, seed: soakSeed(t), clock: &shiftedClock{}}
	var accounts []sample.Account
	for i := range people + spare {
		accounts = append(accounts, sample.Generate(int64(firstSeed+i), holdings))
	}
	for _, a := range accounts[people:] {
		st.spare = append(st.spare, a.UserID())
	}
	st.owners = ownersOf(t, accounts)
	st.kite = simkite.New(simkite.Options{Accounts: accounts, Now: st.clock.Now})
	var err error
	if st.logs.file, err = os.Create(filepath.Join(t.ArtifactDir(), "bot.log")); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(st.kite)
	t.Cleanup(func() { st.kite.Close(); server.CloseClientConnections(); server.Close() })
	st.kiteURL = server.URL
	st.kite.SetBaseURL(server.URL)
	t.Cleanup(st.check)
	return st
}

// shiftedClock can be put forward, for the bots and both far ends at once. Timers run
// as they would.
type shiftedClock struct{ ahead atomic.Int64 }

func (c *shiftedClock) Now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// people lets n more people in, who talk to b.
func (st *soak) people(b *soakBot, n, holdings int) {
	for range n {
		seed := int64(firstSeed + len(st.persons))
		p := newSoakPerson(b, seed, sample.Generate(seed, holdings))
		st.persons = append(st.persons, p)
		b.recorder.chats[p.ID] = p.chat
	}
}

// check is what a soak ends with, as system.check.
func (st *soak) check() {
	for _, v := range st.kite.Violations() {
		st.t.Errorf("towards Kite: %s", v)
	}
	for _, b := range st.bots {
		for _, v := range b.tg.Violations() {
			st.t.Errorf("towards Telegram: %s", v)
		}
	}
	st.logs.check(st.t)
}

// soakBot is one bot of a stage, with a Telegram and a file of its own.
type soakBot struct {
	st       *soak
	tg       *simtg.Server
	recorder *recorder
	env      map[string]string
	stop     func() error // ends the bot that runs in this process
}

// bot makes a bot that reaches Kite by a path: "/sse" or "/mcp". It does not run yet.
func (st *soak) bot(path string) *soakBot {
	b := &soakBot{st: st, tg: simtg.New(simtg.Options{Token: token, Now: st.clock.Now})}
	b.recorder = &recorder{t: st.t, sim: b.tg, owners: st.owners, chats: map[int64]*chatLog{}}
	server := httptest.NewServer(b.recorder)
	st.t.Cleanup(func() { b.tg.Close(); server.CloseClientConnections(); server.Close() })
	b.env = map[string]string{
		"TELEGRAM_BOT_TOKEN": token, "TELEGRAM_API_URL": server.URL,
		"KITE_MCP_URL": st.kiteURL + path, "ALLOWED_USERS": "*",
		"STORE_PATH": filepath.Join(st.t.TempDir(), "bot.db"), "HTTP_ADDR": "off", "USER_RATE": "off", "SEND_RATE": "off", "LOG_LEVEL": "debug",
	}
	st.bots = append(st.bots, b)
	return b
}

// start runs the bot in this process until stop, or the end of the test.
func (b *soakBot) start() error {
	c, err := app.Load(app.Env{ReadFile: os.ReadFile, Lookup: func(name string) (string, bool) {
		v, ok := b.env[name]
		return v, ok
	}})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended, ready := make(chan error, 1), make(chan struct{})
	go func() {
		ended <- app.Run(ctx, c, app.Options{
			Logger: slog.New(slog.NewTextHandler(&b.st.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
			Now:    b.st.clock.Now,
			Ready:  func() { close(ready) },
		})
	}()
	b.stop = sync.OnceValue(func() error { cancel(); return <-ended })
	b.st.t.Cleanup(func() { _ = b.stop() })
	select {
	case <-ready:
		return nil
	case err := <-ended:
		ended <- err
		return err
	}
}

// logWatch reads a log as it is written and keeps what must not stand in it. It
// looks for more than the secrets of this run: nothing of that form may be there.
type logWatch struct {
	file *os.File // kept by go test -artifacts

	mu     sync.Mutex
	rest   []byte // the last line, as far as it came
	lines  int
	wrong  []string
	latest []string // the last few lines, to show where a test failed
}

// A session id is a UUID, with or without a prefix, and a login link has one inside.
var secretForm = regexp.MustCompile(`(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|connect/login|/authorize|redirect_params|session_id\b|` + regexp.QuoteMeta(token))

func (l *logWatch) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.file.Write(p); err != nil {
		return 0, err
	}
	l.rest = append(l.rest, p...)
	for {
		line, rest, whole := bytes.Cut(l.rest, []byte("\n"))
		if !whole {
			return len(p), nil
		}
		l.line(string(line))
		l.rest = bytes.Clone(rest)
	}
}

func (l *logWatch) line(line string) {
	const keep = 60
	l.lines++
	if secretForm.MatchString(line) || strings.Contains(line, "panic") {
		l.wrong = append(l.wrong, line)
	}
	if l.latest = append(l.latest, line); len(l.latest) > keep {
		l.latest = l.latest[1:]
	}
}

func (l *logWatch) check(t *testing.T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lines == 0 {
		t.Error("there is no log to look through")
	}
	if err := l.file.Close(); err != nil {
		t.Error(err)
	}
	for _, line := range l.wrong {
		t.Errorf("in the log: %s", line)
	}
	if t.Failed() {
		t.Logf("the log's end:\n%s", strings.Join(l.latest, "\n"))
	}
}
