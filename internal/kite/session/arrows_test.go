package session_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/kite/session"
)

// step is a small thing that happens to asha.
type step func(*harness)

// steps are several, one after the other.
func steps(all ...step) step {
	return func(h *harness) {
		for _, s := range all {
			s(h)
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
	none:        func(*harness) {},
	linkSent:    askForALink,
	unconfirmed: steps(logIn, forget, check, (*harness).loginAsAnother),
	loggedIn:    logIn,
	parked:      steps(logIn, cut),
	doubtful:    steps(logIn, busy, mute, check, heal),
	loggingOut:  steps(logIn, undying, leave),
}

func askForALink(h *harness) { h.link(asha, "") }

func logIn(h *harness) { h.login(asha, "AB1234"); h.pass(time.Second) }

func cut(h *harness) { h.kite.DropStreams() }

func restart(h *harness) { h.restart() }

func forget(h *harness) { h.kite.Restart() }

func expire(h *harness) { h.kite.Expire() }

func mute(h *harness) { h.kite.Mute.Store(true) }

func heal(h *harness) { h.heal() }

func down(h *harness) { h.kite.Down.Store(true) }

func undying(h *harness) { h.kite.Undying.Store(true) }

func dying(h *harness) { h.kite.Undying.Store(false) }

func streamless(h *harness) { h.kite.Streamless.Store(true) }

func oldLinks(h *harness) { h.pass(session.LinkLife) }

func busy(h *harness) { h.passInUse(asha, session.LinkLife) }

func idle(h *harness) { h.pass(idleTime + idleTime/10) }

func halfADay(h *harness) { h.pass(12 * time.Hour) }

func look(h *harness) { h.pass(15 * time.Second) }

func leave(h *harness) { h.leave(asha) }

func check(h *harness) { _, _ = h.pool.Check(h.t.Context(), asha) }

func call(h *harness) { _, _ = h.call(asha) }

func done(h *harness) { _, _ = h.pool.Finish(h.t.Context(), asha) }

func remove(h *harness) { _, _, _ = h.pool.Remove(h.t.Context(), asha) }

func yes(h *harness) { _, _ = h.pool.Confirm(h.t.Context(), asha, "CD5678", true) }

func no(h *harness) { _, _ = h.pool.Confirm(h.t.Context(), asha, "CD5678", false) }

func raviHasIt(h *harness) { h.login(ravi, "AB1234") }

func damage(h *harness) { h.pool.Close(); h.store.Damage(); h.open() }

// browser finishes the newest link.
func browser(user string) step {
	return func(h *harness) {
		s, err := h.pool.Status(asha)
		if err != nil || s.Link == nil {
			h.t.Fatalf("no link to finish: %v, %v", s.State, err)
		}
		synctest.Wait() // else the watcher may notice it before the next step
		h.kite.Browser(s.Link.URL, user)
	}
}

// usurp finishes the login's own link once more, as another Kite user.
func usurp(h *harness) {
	r, err := h.store.Load(asha)
	if err != nil || r.Login == nil {
		h.t.Fatalf("no login to usurp: %v", err)
	}
	h.kite.Browser(h.kite.LinkOf(r.Login.Session), "XX9999")
}

func TestArrows(t *testing.T) {
	for _, by := range causes() {
		t.Run(by.String(), func(t *testing.T) {
			for _, s := range scenarios() {
				if s.by != by {
					continue
				}
				t.Run(s.from.String()+" to "+s.to.String(), func(t *testing.T) {
					testPool(t, func(h *harness) {
						if s.before == nil {
							s.before = states[s.from]
						}
						s.before(h)
						h.wantState(asha, s.from)
						s.act(h)
						h.wantState(asha, s.to)
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

// scenarios are the arrows, each shown once.
func scenarios() []scenario {
	var all []scenario
	for by, list := range map[Cause][]scenario{
		LinkGiven: {
			{from: none, to: linkSent, act: askForALink},
			{from: loggingOut, to: linkSent, act: askForALink},
		},
		Finished:    finishedScenarios(),
		FinishedNew: finishedNewScenarios(),
		LinkDied: {
			{from: linkSent, to: none, act: oldLinks},
			{from: linkSent, to: loggingOut, before: steps(states[loggingOut], askForALink), act: oldLinks},
		},
		Refused: {
			{from: linkSent, to: none, before: steps(raviHasIt, askForALink), act: finish("AB1234")},
			{
				from: linkSent, to: loggingOut,
				before: steps(raviHasIt, func(h *harness) { h.login(asha, "CD5678") }, undying, leave, askForALink),
				act:    finish("AB1234"),
			},
		},
		Contested: contestedScenarios(),
		SaidYes: {
			{from: unconfirmed, to: loggedIn, act: yes},
			{from: unconfirmed, to: parked, before: steps(states[unconfirmed], cut), act: yes},
			{from: unconfirmed, to: doubtful, before: steps(states[unconfirmed], halfADay), act: yes},
		},
		SaidNo: {
			{from: unconfirmed, to: none, act: no},
			{from: unconfirmed, to: linkSent, before: steps(states[unconfirmed], askForALink), act: no},
			{from: unconfirmed, to: loggingOut, before: owing(unconfirmed), act: no},
		},
		StreamLost: {{from: loggedIn, to: parked, act: cut}},
		Idled: {
			{from: loggedIn, to: parked, act: idle},
			{from: doubtful, to: parked, act: idle},
		},
		Restarted: {
			{from: loggedIn, to: parked, act: restart},
			{from: doubtful, to: parked, act: restart},
			{from: none, to: linkSent, before: steps(askForALink, down, oldLinks), act: restart},
			{from: loggingOut, to: linkSent, before: steps(states[loggingOut], askForALink, down, oldLinks), act: restart},
		},
		Silence: {
			{from: loggedIn, to: doubtful, act: steps(mute, call)},
			{from: parked, to: doubtful, act: steps(mute, call)},
		},
		Clock: {
			{from: loggedIn, to: doubtful, act: halfADay},
			{from: parked, to: doubtful, act: halfADay},
		},
		Answered: {
			{from: doubtful, to: loggedIn, act: call},
			{from: doubtful, to: parked, before: steps(states[doubtful], cut), act: call},
		},
		ServersWord: {
			{from: unconfirmed, to: none, act: steps(expire, check)},
			{from: loggedIn, to: none, act: steps(expire, check)},
			{from: parked, to: none, act: steps(forget, call)},
			{from: doubtful, to: none, act: steps(forget, call)},
			{from: unconfirmed, to: linkSent, act: steps(expire, askForALink, check)},
			{from: loggedIn, to: linkSent, act: steps(expire, askForALink, check)},
			{from: parked, to: linkSent, act: steps(forget, askForALink, call)},
			{from: doubtful, to: linkSent, act: steps(forget, askForALink, call)},
			{from: unconfirmed, to: loggingOut, before: owing(unconfirmed), act: steps(expire, check)},
			{from: loggedIn, to: loggingOut, before: owing(loggedIn), act: steps(expire, check)},
			{from: parked, to: loggingOut, before: owing(parked), act: steps(forget, call)},
			{from: doubtful, to: loggingOut, before: owing(doubtful), act: steps(forget, call)},
		},
		Usurped: {
			{from: unconfirmed, to: none, act: steps(usurp, check)},
			{from: loggedIn, to: none, act: steps(usurp, call)},
			{from: parked, to: none, act: steps(usurp, call)},
			{from: doubtful, to: none, act: steps(usurp, check)},
			{from: unconfirmed, to: linkSent, act: steps(askForALink, usurp, check)},
			{from: loggedIn, to: linkSent, act: steps(askForALink, usurp, call)},
			{from: parked, to: linkSent, act: steps(askForALink, usurp, call)},
			{from: doubtful, to: linkSent, act: steps(askForALink, usurp, check)},
			{from: unconfirmed, to: loggingOut, before: owing(unconfirmed), act: steps(usurp, check)},
			{from: loggedIn, to: loggingOut, before: owing(loggedIn), act: steps(usurp, call)},
			{from: parked, to: loggingOut, before: owing(parked), act: steps(usurp, call)},
			{from: doubtful, to: loggingOut, before: owing(doubtful), act: steps(usurp, check)},
		},
		LoggedOut: {
			{from: linkSent, to: none, act: leave},
			{from: unconfirmed, to: none, act: leave},
			{from: loggedIn, to: none, act: leave},
			{from: parked, to: none, act: leave},
			{from: doubtful, to: none, act: leave},
			{from: loggingOut, to: none, act: steps(dying, leave)},
		},
		LogoutWaits: {
			{from: none, to: loggingOut, before: steps(askForALink, oldLinks), act: steps(undying, leave)},
			{from: linkSent, to: loggingOut, act: steps(undying, leave)},
			{from: unconfirmed, to: loggingOut, act: steps(undying, leave)},
			{from: loggedIn, to: loggingOut, act: steps(undying, leave)},
			{from: parked, to: loggingOut, act: steps(undying, leave)},
			{from: doubtful, to: loggingOut, act: steps(undying, leave)},
		},
		LogoutDone: {{from: loggingOut, to: none, act: steps(dying, oldLinks)}},
		Removed:    fromAll(none, steps(undying, remove)),
		Damaged:    fromAll(none, damage),
	} {
		for _, s := range list {
			s.by = by
			all = append(all, s)
		}
	}
	return all
}

// late is a link that was finished in a silence of Kite's which lasted until
// the link was dead by the clock.
func late(user string) step { return steps(askForALink, browser(user), down, oldLinks) }

// owing is a login made while a logout waits, which Kite does not confirm.
func owing(s session.State) step { return steps(states[loggingOut], states[s]) }

func finish(user string) step { return steps(browser(user), done) }

func finishedScenarios() []scenario {
	heard := steps(heal, look)
	return []scenario{
		{from: none, to: loggedIn, before: late("AB1234"), act: heard},
		{from: linkSent, to: loggedIn, act: finish("AB1234")},
		{from: loggingOut, to: loggedIn, before: steps(states[loggingOut], late("AB1234")), act: heard},
		{from: unconfirmed, to: loggedIn, before: steps(states[unconfirmed], askForALink), act: finish("AB1234")},
		{from: parked, to: loggedIn, before: steps(states[parked], askForALink), act: finish("AB1234")},
		{from: doubtful, to: loggedIn, before: steps(states[doubtful], askForALink), act: finish("AB1234")},

		{from: none, to: parked, before: steps(late("AB1234"), cut), act: heard},
		{from: linkSent, to: parked, before: steps(askForALink, restart), act: finish("AB1234")},
		{from: loggingOut, to: parked, before: steps(states[loggingOut], late("AB1234"), cut), act: heard},
		{from: unconfirmed, to: parked, before: steps(states[unconfirmed], askForALink, cut), act: finish("AB1234")},
		{from: loggedIn, to: parked, before: steps(logIn, streamless, askForALink), act: finish("AB1234")},
		{from: doubtful, to: parked, before: steps(states[doubtful], askForALink, cut), act: finish("AB1234")},
	}
}

func contestedScenarios() []scenario {
	var all []scenario
	for from, user := range map[session.State]string{unconfirmed: "CD5678", loggedIn: "AB1234", parked: "AB1234", doubtful: "AB1234"} {
		contest := func(h *harness) { h.contest(user) }
		all = append(all, scenario{from: from, to: none, act: contest},
			scenario{from: from, to: loggingOut, before: owing(from), act: contest})
	}
	return all
}

func finishedNewScenarios() []scenario {
	ended := steps(logIn, forget, check)
	return []scenario{
		{from: none, to: unconfirmed, before: steps(ended, late("CD5678")), act: steps(heal, look)},
		{from: linkSent, to: unconfirmed, before: steps(ended, askForALink), act: finish("CD5678")},
		{from: loggedIn, to: unconfirmed, before: steps(logIn, askForALink), act: finish("CD5678")},
		{from: parked, to: unconfirmed, before: steps(states[parked], askForALink), act: finish("CD5678")},
		{from: doubtful, to: unconfirmed, before: steps(states[doubtful], askForALink), act: finish("CD5678")},
	}
}

// fromAll are scenarios out of every state but one into that one.
func fromAll(to session.State, act step) []scenario {
	var all []scenario
	for from := range states {
		if from != to {
			all = append(all, scenario{from: from, to: to, act: act})
		}
	}
	return all
}
