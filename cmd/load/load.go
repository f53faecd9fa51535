package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"log"
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
	key      string // of every store
	children []*child
	rows     []row
}

func newLoad(o options) (*load, error) {
	folder, err := os.MkdirTemp("", "kitebot-load-")
	if err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	l := &load{options: o, folder: folder, key: base64.StdEncoding.EncodeToString(key)}
	cert, err := makeCert(l.certFile())
	if err == nil {
		l.far = newFar(cert, o.holdings)
		err = errors.Join(l.kite.on(), l.telegram.on())
	}
	if err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

func (l *load) certFile() string { return filepath.Join(l.folder, "ca.pem") }

// close ends what still runs, and removes everything that was written.
func (l *load) close() {
	for _, c := range l.children {
		_ = c.stop() // it was stopped where that matters
	}
	if l.far != nil && l.kite.server != nil && l.telegram.server != nil {
		l.kite.off()
		l.telegram.off()
	}
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
		"ALLOWED_USERS=*", "USER_RATE=off", "SEND_RATE=off", "HTTP_ADDR=off", "STORE_KEY=" + l.key,
		kiteEnv + "=https://" + l.kite.addr, telegramEnv + "=https://" + l.telegram.addr + "/bot" + token,
	}
}

// noon is when the bot's clock begins: in the middle of an Indian morning, so
// that no login is near its end whenever this is run.
func noon() time.Time {
	now := time.Now().UTC()
	return time.Date(now.Year(), now.Month(), now.Day(), 5, 0, 0, 0, time.UTC)
}

func clockAt(t time.Time) string { return clockEnv + "=" + strconv.FormatInt(t.Unix(), 10) }

// forever has no session parked.
const forever = time.Duration(-1)

// running is a bot that polls.
type running struct {
	*child
	*load
	toPoll time.Duration // from its start to its first poll
}

// busyLogins is how many questions a second the bot may ask on its own where very
// many people log in within seconds: with the few of every day it would look after
// their logins for the rest of the hour.
const busyLogins = "1000"

// startBot starts the bot over a store, "" for a new one, and waits for its
// first poll. Its clock begins at noon; env may say otherwise.
func (l *load) startBot(ctx context.Context, store string, idle time.Duration, env ...string) (*running, error) {
	env = append([]string{clockAt(noon()), idleEnv + "=" + idle.String(), quietEnv + "=" + busyLogins}, env...)
	return l.awaitPoll(ctx, store, env, func(env []string) (*child, error) { return l.startChild(botRole, env...) })
}

// awaitPoll starts something that polls.
func (l *load) awaitPoll(ctx context.Context, store string, env []string, start func(env []string) (*child, error)) (*running, error) {
	if store == "" {
		store = filepath.Join(l.folder, rand.Text()+".db")
	}
	l.polling.Store(false)
	c, err := start(append(env, "STORE_PATH="+store))
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

// warm has everybody ask once, a few at a time. Who could not log in is noticed
// by it: Kite is not asked for them.
func (r *running) warm(ctx context.Context, people []*person) error {
	before := r.counts()
	err := r.each(ctx, people, loginsAtOnce, func(p *person) { r.say(p, holdingsCommand) }, func(answer) bool { return true })
	if n := r.counts().since(before).holdings; err == nil && n < int64(len(people)) {
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

// atPace makes the bot's clock so fast that everybody's answer is old when they
// ask again, after a real time.
func (r *running) atPace(ctx context.Context, again time.Duration) error {
	return r.moveClock(ctx, freshFor, max(1, ratio(freshFor, again)))
}

// span measures a process, and what the far ends saw, over a time.
type span struct {
	counts
	cpu  time.Duration
	took time.Duration
}

func (l *load) over(c *child, do func() error) (span, error) {
	before, err := c.usage()
	if err != nil {
		return span{}, err
	}
	seen, began := l.counts(), time.Now()
	if err := do(); err != nil {
		return span{}, err
	}
	took := time.Since(began)
	after, err := c.usage()
	return span{counts: l.counts().since(seen), cpu: after.cpu - before.cpu, took: took}, err
}

// limited bounds a step of the measurement.
func limited(ctx context.Context, most time.Duration, what string, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	log.Print(what)
	if err := do(ctx); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
