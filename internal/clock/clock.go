// Package clock is the only source of the present moment. Everything that
// waits, expires or stamps takes a Clock, so that a test owns time.
package clock

import "github.com/jonboulle/clockwork"

// Clock tells the time and makes timers. Times are UTC; people see IST, which
// is the business of package view.
type Clock = clockwork.Clock

// Fake is a Clock that moves only when a test advances it.
type Fake = clockwork.FakeClock

// Real returns the clock on the wall.
func Real() Clock { return clockwork.NewRealClock() }
