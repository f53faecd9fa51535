package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"kitebot/internal/kite/session"
)

// What the soak is made of.
const (
	soakPeople = 10_000
	soakActive = 1_000
	soakEvery  = 30 * time.Second // a line of the table
	soakDivide = 20               // the bot's own timings are divided by it
	soakFlat   = 1.1              // how much more memory the last third may take than the first
	soakShared = 4 << 20          // bytes that first use brings along, whoever it is
	soakEnd    = 4 * time.Minute  // in which everything is put away: idle connections live for 90 s
)

// soak has many people log in and some of them ask, for long, and looks whether
// memory stays flat and whether anything is left in the end.
func (l *load) soak(ctx context.Context, out io.Writer) error {
	r, err := l.startBot(ctx, "", session.DefaultTiming().Idle, quietEnv+"=0", divideEnv+"="+fmt.Sprint(soakDivide))
	if err != nil {
		return err
	}
	if err := l.quiet(ctx); err != nil {
		return err
	}
	start, err := r.memory(ctx)
	if err != nil {
		return err
	}
	people := l.crowd(soakPeople)
	if err := limited(ctx, 15*time.Minute, "10,000 people log in", func(ctx context.Context) error { return r.logIn(ctx, people) }); err != nil {
		return err
	}
	lines, held, err := l.sampled(ctx, r, people[:soakActive])
	fmt.Fprint(out, aligned(lines))
	if err != nil {
		return err
	}
	end, err := l.nothingLeft(ctx, r, start)
	fmt.Fprint(out, "\n", end)
	if err := errors.Join(flat(held), err, r.stop()); err != nil || !l.write {
		return err
	}
	return writeSoak(l.soakText(lines, end))
}

// soakText is what the page says of the soak.
func (l *load) soakText(lines [][]string, end string) string {
	return fmt.Sprintf("%s, %s: %d people logged in, %d of them active, %.0f commands a second, with the bot’s own timings divided by %d; on %s.\n\n%s\n%s",
		l.began.UTC().Format(time.DateOnly), l.options.soak, soakPeople, soakActive, l.rate, soakDivide, machine(), markdown(lines), end)
}

// sampled has the active people ask for as long as the soak lasts, and looks at
// the bot now and then.
func (l *load) sampled(ctx context.Context, r *running, active []*person) (lines [][]string, held []int64, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	asking := make(chan error, 1)
	go func() {
		_, err := l.paced(ctx, active, l.rate, l.options.soak)
		asking <- err
	}()
	lines = [][]string{{"after", "resident", "own memory", "streams", "connections to Kite", "answers"}}
	every := time.NewTicker(min(soakEvery, l.options.soak/6))
	defer every.Stop()
	for began := time.Now(); ; {
		select {
		case err := <-asking:
			return lines, held, err
		case <-every.C:
		}
		u, err := r.usage()
		if err != nil {
			cancel()
			return lines, held, errors.Join(err, <-asking)
		}
		_, open, _ := l.kite.figures()
		held = append(held, u.rss)
		lines = append(lines, []string{
			time.Since(began).Round(time.Second).String(), mb(u.rss), mb(u.anon),
			fmt.Sprint(l.n.streams.Load()), fmt.Sprint(open), fmt.Sprint(l.n.shown.Load()),
		})
	}
}

// flat fails when the last third of the samples holds more than the first.
func flat(held []int64) error {
	third := len(held) / 3
	if third == 0 {
		return errors.New("too few samples to tell whether memory is flat")
	}
	mean := func(some []int64) float64 {
		sum := int64(0)
		for _, n := range some {
			sum += n
		}
		return float64(sum) / float64(len(some))
	}
	first, last := mean(held[:third]), mean(held[len(held)-third:])
	if last > soakFlat*first {
		return fmt.Errorf("memory grew from %s to %s", mb(int64(first)), mb(int64(last)))
	}
	return nil
}

// nothingLeft waits until the bot is as small as it was at the start, and says so.
func (l *load) nothingLeft(ctx context.Context, r *running, start memory) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, soakEnd)
	defer cancel()
	every := time.NewTicker(5 * time.Second)
	defer every.Stop()
	for {
		now, err := r.memory(ctx)
		if err != nil {
			return "", err
		}
		_, open, _ := l.kite.figures()
		streams := l.n.streams.Load()
		if streams == 0 && open == 0 && now.Goroutines <= start.Goroutines && now.Heap <= start.Heap+soakPeople*parkedBytes+soakShared {
			return fmt.Sprintf("In the end: no stream, no connection to Kite, %d goroutines (%d at the start), heap %s (%s at the start), resident %s (%s).\n",
				now.Goroutines, start.Goroutines, mb(int64(now.Heap)), mb(int64(start.Heap)), mb(now.rss), mb(start.rss)), nil
		}
		select {
		case <-every.C:
		case <-ctx.Done():
			return "", fmt.Errorf("left over: %d streams, %d connections to Kite, %d goroutines (%d at the start), heap %s (%s at the start)",
				streams, open, now.Goroutines, start.Goroutines, mb(int64(now.Heap)), mb(int64(start.Heap)))
		}
	}
}
