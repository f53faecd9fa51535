package main

import (
	"cmp"
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

// What a child is told besides the bot's settings.
const (
	clockEnv = "LOAD_CLOCK" // the Unix second that the bot's clock begins at
	idleEnv  = "LOAD_IDLE"  // how long a stream may idle before it is parked; empty: as shipped
	quietEnv = "LOAD_QUIET" // how many questions a second the bot asks on its own; empty: as shipped
)

// bot runs the bot as it is shipped, with a side door and a clock of ours.
func bot(ctx context.Context) error {
	c, err := app.Load(app.OSEnv())
	if err != nil {
		return err
	}
	at, err := strconv.ParseInt(os.Getenv(clockEnv), 10, 64)
	if err != nil {
		return fmt.Errorf("%s: %w", clockEnv, err)
	}
	timing, err := timings()
	if err != nil {
		return err
	}
	now := newFastClock(time.Unix(at, 0))
	stop, err := sideDoor(map[string]http.HandlerFunc{"/clock": func(w http.ResponseWriter, r *http.Request) {
		by, _ := time.ParseDuration(r.FormValue("by"))
		speed, _ := strconv.ParseFloat(r.FormValue("speed"), 64)
		now.move(by, max(speed, 1))
		sayJSON(w, now.Now())
	}})
	if err != nil {
		return err
	}
	defer stop()
	return app.Run(ctx, c, app.Options{Logger: app.NewLogger(os.Stderr, c), Clock: now, Timing: timing})
}

func timings() (session.Timing, error) {
	t := session.DefaultTiming()
	idle, err1 := time.ParseDuration(cmp.Or(os.Getenv(idleEnv), t.Idle.String()))
	quiet, err2 := strconv.Atoi(cmp.Or(os.Getenv(quietEnv), strconv.Itoa(t.Quiet)))
	if err := errors.Join(err1, err2); err != nil {
		return t, fmt.Errorf("%s, %s: %w", idleEnv, quietEnv, err)
	}
	t.Idle, t.Quiet = idle, quiet
	return t, nil
}
