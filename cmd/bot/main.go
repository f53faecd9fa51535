// Command bot is the Telegram bot through which a person reads their Zerodha
// Kite account. Its settings come from the environment; README.md lists them.
//
//	bot, bot run      run
//	bot healthcheck   ask the running bot whether it is well
//	bot backup FILE   write a copy of the store to a new file, also of a bot that runs
//	bot restore FILE  put a copy in the place of the store, while no bot runs
//	bot version       print the version
//
// FILE may be - for the standard output or input. The exit code is 0 when it was
// done, 1 when it was not and one line says why, and 2 for other words than these.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"kitebot/internal/app"
	"kitebot/internal/ops"
)

// version is set by the linker.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	p := program{env: app.OSEnv(), stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}
	err := p.run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bot:", err)
		os.Exit(exitCode(err))
	}
}

// errUsage is what somebody gets who asks for something else.
var errUsage = errors.New("usage: bot [run | healthcheck | backup FILE | restore FILE | version]; FILE may be - for the standard output or input")

func exitCode(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errUsage):
		return 2
	default:
		return 1
	}
}

// program is what a process has from outside.
type program struct {
	env            app.Env
	stdin          io.Reader
	stdout, stderr io.Writer
}

func (p program) run(ctx context.Context, args []string) error {
	name, file, err := parse(args)
	if err != nil {
		return err
	}
	switch name {
	case "help":
		_, err := fmt.Fprintln(p.stdout, errUsage)
		return err
	case "version":
		_, err := fmt.Fprintln(p.stdout, version)
		return err
	case "healthcheck":
		return p.healthcheck(ctx)
	case "backup":
		return p.backup(ctx, file)
	case "restore":
		return p.restore(ctx, file)
	default:
		return p.serve(ctx)
	}
}

// parse finds the command, "run" for none, and its file.
func parse(args []string) (name, file string, err error) {
	if len(args) == 0 {
		return "run", "", nil
	}
	name, args = args[0], args[1:]
	switch name {
	case "run", "healthcheck", "version":
	case "help", "-h", "-help", "--help":
		name = "help"
	case "backup", "restore":
		if len(args) == 0 || args[0] == "" || strings.HasPrefix(args[0], "-") && args[0] != "-" {
			return "", "", fmt.Errorf("%s wants one file; %w", name, errUsage)
		}
		file, args = args[0], args[1:]
	default:
		return "", "", fmt.Errorf("there is no such command; %w", errUsage)
	}
	if len(args) > 0 {
		return "", "", fmt.Errorf("too many arguments; %w", errUsage)
	}
	return name, file, nil
}

func (p program) serve(ctx context.Context) error {
	c, err := app.Load(p.env)
	if err != nil {
		return err
	}
	return app.Run(ctx, c, app.Options{Logger: app.NewLogger(p.stderr, c), Version: version})
}

// probeTime is less than a container's health check is given.
const probeTime = 3 * time.Second

// healthcheck asks over the control socket, which needs no open port, or on
// HTTP_ADDR where nobody answers on the socket.
func (p program) healthcheck(ctx context.Context) error {
	c, err := app.Load(p.env, "STORE_PATH", "HTTP_ADDR")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	err = ops.ProbeSocket(ctx, ops.SocketPath(c.StorePath))
	switch {
	case !errors.Is(err, ops.ErrNobody):
		return err
	case c.HTTPAddr == "":
		return fmt.Errorf("%w, and HTTP_ADDR is off", err)
	default:
		return ops.Probe(ctx, c.HTTPAddr)
	}
}
