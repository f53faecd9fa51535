package main

import (
	"errors"
	"fmt"
	"strings"

	"kitebot/internal/app"
)

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
		app.NewLogger(p.stderr, c).Error("the bot ends: people are not served until it is started again", "err", one)
	}
}
