package mcpconn

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/wire"
)

// Meter measures what is asked of the server. It must neither block nor ask the
// Dialer anything.
type Meter interface {
	// Tool counts one call, the opening or the end of a session, or a step of a login
	// by OAuth, as one of [Tools] with one of [Outcomes]. Calls that we cancelled are
	// not counted. fault is what it shows of the server: "" that it is well, [Unclear], [Erring], or else, in the words of [wire.Error.Cause], why no
	// answer came that the protocol knows.
	Tool(tool, outcome string, took time.Duration, fault string)
	// Surface records what the server looks like, one of [Surfaces], whenever
	// that has changed.
	Surface(name string)
}

// What a call can show of the server, other than that it is well or silent.
const (
	Erring  = "errors"  // it answers that it failed, which it says when Kite behind it fails, too
	Unclear = "unclear" // it answers, as it does whether or not Kite behind it is well
)

// What a Meter counts in addition to tools.
const (
	opening     = "open"
	ending      = "end"
	authorizing = "authorize"
	redeeming   = "token"
)

// well is the outcome of what did not fail; the others are kite's kinds.
const well = "ok"

// Tools lists what a [Meter] counts.
func Tools() []string {
	all := []string{query.Login().Name(), query.Logout().Name(), wire.ListTools, opening, ending, authorizing, redeeming}
	for _, t := range query.ReadTools() {
		all = append(all, t.Name)
	}
	return all
}

// Outcomes lists the outcomes that a [Meter] counts.
func Outcomes() []string {
	all := []string{well}
	for _, k := range wire.Kinds() {
		all = append(all, k.String())
	}
	return all
}

// measure counts how something ended that began at a moment. The time
// is that of the network, not of an injected clock.
func (d *Dialer) measure(tool string, began time.Time, err error) {
	if d.opts.Meter == nil || errors.Is(err, context.Canceled) || errors.Is(err, errClosed) {
		return
	}
	outcome := well
	if err != nil {
		outcome = wire.KindOf(err).String()
	}
	d.opts.Meter.Tool(tool, outcome, time.Since(began), faultOf(tool, err))
}

// faultOf is what a call shows of the server. A profile is asked for until a
// login is through, and fails until then.
func faultOf(tool string, err error) string {
	kind := wire.KindOf(err)
	reads := tool != query.Profile().Name() && slices.ContainsFunc(query.ReadTools(), func(t query.Tool) bool { return t.Name == tool })
	switch {
	case err == nil:
		return ""
	case wire.Unanswered(err), kind == wire.KindMalformed:
		return cmp.Or(wire.CauseOf(err), kind.String())
	case kind == wire.KindFailed && reads:
		return Erring
	default:
		return Unclear
	}
}

// failure is classify, and nil for what did not fail.
func failure(tool string, cause error) error {
	if cause == nil {
		return nil
	}
	return classify(tool, cause)
}
