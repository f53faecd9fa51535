package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"
)

// growthRow is a line of the table of growth.
type growthRow struct {
	what     string
	size     int // people, or holdings
	own      spread
	cpu      time.Duration // per command
	floorCPU time.Duration // 0: not measured
	resident int64         // bytes of its own memory, garbage collected; 0: not measured
}

// growthFor is how long one line of the table is measured.
const growthFor = 5 * time.Second

// holdingsPace is how many times as slow the lines of holdings are measured: the
// floor alone would need all of two cores for 500 holdings at the pace of the others.
const holdingsPace = 5

// growing measures from few people to many, and from few holdings to many.
func (l *load) growing(ctx context.Context) error {
	defer func(lasts time.Duration) { l.lasts = lasts; l.hold(l.holdings) }(l.lasts)
	l.lasts = min(l.lasts, growthFor)
	r, err := l.startBot(ctx, "", forever)
	if err != nil {
		return err
	}
	for before, n := 0, 10; n <= l.most && err == nil; before, n = n, 10*n {
		err = l.peopleRow(ctx, r, l.crowd(n), before)
	}
	defer func(rate float64) { l.rate = rate }(l.rate)
	l.rate /= holdingsPace
	for _, n := range []int{10, 100, 500} {
		if err == nil {
			l.hold(n)
			err = l.growthRow(ctx, r, l.crowd(atOnce/holdingsPace), growthRow{what: "holdings", size: n})
		}
	}
	return errors.Join(err, r.stop(), l.floorRows(ctx))
}

// peopleRow measures people, of whom the first are logged in already.
func (l *load) peopleRow(ctx context.Context, r *running, people []*person, before int) error {
	log.Printf("%d people", len(people))
	if err := r.logIn(ctx, people[before:]); err != nil {
		return err
	}
	m, err := r.memory(ctx)
	if err != nil {
		return err
	}
	if err := r.moveClock(ctx, linksDie, 1); err != nil {
		return err
	}
	return l.growthRow(ctx, r, people, growthRow{what: "people", size: len(people), resident: m.anon})
}

// growthRow measures at a pace. Of more people than have a turn in its time only
// the first ask.
func (l *load) growthRow(ctx context.Context, r *running, people []*person, g growthRow) (err error) {
	people = people[:min(len(people), int(l.rate*l.lasts.Seconds()))]
	if err := r.moveClock(ctx, freshFor, 1); err != nil {
		return err
	}
	if err := r.warm(ctx, people); err != nil {
		return err
	}
	if err := r.atPace(ctx, time.Duration(float64(len(people))/l.rate*float64(time.Second))); err != nil {
		return err
	}
	if g.own, g.cpu, err = l.atRate(ctx, r.child, people); err == nil {
		l.growth = append(l.growth, g)
	}
	return errors.Join(err, r.moveClock(ctx, 0, 1))
}

// floorRows puts the floor beside the lines of holdings.
func (l *load) floorRows(ctx context.Context) error {
	c, err := l.startChild(floorRole)
	if err != nil {
		return err
	}
	for i := range l.growth {
		if g := &l.growth[i]; g.what == "holdings" && err == nil {
			l.hold(g.size)
			_, g.floorCPU, err = l.atRate(ctx, c, l.crowd(atOnce/holdingsPace))
		}
	}
	return errors.Join(err, c.stop())
}

// growthLines are the table's cells, with a word under each measured column.
func (l *load) growthLines() [][]string {
	lines := [][]string{{"", "own share p50", "p99", "processor per command", "floor", "own memory", "per further person"}}
	for i, g := range l.growth {
		cells := []string{fmt.Sprintf("%d %s", g.size, g.what), ms(g.own.p50), ms(g.own.p99), us(g.cpu), "", "", ""}
		if g.floorCPU > 0 {
			cells[4] = us(g.floorCPU)
		}
		if g.resident > 0 {
			cells[5] = mb(g.resident)
		}
		if g.resident > 0 && i > 0 {
			before := l.growth[i-1]
			cells[6] = kib(ratio(float64(g.resident-before.resident), float64(g.size-before.size)))
		}
		lines = append(lines, cells)
		if i+1 == len(l.growth) || l.growth[i+1].what != g.what {
			lines = append(lines, l.words(g.what))
		}
	}
	return lines
}

// words says how each column grows with people, or with holdings.
func (l *load) words(what string) []string {
	var sizes, p50, p99, cpu, held []float64
	for _, g := range l.growth {
		if g.what == what {
			sizes = append(sizes, float64(g.size))
			p50, p99 = append(p50, float64(g.own.p50)), append(p99, float64(g.own.p99))
			cpu, held = append(cpu, float64(g.cpu)), append(held, float64(g.resident))
		}
	}
	cells := []string{"", growthWord(sizes, p50), growthWord(sizes, p99), growthWord(sizes, cpu), "", "", ""}
	if what == "people" {
		cells[5] = growthWord(sizes, held)
	}
	return cells
}

// growthWord says how values grow with sizes: "flat" when the last is at most
// twice the first, "linear" when it grew no more than its size did, else "more".
func growthWord(sizes, values []float64) string {
	last := len(values) - 1
	if last < 1 {
		return ""
	}
	switch grown := ratio(values[last], values[0]); {
	case grown <= 2:
		return "flat"
	case grown <= ratio(sizes[last], sizes[0]):
		return "linear at most"
	default:
		return "more than linear"
	}
}
