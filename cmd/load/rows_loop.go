package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// throughput measures how much can be answered at once.
func (l *load) throughput(ctx context.Context, r *running, people []*person, floor loops, page string) error {
	people = people[:min(atOnce, len(people))]
	written, err := commits(ctx, page)
	if err != nil {
		return err
	}
	if err := r.atPace(ctx, again); err != nil {
		return err
	}
	var n int64
	s, err := l.over(r.child, func() (err error) {
		n, err = l.closed(ctx, people, l.lasts)
		return err
	})
	if err != nil {
		return err
	}
	l.loopRows(len(people), n, s, floor)
	if err := l.commitRow(ctx, page, written, s); err != nil {
		return err
	}
	if l.profile != "" {
		err = l.profiled(ctx, r, people)
	}
	return errors.Join(err, r.moveClock(ctx, 0, 1))
}

// loopRows says what the closed loop came to: n answers in its time.
func (l *load) loopRows(people int, n int64, s span, floor loops) {
	answers, cpu := ratio(float64(n), l.lasts.Seconds()), s.cpu/time.Duration(max(s.shown, 1))
	of, times := ratio(answers, floor.answers), ratio(cpu, floor.cpu)
	l.add(row{
		group: "live", what: fmt.Sprintf("answers a second, closed loop, %d people", people),
		ours: fmt.Sprintf("%.0f (%.0f %%)", answers, 100*of), floor: fmt.Sprintf("%.0f", floor.answers), reach: "≥ 70 % of the floor", reached: of >= 0.7,
	})
	l.add(row{
		group: "live", what: "processor time per command, closed loop",
		ours: fmt.Sprintf("%s (× %.2f)", us(cpu), times), floor: us(floor.cpu), reach: "≤ 1.4 × the floor", reached: times <= 1.4,
	})
	conns := ratio(s.kiteConns+s.telegramConns, s.shown)
	l.add(row{
		group: "live", what: "connections opened per command, closed loop",
		ours: fmt.Sprintf("%.4f", conns), reach: "0", reached: s.kiteConns+s.telegramConns == 0,
	})
	l.note("live", "  questions to Kite per command", fmt.Sprintf("%.3f", ratio(s.tools, s.shown)), "1")
	l.note("live", "  commands per batch of updates", fmt.Sprintf("%.1f", ratio(s.handed, s.batches)), "")
}

// profiled writes a profile of the bot in the closed loop.
func (l *load) profiled(ctx context.Context, r *running, people []*person) error {
	file, err := os.Create(l.profile)
	if err != nil {
		return fmt.Errorf("write the profile: %w", err)
	}
	defer file.Close()
	wrong := make(chan error, 1)
	go func() {
		body, err := r.open(ctx, fmt.Sprintf("/debug/pprof/profile?seconds=%d", max(1, int(l.lasts.Seconds()))))
		if err == nil {
			_, err = io.Copy(file, body)
			err = errors.Join(err, body.Close())
		}
		wrong <- err
	}()
	_, err = l.closed(ctx, people, l.lasts)
	return errors.Join(err, <-wrong)
}
