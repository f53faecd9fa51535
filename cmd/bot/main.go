// Command bot is the Telegram bot through which a person reads their Zerodha
// Kite account. Its settings come from the environment; docs/settings.md lists them.
//
//	bot, bot run      run
//	bot config        print every setting in force, and where it is from
//	bot healthcheck   ask the running bot whether it is alive; with "ready", how its parts are
//	bot backup FILE   write a copy of the store to a new file, also of a bot that runs
//	bot restore FILE  put a copy in the place of the store, while no bot runs
//	bot version       print the version
//	bot help          tell all this, and more about each command
//
// FILE may be - for the standard output or input. The exit code is 0 when it was
// done, 1 when it was not and what is printed says why (a line; of bad settings a
// line each), and 2 for other words than these.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"kitebot/internal/app"
	"kitebot/internal/stdlog"
)

// version is set by the linker; see [builtVersion].
var version = devVersion

func main() {
	app.TakeStandardLog(app.NewLogger(os.Stderr, app.Config{})) // until the settings are read
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	p := program{env: app.OSEnv(), stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}
	boundStop(ctx, func() {
		p.complain(os.Args[1:], errStuck)
		os.Exit(1)
	})
	err := p.run(ctx, os.Args[1:])
	stop()
	if err != nil {
		p.complain(os.Args[1:], err)
		os.Exit(exitCode(err))
	}
}

// stopTime is how long the process may take to end once it was told to.
const stopTime = 8 * time.Second

// errStuck: the process did not end by itself. What is on disk is whole at every
// moment, so nothing is lost by it.
var errStuck = fmt.Errorf("still busy %v after it was told to stop: it ends now, and the next start answers what is left", stopTime)

// boundStop calls giveUp when the process is still there that long after ctx ended.
func boundStop(ctx context.Context, giveUp func()) {
	context.AfterFunc(ctx, func() { time.AfterFunc(stopTime, giveUp) })
}

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

func (p program) run(ctx context.Context, args []string) (err error) {
	defer func() {
		if bug := recover(); bug != nil { // its value may quote anything
			err = fmt.Errorf("a bug of ours, a panic (%s), ended the program: please report it with this stack\n%s", stdlog.PanicKind(bug), debug.Stack())
		}
	}()
	name, file, err := parse(args)
	if err != nil {
		return err
	}
	switch name {
	case "help":
		return help(p.stdout, file)
	case "config":
		return p.config()
	case "version":
		_, err := fmt.Fprintln(p.stdout, builtVersion())
		return err
	case "healthcheck":
		return p.healthcheck(ctx, file)
	case "backup":
		return p.backup(ctx, file)
	case "restore":
		return p.restore(ctx, file)
	default:
		return p.serve(ctx)
	}
}

// parse finds the command, "run" for none, and its file; of "help" the command
// it is about, of "healthcheck" the question if it is another than the usual.
func parse(args []string) (name, file string, err error) {
	if len(args) == 0 {
		return "run", "", nil
	}
	name, args = args[0], args[1:]
	switch {
	case asksHelp(name) && len(args) == 0:
		return "help", "", nil
	case asksHelp(name), !isCommand(name):
		return "", "", fmt.Errorf("there is no such command; %w", errUsage)
	case len(args) == 1 && asksHelp(args[0]):
		return "help", name, nil
	}
	switch name {
	case "backup", "restore":
		if len(args) == 0 || args[0] == "" || strings.HasPrefix(args[0], "-") && args[0] != "-" {
			return "", "", fmt.Errorf("%s wants one file; %w", name, errUsage)
		}
		file, args = args[0], args[1:]
	case "healthcheck":
		if len(args) > 0 && args[0] == "ready" {
			file, args = args[0], args[1:]
		}
	case "help":
		if len(args) > 0 && isCommand(args[0]) {
			file, args = args[0], args[1:]
		}
	}
	if len(args) > 0 {
		return "", "", fmt.Errorf("too many arguments; %w", errUsage)
	}
	return name, file, nil
}

func asksHelp(arg string) bool { return arg == "-h" || arg == "-help" || arg == "--help" }

func isCommand(name string) bool {
	return slices.ContainsFunc(commands(), func(c command) bool { return c.name == name })
}

func (p program) serve(ctx context.Context) error {
	c, err := app.Load(p.env)
	logger := app.NewLogger(p.stderr, c)
	if err != nil {
		for _, line := range c.Warnings { // a misspelt one may be why another is missing
			logger.Warn("a variable is not a setting", "effect", "it is ignored", "variable", line)
		}
		return err
	}
	app.TakeStandardLog(logger)
	return app.Run(ctx, c, app.Options{Logger: logger, Version: builtVersion()})
}

// complain writes why a command with these arguments was not done. Of the bot it
// is a part of the log, and in its form; other commands have people as readers. Bad
// settings have a line each.
func (p program) complain(args []string, err error) {
	name, _, _ := parse(args)
	c, _ := app.Load(p.env, "LOG_FORMAT") // a bad one is complained of already
	if name != "run" || !c.LogsJSON(p.stderr) {
		for line := range strings.Lines(err.Error()) {
			fmt.Fprintln(p.stderr, "bot:", strings.TrimSuffix(line, "\n"))
		}
		return
	}
	all := []error{err}
	if settings, ok := errors.AsType[app.SettingErrors](err); ok {
		all = settings.Unwrap()
	}
	for _, one := range all {
		app.NewLogger(p.stderr, c).Error("the bot ends", "effect", "people are not served until it is started again", "err", one)
	}
}

// devVersion is the version of a build for which the linker was told none.
const devVersion = "dev"

// builtVersion is the version that the linker was told or, of a build without one,
// the commit that it was built from, where Go knows that.
func builtVersion() string {
	info, _ := debug.ReadBuildInfo()
	return versionOf(version, info)
}

func versionOf(told string, info *debug.BuildInfo) string {
	if told != devVersion || info == nil {
		return told
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	commit := settings["vcs.revision"]
	if commit == "" {
		return told
	}
	told += "-" + commit[:min(len(commit), 12)]
	if settings["vcs.modified"] == "true" {
		told += "-modified"
	}
	return told
}
