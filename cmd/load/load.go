package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// load is one run of this program: the far ends, what is measured, and the
// rows that came of it.
type load struct {
	options
	*far
	folder   string
	key      []byte // of every store
	children []*child
	rows     []row
}

func newLoad(o options) (*load, error) {
	folder, err := os.MkdirTemp("", "kitebot-load-")
	if err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	l := &load{options: o, folder: folder, key: make([]byte, 32)}
	_, _ = rand.Read(l.key) // never fails
	if l.far, err = newFar(o.holdings); err == nil {
		cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: l.kite.server.Certificate().Raw}) // Telegram's end has the same
		err = os.WriteFile(l.certFile(), cert, 0o600)
	}
	if err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

// certFile holds the certificate of the far ends. The measured processes trust
// that one alone, so that they speak TLS as they do in production.
func (l *load) certFile() string { return filepath.Join(l.folder, "ca.pem") }

// close ends what still runs, and removes everything that was written.
func (l *load) close() {
	for _, c := range l.children {
		_ = c.stop() // it was stopped where that matters
	}
	l.kite.off()
	l.telegram.off()
	_ = os.RemoveAll(l.folder)
}

// token is the bot's: a made-up one.
const token = "1000001:load-load-load-load-load-load-load"

// env is what every child is told: the settings of a bot, and where the far ends
// are for the others.
func (l *load) env() []string {
	return []string{
		"SSL_CERT_FILE=" + l.certFile(), "SSL_CERT_DIR=" + filepath.Join(l.folder, "none"), // every file of a folder would be read
		"TELEGRAM_BOT_TOKEN=" + token, "TELEGRAM_API_URL=https://" + l.telegram.addr,
		"KITE_MCP_URL=https://" + l.kite.addr + "/sse", "KITE_LOGIN_HOSTS=kite.example",
		"ALLOWED_USERS=*", "USER_RATE=off", "SEND_RATE=off", "HTTP_ADDR=off", "STORE_KEY=" + base64.StdEncoding.EncodeToString(l.key),
		kiteEnv + "=https://" + l.kite.addr, telegramEnv + "=https://" + l.telegram.addr + "/bot" + token,
	}
}

// noon is when the bot's clock begins: in the middle of an Indian morning, so
// that no login is near its end whenever this is run.
func noon() time.Time {
	now := time.Now().UTC()
	return time.Date(now.Year(), now.Month(), now.Day(), 5, 0, 0, 0, time.UTC)
}

// forever has no session parked.
const forever = time.Duration(-1)

// running is a bot that polls.
type running struct {
	*child
	*load
	toPoll time.Duration // from its start to its first poll
}

// startBot starts the bot over a store, "" for a new one, with its clock so long
// after noon, and waits for its first poll.
func (l *load) startBot(ctx context.Context, store string, idle, after time.Duration) (*running, error) {
	clock := strconv.FormatInt(noon().Add(after).Unix(), 10)
	return l.awaitPoll(ctx, store, func(env []string) (*child, error) {
		return l.startChild(botRole, append(env, clockEnv+"="+clock, idleEnv+"="+idle.String())...)
	})
}

// awaitPoll starts something that polls.
func (l *load) awaitPoll(ctx context.Context, store string, start func(env []string) (*child, error)) (*running, error) {
	if store == "" {
		store = filepath.Join(l.folder, rand.Text()+".db")
	}
	l.polling.Store(false)
	c, err := start([]string{"STORE_PATH=" + store})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	select {
	case at := <-l.polls:
		return &running{child: c, load: l, toPoll: at.Sub(c.began)}, nil
	case <-ctx.Done():
		return nil, errors.Join(fmt.Errorf("%s does not poll: %s", c.name, lastLine(c.log)), c.stop())
	}
}

// linksDie is more than a login link lives.
const linksDie = 40 * time.Minute

// warm has all people ask once, a few at a time. Kite is not asked for those who
// could not log in: that is an error.
func (r *running) warm(ctx context.Context, people []*person) error {
	before := r.counts().holdings
	err := r.ask(ctx, people, loginsAtOnce)
	if n := r.counts().holdings - before; err == nil && n < int64(len(people)) {
		err = fmt.Errorf("of %[2]d people Kite was asked for %[1]d only", n, len(people))
	}
	return err
}

func (r *running) moveClock(ctx context.Context, by time.Duration, speed float64) error {
	ask := url.Values{"by": {by.String()}, "speed": {strconv.FormatFloat(speed, 'f', -1, 64)}}
	return r.get(ctx, "/clock?"+ask.Encode(), new(time.Time))
}

// freshFor is how long the bot gives an answer again, and a little more.
const freshFor = 3200 * time.Millisecond

// atPace makes the bot's clock so fast that every answer is old when its person
// asks again, after a real time.
func (r *running) atPace(ctx context.Context, again time.Duration) error {
	return r.moveClock(ctx, freshFor, max(1, ratio(freshFor, again)))
}

// over measures how long something takes, and the processor time of a process
// meanwhile.
func over(c *child, do func() error) (cpu, took time.Duration, err error) {
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
