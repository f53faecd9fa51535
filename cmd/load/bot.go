package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"kitebot/internal/app"
	"kitebot/internal/kite/session"
)

// Environment variables of the bot in addition to its settings.
const (
	clockEnv = "LOAD_CLOCK" // the Unix second that its clock begins at
	idleEnv  = "LOAD_IDLE"  // how long a stream may idle before it is parked
)

// busyLogins is how many questions a second the bot may ask on its own. As it is shipped it would look after very many
// logins within seconds for the rest of the hour.
const busyLogins = 1000

// bot runs the bot as it is shipped, with a debug address and a clock of ours.
func bot(ctx context.Context) error {
	c, err := app.Load(app.OSEnv())
	if err != nil {
		return err
	}
	at, err1 := strconv.ParseInt(os.Getenv(clockEnv), 10, 64)
	idle, err2 := time.ParseDuration(os.Getenv(idleEnv))
	if err := errors.Join(err1, err2); err != nil {
		return fmt.Errorf("%s, %s: %w", clockEnv, idleEnv, err)
	}
	timing := session.DefaultTiming()
	timing.Idle, timing.BackgroundRate = idle, busyLogins
	now := newFastClock(time.Unix(at, 0))
	stop := serveDebug("/clock", func(w http.ResponseWriter, r *http.Request) {
		by, err1 := time.ParseDuration(r.FormValue("by"))
		speed, err2 := strconv.ParseFloat(r.FormValue("speed"), 64)
		now.move(by, speed)
		writeJSON(w, now.Now(), errors.Join(err1, err2))
	})
	defer stop()
	return app.Run(ctx, c, app.Options{Logger: app.NewLogger(os.Stderr, c), Now: now.Now, Timing: timing})
}

// fastClock is the real clock with another time of day, which can be moved on and made to run faster. Timers do not
// follow it.
//
// It serves two ends. A login link can be finished for 36 minutes, and as long asks each command who is logged in
// besides; that is not what a day is like. And an answer that is younger than three seconds is given again, so that
// few users who ask all the time would not reach Kite at all.
type fastClock struct {
	mu    sync.Mutex
	since time.Time // the real moment at which it showed
	shown time.Time
	speed float64
}

func newFastClock(shown time.Time) *fastClock {
	return &fastClock{since: time.Now(), shown: shown, speed: 1}
}

// Now is the moment that the clock shows.
func (c *fastClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *fastClock) now() time.Time {
	return c.shown.Add(time.Duration(c.speed * float64(time.Since(c.since))))
}

// move moves the clock on and sets its speed.
func (c *fastClock) move(by time.Duration, speed float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shown, c.since, c.speed = c.now().Add(by), time.Now(), speed
}

// startOfClock is when the bot's clock begins: in the middle of an Indian morning, so that no login is near its end
// whenever this is run.
func startOfClock() time.Time {
	now := time.Now().UTC()
	return time.Date(now.Year(), now.Month(), now.Day(), 5, 0, 0, 0, time.UTC)
}

// neverPark has no session parked.
const neverPark = time.Duration(-1)

// runningBot is a bot that polls.
type runningBot struct {
	*child
	*load
	toPoll time.Duration // from its start to its first poll
}

// startBot starts the bot over a store, "" for a new one, with its clock so long after noon, and waits for its first
// poll.
func (l *load) startBot(ctx context.Context, store string, idle, after time.Duration) (*runningBot, error) {
	clock := strconv.FormatInt(startOfClock().Add(after).Unix(), 10)
	return l.awaitPoll(ctx, store, func(env []string) (*child, error) {
		return l.startChild(botRole, append(env, clockEnv+"="+clock, idleEnv+"="+idle.String())...)
	})
}

// awaitPoll starts something that polls.
func (l *load) awaitPoll(ctx context.Context, store string, start func(env []string) (*child, error)) (*runningBot, error) {
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
		return &runningBot{child: c, load: l, toPoll: at.Sub(c.began)}, nil
	case <-ctx.Done():
		return nil, errors.Join(fmt.Errorf("%s does not poll: %s", c.name, lastLine(c.log)), c.stop())
	}
}

// linkExpiry is more than a login link lives.
const linkExpiry = 40 * time.Minute

// warmUp has all users ask once, a few at a time. Kite is not asked for those who could not log in: that is an error.
func (r *runningBot) warmUp(ctx context.Context, people []*user) error {
	before := r.counts().holdings
	err := r.askOnce(ctx, people, loginsAtOnce)
	if n := r.counts().holdings - before; err == nil && n < int64(len(people)) {
		err = fmt.Errorf("asked Kite for %[1]d of %[2]d users only", n, len(people))
	}
	return err
}

func (r *runningBot) moveClock(ctx context.Context, by time.Duration, speed float64) error {
	ask := url.Values{"by": {by.String()}, "speed": {strconv.FormatFloat(speed, 'f', -1, 64)}}
	return r.get(ctx, "/clock?"+ask.Encode(), new(time.Time))
}

// freshFor is how long the bot gives an answer again, and a little more.
const freshFor = 3200 * time.Millisecond

// atPace makes the bot's clock so fast that every answer is old when its user asks again, after a real time.
func (r *runningBot) atPace(ctx context.Context, again time.Duration) error {
	return r.moveClock(ctx, freshFor, max(1, ratio(freshFor, again)))
}
