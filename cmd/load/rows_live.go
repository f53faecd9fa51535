package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// closedLoopUsers is how many people ask without end in the closed loop.
const closedLoopUsers = 100

// askInterval is a time in which no person's turn comes twice in the closed loop.
const askInterval = 5 * time.Millisecond

// live measures people who have a stream each, next to the floor.
func (l *load) live(ctx context.Context) error {
	floor, err := l.floorLoops(ctx)
	if err != nil {
		return err
	}
	r, err := l.startBot(ctx, "", neverPark, 0)
	if err != nil {
		return err
	}
	people := l.users(l.people)
	for _, step := range []func() error{
		func() error { return l.sessionMemory(ctx, r, people) },
		func() error { return r.moveClock(ctx, linkExpiry, 1) },
		func() error { return r.warmUp(ctx, people) },
		func() error { return l.measureLatency(ctx, r, people, floor.paced) },
		func() error { return l.throughput(ctx, r, people[:min(closedLoopUsers, len(people))], floor) },
		func() error { return l.networkBreak(ctx, r, people) },
		r.stop,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// warmUpUsers is how many sessions a process has before it is asked what one more takes: what the first ones bring
// along is not theirs.
func warmUpUsers(people int) int { return min(loginsAtOnce, people/2) }

// sessionCost has people log in, and measures what one more session takes.
func (r *runningBot) sessionCost(ctx context.Context, people []*user) (memory, error) {
	first := warmUpUsers(len(people))
	if err := r.logIn(ctx, people[:first]); err != nil {
		return memory{}, err
	}
	before, err := r.memory(ctx)
	if err != nil {
		return memory{}, err
	}
	if err := r.logIn(ctx, people[first:]); err != nil {
		return memory{}, err
	}
	after, err := r.memory(ctx)
	return after.each(before, int64(len(people)-first)), err
}

// sessionMemory logs all people in and measures what a session takes.
func (l *load) sessionMemory(ctx context.Context, r *runningBot, people []*user) error {
	one, err := r.sessionCost(ctx, people)
	if err != nil {
		return err
	}
	if n := l.counts().streams; n < int64(len(people)) {
		return fmt.Errorf("%d people have %d streams", len(people), n)
	}
	l.target(fmt.Sprintf("memory per live session, of %d: resident", len(people)), kib(one.anon), "", "≤ 28 KiB", one.anon <= 28<<10)
	l.note("of that heap in use + stacks", kib(one.Heap)+" + "+kib(one.Stacks), "")
	return nil
}

// pace is what commands at a pace came to.
type pace struct{ p50, p99, cpu time.Duration } // cpu: per command

// loops is what the floor came to.
type loops struct {
	paced   pace
	answers float64       // per second, in the closed loop
	cpu     time.Duration // per command there
}

// floorLoops measures the floor at a pace, and in the closed loop.
func (l *load) floorLoops(ctx context.Context) (loops, error) {
	c, err := l.startChild(floorRole)
	if err != nil {
		return loops{}, err
	}
	var out loops
	people := l.users(l.people)
	if _, err = l.askAtRate(ctx, people, l.rate, time.Second); err != nil { // to dial
		return out, err
	}
	if out.paced, err = l.atRate(ctx, c, people); err != nil {
		return out, err
	}
	var n int64
	cpu, took, err := measureCPU(c, func() error {
		return c.get(ctx, fmt.Sprintf("/closed?people=%d&for=%s", min(closedLoopUsers, l.people), l.lasts), &n)
	})
	out.answers, out.cpu = ratio(float64(n), took.Seconds()), cpu/time.Duration(max(n, 1))
	return out, errors.Join(err, c.stop())
}

// atRate measures a process at a pace.
func (l *load) atRate(ctx context.Context, c *child, people []*user) (pace, error) {
	var answers []time.Duration
	cpu, _, err := measureCPU(c, func() (err error) {
		answers, err = l.askAtRate(ctx, people, l.rate, l.lasts)
		return err
	})
	if err != nil {
		return pace{}, err
	}
	return pace{percentile(answers, 50), percentile(answers, 99), cpu / time.Duration(len(answers))}, nil
}

// measureLatency measures how long people wait for us at a pace.
func (l *load) measureLatency(ctx context.Context, r *runningBot, people []*user, floor pace) error {
	if err := r.atPace(ctx, time.Duration(float64(len(people))/l.rate*float64(time.Second))); err != nil {
		return err
	}
	ours, err := l.atRate(ctx, r.child, people)
	above := func(ours, floor, reach time.Duration, name string) {
		l.target(fmt.Sprintf("own share of %s, %.0f a second: %s", holdingsCommand, l.rate, name), ms(ours), ms(floor), "≤ floor + "+ms(reach), ours <= floor+reach)
	}
	above(ours.p50, floor.p50, 500*time.Microsecond, "p50")
	above(ours.p99, floor.p99, 2*time.Millisecond, "p99")
	l.note("processor time per command at that pace", us(ours.cpu), us(floor.cpu))
	return err
}

// throughput measures how much can be answered at once.
func (l *load) throughput(ctx context.Context, r *runningBot, people []*user, floor loops) error {
	if err := r.atPace(ctx, askInterval); err != nil {
		return err
	}
	var n int64
	before := l.counts()
	cpu, _, err := measureCPU(r.child, func() (err error) {
		n, err = l.askInLoop(ctx, people, l.lasts)
		return err
	})
	if err != nil {
		return err
	}
	now := l.counts()
	shown, conns := now.shown-before.shown, now.conns-before.conns
	cpu /= time.Duration(max(shown, 1))
	answers := ratio(float64(n), l.lasts.Seconds())
	of, times := ratio(answers, floor.answers), ratio(cpu, floor.cpu)
	l.target(fmt.Sprintf("answers a second, closed loop, %d people", len(people)),
		fmt.Sprintf("%.0f (%.0f %%)", answers, 100*of), fmt.Sprintf("%.0f", floor.answers), "≥ 70 % of the floor", of >= 0.7)
	l.target("processor time per command, closed loop", fmt.Sprintf("%s (× %.2f)", us(cpu), times), us(floor.cpu), "≤ 1.4 × the floor", times <= 1.4)
	l.target("connections opened per command, closed loop", fmt.Sprintf("%.4f", ratio(conns, shown)), "", "0", conns == 0)
	l.note("questions to Kite per command", fmt.Sprintf("%.3f", ratio(now.tools-before.tools, shown)), "1")
	l.note("commands per batch of updates", fmt.Sprintf("%.1f", ratio(now.handed-before.handed, now.batches-before.batches)), "")
	return r.moveClock(ctx, 0, 1)
}

// outage is how long Kite is away.
const outage = 5 * time.Second

// networkBreak cuts all streams, and lets all people ask when Kite is back.
func (l *load) networkBreak(ctx context.Context, r *runningBot, people []*user) error {
	l.kite.stop()
	pause(ctx, outage)
	if err := errors.Join(l.kite.start(), r.moveClock(ctx, freshFor, 1)); err != nil {
		return err
	}
	before, began := l.counts(), time.Now()
	if err := l.askOnce(ctx, people, len(people)); err != nil {
		return err
	}
	took := time.Since(began)
	l.target(fmt.Sprintf("%d streams cut, %s without Kite, all ask at once: all answered after", len(people), outage),
		ms(took), "", "≤ 10 s", took <= 10*time.Second)
	l.note("connections to Kite opened for that", fmt.Sprint(l.counts().kiteConns-before.kiteConns), "")
	return nil
}
