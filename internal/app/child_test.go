package app_test

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"kitebot/internal/app"
)

// child is the bot as cmd/bot runs it.
func child() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c, err := app.Load(app.OSEnv())
	if err == nil {
		logger := app.NewLogger(os.Stderr, c)
		app.TakeStandardLog(logger)
		err = app.Run(ctx, c, app.Options{Logger: logger})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bot:", err)
		return 1
	}
	return 0
}
