package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// outage is how long Kite is away.
const outage = 5 * time.Second

// networkBreak cuts all streams, and has everybody ask when Kite is back.
func (l *load) networkBreak(ctx context.Context, r *running, people []*person) error {
	l.kite.off()
	pause(ctx, outage)
	l.kite.forget()
	before := l.counts()
	if err := errors.Join(l.kite.on(), r.moveClock(ctx, freshFor, 1)); err != nil {
		return err
	}
	began := time.Now()
	if _, err := l.ask(ctx, people); err != nil {
		return err
	}
	took := time.Since(began)
	_, _, most := l.kite.figures()
	dials := l.counts().since(before).kiteConns
	l.add(row{
		group: "live", what: fmt.Sprintf("%d streams cut, %d s without Kite, everybody asks at once: all answered after", len(people), int(outage.Seconds())),
		ours: ms(took), reach: "≤ 10 s", reached: took <= 10*time.Second,
	})
	// A dozen connections would carry them all; a stampede would be one for each.
	l.add(row{
		group: "live", what: "  connections opened for that, most at once",
		ours: fmt.Sprintf("%d, %d", dials, most), reach: "bounded: ≤ 64 at once", reached: most <= 64,
	})
	return nil
}
