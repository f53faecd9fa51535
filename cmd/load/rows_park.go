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
	r, before, err := l.someParked(ctx, loginsAtOnce, "few.db")
	if err != nil {
		return err
	}
	if err := r.stop(); err != nil {
		return err
	}
	r, after, err := l.someParked(ctx, parked, "many.db")
	if err != nil {
		return err
	}
	one := after.each(before, parked-loginsAtOnce).Heap
	l.target(fmt.Sprintf("memory per parked session, of %d: heap in use", parked), fmt.Sprintf("%d B", one), "", fmt.Sprintf("≤ %d B", parkedBytes), one <= parkedBytes)
	if err := errors.Join(r.extra(ctx, l.crowd(parked), "parking", 0), r.stop()); err != nil {
		return err
	}
	if r, err = l.startBot(ctx, filepath.Join(l.folder, "many.db"), soon, 3*linksDie); err != nil {
		return err
	}
	return errors.Join(r.extra(ctx, l.crowd(parked), "a restart", 1), r.stop())
}

// answersDie is more than the bot keeps an answer.
const answersDie = 3 * time.Minute

// someParked starts a bot over a store of n people, has them ask once, and looks
// at the memory when they are parked.
func (l *load) someParked(ctx context.Context, n int, file string) (*running, memory, error) {
	path := filepath.Join(l.folder, file)
	if _, err := l.writeStore(path, n); err != nil {
		return nil, memory{}, err
	}
	r, err := l.startBot(ctx, path, soon, linksDie)
	if err != nil {
		return nil, memory{}, err
	}
	if err := errors.Join(r.warm(ctx, l.crowd(n)), r.moveClock(ctx, answersDie, 1)); err != nil {
		return nil, memory{}, err
	}
	pause(ctx, soon/10*3) // the bot looks for logins to park each tenth of soon
	m, err := r.memory(ctx)
	return r, m, err
}

// extra measures what a first command asks of Kite besides its own question, and
// besides what the bot asks once per process.
func (r *running) extra(ctx context.Context, people []*person, after string, once int64) error {
	before := r.counts().asked
	if err := r.warm(ctx, people); err != nil {
		return err
	}
	trips := ratio(r.counts().asked-before-once, int64(len(people))) - 1
	r.target("extra round trips of the first command after "+after, fmt.Sprintf("%.2f", trips), "", "≤ 1", trips < 1.005) // a few questions of the bot's own do not count
	return nil
}
