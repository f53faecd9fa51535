package main

import (
	"fmt"

	"kitebot/internal/app"
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
