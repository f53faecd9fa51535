package session_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/kite/session"
)

// step is a small thing that happens to asha.
type step func(*world)

// steps are several, one after the other.
func steps(all ...step) step {
	return func(w *world) {
		for _, s := range all {
			s(w)
		}
	}
}

// scenario walks along one arrow. It gets to the state it begins in by before,
// or where that is nil by what states has for it.
type scenario struct {
	from, to session.State
	by       Cause
	before   step
	act      step
}

// Short names, so that a scenario is a line.
const (
	none        = session.None
	linkSent    = session.LinkSent
	unconfirmed = session.Unconfirmed
	loggedIn    = session.LoggedIn
	parked      = session.Parked
	doubtful    = session.Doubtful
	loggingOut  = session.LoggingOut
)

// states says how asha gets into a state.
var states = map[session.State]step{
	none:        func(*world) {},
	linkSent:    askForALink,
	unconfirmed: steps(logIn, forget, check, (*world).loginAsAnother),
	loggedIn:    logIn,
	parked:      steps(logIn, cut),
	doubtful:    steps(logIn, busy, mute, check, heal),
	loggingOut:  steps(logIn, undying, leave),
}

func askForALink(w *world) { w.link(asha, "") }
func logIn(w *world)       { w.login(asha, "AB1234"); w.pass(time.Second) }
func cut(w *world)         { w.kite.DropStreams() }
func restart(w *world)     { w.restart() }
func forget(w *world)      { w.kite.Restart() }
func expire(w *world)      { w.kite.Expire() }
func mute(w *world)        { w.kite.Mute.Store(true) }
func heal(w *world)        { w.heal() }
func down(w *world)        { w.kite.Down.Store(true) }
func undying(w *world)     { w.kite.Undying.Store(true) }
func dying(w *world)       { w.kite.Undying.Store(false) }
func streamless(w *world)  { w.kite.Streamless.Store(true) }
func oldLinks(w *world)    { w.pass(session.LinkLife) }
func busy(w *world)        { w.passInUse(asha, session.LinkLife) }
func idle(w *world)        { w.pass(idleTime + idleTime/10) }
func halfADay(w *world)    { w.pass(12 * time.Hour) }
func look(w *world)        { w.pass(15 * time.Second) }
func leave(w *world)       { w.leave(asha) }
func check(w *world)       { _, _ = w.pool.Check(w.t.Context(), asha) }
func call(w *world)        { _, _ = w.call(asha) }
func done(w *world)        { _, _ = w.pool.Finish(w.t.Context(), asha) }
func remove(w *world)      { _, _, _ = w.pool.Remove(w.t.Context(), asha) }
func yes(w *world)         { _, _ = w.pool.Confirm(w.t.Context(), asha, "CD5678", true) }
func no(w *world)          { _, _ = w.pool.Confirm(w.t.Context(), asha, "CD5678", false) }
func raviHasIt(w *world)   { w.login(ravi, "AB1234") }
func damage(w *world)      { w.pool.Close(); w.store.Damage(); w.open() }

// browser finishes the newest link.
func browser(user string) step {
	return func(w *world) {
		s, err := w.pool.Status(asha)
		if err != nil || s.Link == nil {
			w.t.Fatalf("no link to finish: %v, %v", s.State, err)
		}
		synctest.Wait() // else the watcher may notice it before the next step
		w.kite.Browser(s.Link.URL, user)
	}
}

// usurp finishes the login's own link once more, as somebody else.
func usurp(w *world) {
	r, err := w.store.Load(asha)
	if err != nil || r.Login == nil {
		w.t.Fatalf("no login to usurp: %v", err)
	}
	w.kite.Browser(w.kite.LinkOf(r.Login.Session), "XX9999")
}

func TestArrows(t *testing.T) {
	for _, by := range causes() {
		t.Run(by.String(), func(t *testing.T) {
			for _, s := range scenarios() {
				if s.by != by {
					continue
				}
				t.Run(s.from.String()+" to "+s.to.String(), func(t *testing.T) {
					inWorld(t, func(w *world) {
						if s.before == nil {
							s.before = states[s.from]
						}
						s.before(w)
						w.wantState(asha, s.from)
						s.act(w)
						w.wantState(asha, s.to)
					})
				})
			}
		})
	}
}

// causes are those of the table, in its order.
func causes() []Cause {
	var all []Cause
	for _, a := range Arrows() {
		if !slices.Contains(all, a.By) {
			all = append(all, a.By)
		}
	}
	return all
}

func TestEveryArrowHasAScenario(t *testing.T) {
	shown := map[Arrow]int{}
	for _, s := range scenarios() {
		shown[Arrow{From: s.from, To: s.to, By: s.by}]++
	}
	for _, a := range Arrows() {
		if shown[a] != 1 {
			t.Errorf("%v → %v (%v) has %d scenarios, want 1", a.From, a.To, a.By, shown[a])
		}
		delete(shown, a)
	}
	for a := range shown {
		t.Errorf("the scenario %v → %v (%v) is no arrow", a.From, a.To, a.By)
	}
}
