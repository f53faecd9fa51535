package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"time"

	"kitebot/internal/app"
	"kitebot/internal/kite/session"
)

// What the bot is told besides its settings.
const (
	clockEnv = "LOAD_CLOCK" // the Unix second that its clock begins at
	idleEnv  = "LOAD_IDLE"  // how long a stream may idle before it is parked
)

// busyLogins is how many questions a second the bot may ask on its own. As it is
// shipped it would look after very many logins within seconds for the rest of the
// hour.
const busyLogins = 1000

// bot runs the bot as it is shipped, with a side door and a clock of ours.
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
	stop := sideDoor("/clock", func(w http.ResponseWriter, r *http.Request) {
		by, err1 := time.ParseDuration(r.FormValue("by"))
		speed, err2 := strconv.ParseFloat(r.FormValue("speed"), 64)
		now.move(by, speed)
		sayJSON(w, now.Now(), errors.Join(err1, err2))
	})
	defer stop()
	return app.Run(ctx, c, app.Options{Logger: app.NewLogger(os.Stderr, c), Clock: now, Timing: timing})
}
