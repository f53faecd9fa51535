// Command bot is the Telegram bot through which a person reads their Zerodha
// Kite account. Its settings come from the environment; README.md lists them.
//
//	bot              run
//	bot healthcheck  ask the running bot on HTTP_ADDR; exit code 0 when it is well
//	bot version      print the version
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"kitebot/internal/app"
	"kitebot/internal/ops"
)

// version is set by the linker.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], app.OSEnv(), os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bot:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, env app.Env, stdout, stderr io.Writer) error {
	command := ""
	if len(args) > 0 {
		command = args[0]
	}
	switch {
	case len(args) > 1:
		return errors.New("too many arguments; usage: bot [healthcheck|version]")
	case command == "version":
		_, err := fmt.Fprintln(stdout, version)
		return err
	case command != "" && command != "healthcheck":
		return errors.New("no such command; usage: bot [healthcheck|version]")
	}
	c, err := app.Load(env)
	if err != nil {
		return err
	}
	if command == "healthcheck" {
		return healthcheck(ctx, c)
	}
	return app.Run(ctx, c, app.Options{Logger: app.NewLogger(stderr, c), Version: version})
}

func healthcheck(ctx context.Context, c app.Config) error {
	if c.HTTPAddr == "" {
		return errors.New("HTTP_ADDR is off: there is nothing to ask")
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	return ops.Probe(ctx, c.HTTPAddr)
}
