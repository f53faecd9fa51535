package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"
)

// What is measured of people who are parked.
const (
	soon   = 3 * time.Second // how long a login may idle there
	parked = 5_000           // people whose share of the memory is taken: one of few would be lost in the noise

	parkedBytes = 512 // may be left of each
)

// parking measures people who have been parked: what is left of them in memory,
// and what their next command takes, as after a restart.
func (l *load) parking(ctx context.Context) error {
	path, people := filepath.Join(l.folder, "parked.db"), l.crowd(parked)
	if _, err := l.writeStore(path, parked); err != nil {
		return err
	}
	r, err := l.startBot(ctx, path, soon, linksDie)
	if err != nil {
		return err
	}
	before, err1 := r.parkedMemory(ctx, people[:loginsAtOnce])
	after, err2 := r.parkedMemory(ctx, people)
	if err := errors.Join(err1, err2, r.extra(ctx, people, "parking", 0), r.stop()); err != nil {
		return err
	}
	if r, err = l.startBot(ctx, path, soon, 3*linksDie); err != nil {
		return err
	}
	one := after.each(before, parked-loginsAtOnce).Heap
	l.target(fmt.Sprintf("memory per parked session, of %d: heap in use", parked), fmt.Sprintf("%d B", one), "", fmt.Sprintf("≤ %d B", parkedBytes), one <= parkedBytes)
	return errors.Join(r.extra(ctx, people, "a restart", 1), r.stop())
}

// answersDie is more than the bot keeps an answer.
const answersDie = 3 * time.Minute

// parkedMemory has people ask once, and looks at the memory when they are parked.
func (r *running) parkedMemory(ctx context.Context, people []*person) (memory, error) {
	if err := errors.Join(r.warm(ctx, people), r.moveClock(ctx, answersDie, 1)); err != nil {
		return memory{}, err
	}
	pause(ctx, soon/10*3) // the bot looks for logins to park each tenth of soon
	return r.memory(ctx)
}

// extra measures what a first command asks of Kite besides its own question, and
// besides what the bot asks once per process.
func (r *running) extra(ctx context.Context, people []*person, after string, once int64) error {
	before := r.counts().asked
	if err := r.warm(ctx, people); err != nil {
		return err
	}
	trips := ratio(r.counts().asked-before-once, int64(len(people))) - 1
	r.target("extra round trips of the first command after "+after, fmt.Sprintf("%.2f", trips), "", "≤ 1", trips <= 1)
	return nil
}
