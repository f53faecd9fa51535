package main

import (
	"context"
	"fmt"
	"time"
)

// group measures some rows with one set of processes.
type group struct {
	name  string
	what  string
	most  time.Duration // after which it is stuck
	doing func(*load, context.Context) error
}

func groups() []group {
	return []group{
		{"idle", "a bot without people", time.Minute, (*load).idle},
		{"live", "people with a stream each, beside the floor", 10 * time.Minute, (*load).live},
		{"park", "people who are parked", 2 * time.Minute, (*load).parking},
		{"known", "many known people", 5 * time.Minute, (*load).manyKnown},
	}
}

func groupNames() []string {
	var names []string
	for _, g := range groups() {
		names = append(names, g.name)
	}
	return names
}

func groupNamed(name string) *group {
	for _, g := range groups() {
		if g.name == name {
			return &g
		}
	}
	return nil
}

// measure measures the groups that were asked for.
func (l *load) measure(ctx context.Context) error {
	for _, g := range groups() {
		if l.only != "" && l.only != g.name {
			continue
		}
		err := limited(ctx, g.most, g.what, func(ctx context.Context) error { return g.doing(l, ctx) })
		if err != nil {
			return fmt.Errorf("%s: %w", g.name, err)
		}
	}
	return nil
}
