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
	soon     = 3 * time.Second // how long a login may idle there
	parked   = 5_000           // people whose share of the memory is taken: one of few would be lost in the noise
	streamed = 40              // people who also log in there, and have a stream

	parkedBytes = 512 // may be left of each
)

// parking measures people who have been parked: what is left of them in memory,
// and what their next command takes.
func (l *load) parking(ctx context.Context) error {
	base, err := l.someParked(ctx, loginsAtOnce, func(*running, string) error { return nil })
	if err != nil {
		return err
	}
	many, err := l.someParked(ctx, parked, func(r *running, store string) error { return l.awake(ctx, r, store) })
	if err != nil {
		return err
	}
	one := many.each(base, parked-loginsAtOnce)
	l.add(row{
		group: "park", what: fmt.Sprintf("memory per parked session, of %d: heap in use", parked),
		ours: fmt.Sprintf("%d B", int64(one.Heap)), reach: fmt.Sprintf("≤ %d B", parkedBytes), reached: int64(one.Heap) <= parkedBytes,
	})
	return nil
}

// someParked has people who are known ask once, and looks at the memory when they
// are parked. Then goes on with the same bot.
func (l *load) someParked(ctx context.Context, n int, then func(*running, string) error) (memory, error) {
	store := filepath.Join(l.folder, fmt.Sprintf("parked-%d.db", n))
	if _, err := l.writeStore(store, n); err != nil {
		return memory{}, err
	}
	r, err := l.startBot(ctx, store, soon, clockAt(noon().Add(linksDie)))
	if err != nil {
		return memory{}, err
	}
	if err := errors.Join(r.warm(ctx, l.crowd(n)), r.park(ctx)); err != nil {
		return memory{}, err
	}
	m, err := r.memory(ctx)
	return m, errors.Join(err, then(r, store), r.stop())
}

// answersDie is more than the bot keeps an answer.
const answersDie = 3 * time.Minute

// park lets so much time pass that nobody is in memory any more: the bot looks
// for that each tenth of the time that somebody may idle.
func (r *running) park(ctx context.Context) error {
	if err := r.moveClock(ctx, answersDie, 1); err != nil {
		return err
	}
	pause(ctx, soon/10*3)
	return r.noStreams(ctx)
}

// awake measures the first command after parking, and after a restart; and sees
// that streams are parked, too.
func (l *load) awake(ctx context.Context, r *running, store string) error {
	everybody := l.crowd(parked)
	if err := l.extra(ctx, r, everybody, "parking", 0); err != nil {
		return err
	}
	began := time.Now()
	if err := errors.Join(r.logIn(ctx, everybody[:streamed]), r.noStreams(ctx)); err != nil {
		return err
	}
	l.note("park", fmt.Sprintf("  %d streams are opened, and parked again within", streamed), time.Since(began).Round(time.Second).String(), "")
	if err := r.stop(); err != nil {
		return err
	}
	again, err := l.startBot(ctx, store, soon, clockAt(noon().Add(3*linksDie)))
	if err != nil {
		return err
	}
	return errors.Join(l.extra(ctx, again, everybody, "a restart", 1), again.stop())
}

// noStreams waits until no stream is open.
func (l *load) noStreams(ctx context.Context) error {
	every := time.NewTicker(100 * time.Millisecond)
	defer every.Stop()
	for l.n.streams.Load() > 0 {
		select {
		case <-every.C:
		case <-ctx.Done():
			return fmt.Errorf("%d streams are not closed", l.n.streams.Load())
		}
	}
	return nil
}

// extra measures what a first command asks of Kite besides its own question, and
// besides what the bot asks once per process.
func (l *load) extra(ctx context.Context, r *running, people []*person, after string, once int64) error {
	before := l.counts()
	if err := r.warm(ctx, people); err != nil {
		return err
	}
	seen := l.counts().since(before)
	trips := ratio(seen.asked-once, int64(len(people))) - 1
	l.add(row{
		group: "park", what: "extra round trips of the first command after " + after,
		ours: fmt.Sprintf("%.2f", trips), reach: "≤ 1", reached: trips <= 1,
	})
	return nil
}
