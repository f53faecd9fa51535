package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"kitebot/internal/app"
	"kitebot/internal/ops"
)

// config prints every setting, good or bad. It fails when there is a bad one.
func (p program) config() error {
	c, err := app.Load(p.env)
	wrong := 0
	for _, g := range c.Settings {
		if g.Wrong != nil {
			wrong++
		}
		fmt.Fprintln(p.stdout, g)
	}
	for i, line := range c.Warnings {
		if i == 0 {
			fmt.Fprintln(p.stdout)
		}
		fmt.Fprintln(p.stdout, "warning:", line)
	}
	switch {
	case err == nil:
		return nil
	case wrong == 1:
		return fmt.Errorf("one setting is wrong: the bot would not start")
	default:
		return fmt.Errorf("%d settings are wrong: the bot would not start", wrong)
	}
}

// backup writes a copy of the store, and says what it is worth. With the copy on
// the standard output, the words go to the other one.
func (p program) backup(ctx context.Context, file string) error {
	c, err := app.Load(p.env, "STORE_PATH", "STORE_KEY")
	if err != nil {
		return err
	}
	words, size := p.stdout, int64(0)
	if file == "-" {
		words = p.stderr
		size, err = app.BackupTo(ctx, c, p.stdout)
	} else {
		size, err = app.Backup(ctx, c, file)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(words, "backed up %s: %d bytes, examined and whole.\n"+
		"It is sealed with the same key as the store, the one in %s. Without that key it is of no use: keep the key too, and apart from it.\n",
		c.StorePath, size, c.KeyPlace())
	return err
}

// restore puts a copy in the place of the store.
func (p program) restore(ctx context.Context, file string) error {
	c, err := app.Load(p.env, "STORE_PATH", "STORE_KEY", "STORE_KEY_OLD")
	if err != nil {
		return err
	}
	from := p.stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return fmt.Errorf("read the backup: %w", err)
		}
		defer f.Close()
		from = f
	}
	aside, err := app.Restore(ctx, c, from)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "restored to %s. It is as it was at the backup: logins and choices made since are not in it, and people who used /forget since then are back.\n", c.StorePath)
	if aside != "" {
		fmt.Fprintf(p.stdout, "The store that was there is kept as %s: the bot deletes it after 30 days; do it yourself as soon as you are sure.\n", aside)
	}
	return nil
}

// probeTime is less than a container's health check is given.
const probeTime = 3 * time.Second

// errNotReady is said after a report that says why.
var errNotReady = errors.New("the bot is not ready: people are not served")

// healthcheck asks whether the bot is alive or, with "ready", prints how its
// parts are and whether it serves people.
func (p program) healthcheck(ctx context.Context, what string) error {
	if what == "" {
		return p.inquire(ctx, ops.ProbeSocket, ops.Probe)
	}
	var report ops.Report
	from := func(ask func(context.Context, string) (ops.Report, error)) probe {
		return func(ctx context.Context, place string) (err error) {
			report, err = ask(ctx, place)
			return err
		}
	}
	if err := p.inquire(ctx, from(ops.ReadySocket), from(ops.Ready)); err != nil {
		return err
	}
	if _, err := fmt.Fprint(p.stdout, report.Text()); err != nil {
		return err
	}
	if report.Status == ops.StatusNotReady {
		return errNotReady
	}
	return nil
}

// probe asks a bot at a place.
type probe func(ctx context.Context, place string) error

// inquire asks over the control socket, which needs no open port, or on
// HTTP_ADDR where nothing answers on the socket.
func (p program) inquire(ctx context.Context, socket, http probe) error {
	c, err := app.Load(p.env, "STORE_PATH", "HTTP_ADDR")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	err = socket(ctx, ops.SocketPath(c.StorePath))
	switch {
	case !errors.Is(err, ops.ErrNoAnswer):
		return err
	case c.HTTPAddr == "":
		return fmt.Errorf("%w, and HTTP_ADDR is off", err)
	default:
		return http(ctx, c.HTTPAddr)
	}
}
