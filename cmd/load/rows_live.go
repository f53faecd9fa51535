package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// atOnce is how many people ask without end in the closed loop.
const atOnce = 100

// again is a time in which nobody's turn comes twice in the closed loop.
const again = 5 * time.Millisecond

// live measures people who have a stream each, beside the floor.
func (l *load) live(ctx context.Context) error {
	bare, err := l.bareStreams(ctx)
	if err != nil {
		return err
	}
	floor, err := l.floorLoops(ctx)
	if err != nil {
		return err
	}
	page, err := freePort()
	if err != nil {
		return err
	}
	r, err := l.startBot(ctx, "", forever, "HTTP_ADDR="+page)
	if err != nil {
		return err
	}
	people := l.crowd(l.people)
	for _, step := range []func() error{
		func() error { return l.sessionMemory(ctx, r, people, bare) },
		func() error { return r.moveClock(ctx, linksDie, 1) },
		func() error { return r.warm(ctx, people) },
		func() error { return l.ownShare(ctx, r, people, floor) },
		func() error { return l.throughput(ctx, r, people, floor, page) },
		func() error { return l.usedMemory(ctx, r, len(people)) },
		func() error { return l.networkBreak(ctx, r, people) },
		r.stop,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// few is how many sessions a process has before it is asked what one more takes:
// what the first ones bring along is not theirs.
func few(people int) int { return min(loginsAtOnce, people/2) }

// bareStreams measures what a stream takes of net/http's memory.
func (l *load) bareStreams(ctx context.Context) (memory, error) {
	c, err := l.startChild(bareRole)
	if err != nil {
		return memory{}, err
	}
	var at [2]memory
	for i, more := range []int{few(l.people), l.people - few(l.people)} {
		if err := c.get(ctx, fmt.Sprintf("/streams?n=%d", more), new(int)); err != nil {
			return memory{}, err
		}
		if at[i], err = c.memory(ctx); err != nil {
			return memory{}, err
		}
	}
	return at[1].each(at[0], l.people-few(l.people)), c.stop()
}

// each is what one of n more takes.
func (m memory) each(before memory, n int) memory {
	per := func(now, was int64) int64 { return (now - was) / int64(n) }
	return memory{
		Heap: uint64(per(int64(m.Heap), int64(before.Heap))), Stacks: uint64(per(int64(m.Stacks), int64(before.Stacks))),
		Goroutines: int(per(int64(m.Goroutines), int64(before.Goroutines))),
		usage:      usage{rss: per(m.rss, before.rss), anon: per(m.anon, before.anon), file: per(m.file, before.file)},
	}
}

// forgotten is when a bot has looked for old answers, after its start: it does so
// once a minute.
const forgotten = 66 * time.Second

// usedMemory looks once more at the memory when people have asked and what they
// were answered is no longer kept. What is counted is the whole process.
func (l *load) usedMemory(ctx context.Context, r *running, people int) error {
	if err := r.moveClock(ctx, answersDie, 1); err != nil {
		return err
	}
	pause(ctx, time.Until(r.child.began.Add(forgotten)))
	m, err := r.memory(ctx)
	l.note("live", "  the whole process divided by them, after they have asked", kib(float64(m.anon)/float64(people)), "")
	return err
}

// sessionMemory has everybody log in and measures what a session takes.
func (l *load) sessionMemory(ctx context.Context, r *running, people []*person, bare memory) error {
	first := few(len(people))
	if err := r.logIn(ctx, people[:first]); err != nil {
		return err
	}
	before, err := r.memory(ctx)
	if err != nil {
		return err
	}
	if err := r.logIn(ctx, people[first:]); err != nil {
		return err
	}
	after, err := r.memory(ctx)
	if err != nil {
		return err
	}
	if n := l.n.streams.Load(); n < int64(len(people)) {
		return fmt.Errorf("%d people have %d streams", len(people), n)
	}
	one := after.each(before, len(people)-first)
	l.add(row{
		group: "live", what: fmt.Sprintf("memory per live session, of %d: resident", len(people)),
		ours: kib(float64(one.anon)), floor: kib(float64(bare.anon)), reach: "≤ 28 KiB", reached: one.anon <= 28<<10,
	})
	inUse := func(m memory) string { return kib(float64(m.Heap)) + " + " + kib(float64(m.Stacks)) }
	l.note("live", "  of that heap in use + stacks", inUse(one), inUse(bare))
	return nil
}

// loops is what the floor came to.
type loops struct {
	paced    spread
	pacedCPU time.Duration // per command
	answers  float64       // per second
	cpu      time.Duration // per command
}

// floorLoops measures the floor at a pace, and in the closed loop.
func (l *load) floorLoops(ctx context.Context) (loops, error) {
	c, err := l.startChild(floorRole)
	if err != nil {
		return loops{}, err
	}
	var out loops
	people := l.crowd(l.people)
	if _, err = l.paced(ctx, people, l.rate, time.Second); err != nil { // to dial
		return out, err
	}
	if out.paced, out.pacedCPU, err = l.atRate(ctx, c, people); err != nil {
		return out, err
	}
	var n int64
	s, err := l.over(c, func() error {
		return c.get(ctx, fmt.Sprintf("/closed?people=%d&for=%s", min(atOnce, l.people), l.lasts), &n)
	})
	out.answers, out.cpu = ratio(float64(n), s.took.Seconds()), s.cpu/time.Duration(max(n, 1))
	return out, errors.Join(err, c.stop())
}

// atRate measures a process at a pace.
func (l *load) atRate(ctx context.Context, c *child, people []*person) (spread, time.Duration, error) {
	var took spread
	s, err := l.over(c, func() (err error) {
		took, err = l.paced(ctx, people, l.rate, l.lasts)
		return err
	})
	return took, s.cpu / time.Duration(max(took.n, 1)), err
}

// ownShare measures how long people wait for us at a pace.
func (l *load) ownShare(ctx context.Context, r *running, people []*person, floor loops) error {
	if err := r.atPace(ctx, time.Duration(float64(len(people))/l.rate*float64(time.Second))); err != nil {
		return err
	}
	took, cpu, err := l.atRate(ctx, r.child, people)
	if err != nil {
		return err
	}
	above := func(ours, floor time.Duration, reach time.Duration, name string) {
		l.add(row{
			group: "live", what: fmt.Sprintf("own share of %s, %.0f a second: %s", holdingsCommand, l.rate, name),
			ours: ms(ours), floor: ms(floor), reach: "≤ floor + " + ms(reach), reached: ours <= floor+reach,
		})
	}
	above(took.p50, floor.paced.p50, 500*time.Microsecond, "p50")
	above(took.p99, floor.paced.p99, 2*time.Millisecond, "p99")
	l.note("live", "  processor time per command at that pace", us(cpu), us(floor.pacedCPU))
	return nil
}
