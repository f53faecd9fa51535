package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// starts is how often the bot is started, to see how long that takes.
const starts = 5

// idle starts the program that is shipped, over an empty store.
func (l *load) idle(ctx context.Context) error {
	program := filepath.Join(l.folder, "shipped")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, "kitebot/cmd/bot")
	build.Env = append(build.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the bot: %w: %s", err, out)
	}
	var took []time.Duration
	var most usage
	for range starts {
		r, err := l.awaitPoll(ctx, "", func(env []string) (*child, error) {
			c := &child{name: "shipped"}
			return c, c.start(l, exec.Command(program), env)
		})
		if err != nil {
			return err
		}
		pause(ctx, time.Second) // it announces its menu beside the first poll
		u, err := r.usage()
		if err := errors.Join(err, r.stop()); err != nil {
			return err
		}
		took = append(took, r.toPoll)
		if u.rss > most.rss {
			most = u
		}
	}
	slices.Sort(took)
	middle := took[len(took)/2]
	l.target("idle process, no people: resident", mb(most.rss), "", "≤ 20 MB", most.rss <= 20e6)
	l.note("of that its own memory, its program", mb(most.anon)+", "+mb(most.file), "")
	l.target("start to first poll, no people", ms(middle), "", "≤ 100 ms", middle <= 100*time.Millisecond)
	return nil
}
