package mcpconn

import (
	"context"
	"errors"
	"time"

	"kitebot/internal/kite"
)

// Meter measures what is asked of the server. It must neither block nor ask the
// Dialer anything.
type Meter interface {
	// Tool is told of one call, of the opening or the end of a session, or of a
	// step of a login by OAuth, as one of [Tools] with one of [Outcomes]; heard is false when no answer came
	// that the protocol knows. What we gave up ourselves is not told.
	Tool(tool, outcome string, took time.Duration, heard bool)
	// Surface is told what the server looks like, one of [Surfaces], whenever
	// that has changed.
	Surface(name string)
}

// What a Meter is told of besides tools.
const (
	opening     = "open"
	ending      = "end"
	authorizing = "authorize"
	redeeming   = "token"
)

// well is the outcome of what did not fail; the others are kite's kinds.
const well = "ok"

// Tools lists what a [Meter] can be told of.
func Tools() []string {
	all := []string{kite.AskLogin().Name(), kite.AskLogout().Name(), kite.ListTools, opening, ending, authorizing, redeeming}
	for _, t := range kite.ReadTools() {
		all = append(all, t.Name)
	}
	return all
}

// Outcomes lists what a [Meter] can be told that something came to.
func Outcomes() []string {
	all := []string{well}
	for _, k := range kite.Kinds() {
		all = append(all, k.String())
	}
	return all
}

// measure tells the meter how something ended that began at a moment. The time
// is that of the network, not of an injected clock.
func (d *Dialer) measure(tool string, began time.Time, err error) {
	if d.opts.Meter == nil || errors.Is(err, context.Canceled) || errors.Is(err, errClosed) {
		return
	}
	outcome, heard := well, true
	if err != nil {
		kind := kite.KindOf(err)
		outcome, heard = kind.String(), !kite.Unanswered(err) && kind != kite.KindMalformed
	}
	d.opts.Meter.Tool(tool, outcome, time.Since(began), heard)
}

// failure is classify, and nil for what did not fail.
func failure(tool string, cause error) error {
	if cause == nil {
		return nil
	}
	return classify(tool, cause)
}
