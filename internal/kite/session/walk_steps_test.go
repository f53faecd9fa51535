package session_test

import (
	"net/url"
	"slices"
	"time"

	"pgregory.net/rapid"

	"kitebot/internal/kite/session"
	"kitebot/internal/kite/session/sessiontest"
)

// move is a step of a walk, drawn before it begins. What its numbers mean
// depends on what there is to choose from then.
type move struct {
	Do   string
	Who  int64
	Link int  // which of the person's links
	User int  // which Kite user
	Wait int  // how long
	On   bool // whether a fault begins or ends
}

func moves() *rapid.Generator[move] {
	var names []string
	for name := range (&walk{harness: &harness{kite: &sessiontest.Kite{}}}).actions() {
		names = append(names, name)
	}
	slices.Sort(names)
	names = append(names, "log in", "log in", "log in", "browser", "call", "call", "call", "heal", "heal") // what life mostly is
	return rapid.Custom(func(t *rapid.T) move {
		return move{
			Do:   rapid.SampledFrom(names).Draw(t, "do"),
			Who:  rapid.SampledFrom(people).Draw(t, "who"),
			Link: rapid.IntRange(0, 9).Draw(t, "link"),
			User: rapid.IntRange(0, len(kiteUsers)-1).Draw(t, "user"),
			Wait: rapid.IntRange(0, 8).Draw(t, "wait"),
			On:   rapid.Bool().Draw(t, "on"),
		}
	})
}

// jumps are by how much the clock on the wall is wrong.
var jumps = []time.Duration{
	0, -time.Hour, time.Hour, -5 * time.Hour, 5 * time.Hour, -25 * time.Hour, 25 * time.Hour, -400 * 24 * time.Hour, 400 * 24 * time.Hour,
}

// actions are what can be done.
func (w *walk) actions() map[string]func(move) {
	fault := func(set func(bool)) func(move) {
		return func(m move) { w.step(nil, func() { set(m.On) }) }
	}
	return map[string]func(move){
		"link":    w.person([]Cause{LinkGiven}, w.ask),
		"browser": w.browse,
		"log in":  w.wholeLogin,
		"heal":    func(move) { w.step(nil, w.heal) },
		"done":    w.person(nil, func(who int64) { _, _ = w.pool.Finish(w.t.Context(), who) }),
		"told":    w.person(nil, func(who int64) { _ = w.pool.Announced(who) }),
		"call":    w.person(asking, w.ownAnswer),
		"check":   w.person(asking, func(who int64) { _, _ = w.pool.Check(w.t.Context(), who) }),
		"yes":     w.person([]Cause{SaidYes}, func(who int64) { w.answer(who, true) }),
		"no":      w.person([]Cause{SaidNo}, func(who int64) { w.answer(who, false) }),
		"logout":  w.person([]Cause{LoggedOut, LogoutWaits}, w.logout),
		"earlier": w.person(nil, func(who int64) { _, _ = w.pool.EndEarlier(w.t.Context(), who) }),
		"remove":  w.person([]Cause{Removed}, w.remove),
		"pass":    w.wait,
		"idle":    func(move) { w.idle() },
		"restart": func(move) { w.step([]Cause{Restarted, StreamLost}, w.restart) },
		"clock": func(m move) {
			w.step([]Cause{Restarted, StreamLost}, func() { w.clockWrong = true; w.shift(jumps[m.Wait]) })
		},
		"jump": func(m move) {
			w.step([]Cause{Answered}, func() { w.clockWrong = true; w.jump(jumps[m.Wait]) })
		},
		"cut":     func(move) { w.step([]Cause{StreamLost}, w.kite.DropStreams) },
		"forget":  func(move) { w.step([]Cause{StreamLost}, w.kite.Restart) },
		"expire":  func(move) { w.step(nil, w.kite.Expire) },
		"down":    fault(w.kite.Down.Store),
		"mute":    fault(w.kite.Mute.Store),
		"frozen":  fault(w.kite.Frozen.Store),
		"undying": fault(w.kite.Undying.Store),
		"switch":  func(m move) { w.step([]Cause{StreamLost}, func() { w.switchTo(m.On) }) },
		"cut off": func(move) { w.step(nil, w.cutOff) },
		"limit":   func(m move) { w.step(nil, func() { w.kite.Limit(m.Wait % 3) }) },
		"refuse":  fault(w.kite.RefuseCodes.Store),
		"renew":   w.person([]Cause{LinkGiven, LinkDied}, w.renew),
		"paste":   func(m move) { w.step(asking, func() { w.paste(m.Who, kiteUsers[m.User]) }) },
		"garbled": func(m move) { w.step(nil, func() { w.kite.Garble(m.Wait) }) },
	}
}

// person is a step that one of the people takes.
func (w *walk) person(does []Cause, do func(int64)) func(move) {
	return func(m move) { w.step(does, func() { do(m.Who) }) }
}

func (w *walk) ask(who int64) {
	delete(w.removed, who)
	w.noteUnread(who)
	link, _, err := w.pool.Link(w.t.Context(), who, "")
	w.give(who, link, err)
}

func (w *walk) give(who int64, link session.Link, err error) {
	if err != nil {
		return
	}
	id := link.Session.Reveal()
	if _, before := w.given[id]; !before {
		w.given[id], w.fresh[id] = time.Now(), true
	}
	if link.Attempt == nil && time.Since(w.given[id]) > 35*time.Minute && !link.Exchanged() {
		w.errorf("%d is given a dead link", who)
	}
	w.links[who] = append(w.links[who], link)
}

// noteUnread notes that a login that was made and not read may be ended, since another
// link replaces it.
func (w *walk) noteUnread(who int64) {
	for _, l := range w.stored(who).Links {
		if l.Exchanged() {
			w.mayEnd[l.Session.Reveal()] = true
		}
	}
}

func (w *walk) renew(who int64) {
	delete(w.removed, who)
	w.noteUnread(who)
	link, _, err := w.pool.Renew(w.t.Context(), who, "")
	w.give(who, link, err)
}

// switchTo makes the server another one. Streams do not live through that.
func (w *walk) switchTo(oauth bool) {
	w.switched = w.switched || oauth != w.oauth
	w.oauth = oauth
	w.kite.OAuth.Store(oauth)
	w.kite.DropStreams()
}

// cutOff is Kite's morning. What is logged in at that moment is read no more.
func (w *walk) cutOff() {
	w.kite.CutOff()
	for _, who := range people {
		id, _ := w.login(who)
		w.cut[id] = true
		for _, l := range w.links[who] {
			w.cut[l.Session.Reveal()] = true
		}
	}
}

// paste sends the code of some attempt: mostly of the person's newest, else of any.
func (w *walk) paste(who int64, user string) {
	rec := w.stored(who)
	for _, l := range rec.Links {
		if l.Attempt != nil && w.oauth {
			w.pasted[l.Ref] = w.kite.Authorize(l.URL, user)
		}
	}
	for ref, address := range w.pasted {
		mine := slices.ContainsFunc(rec.Links, func(l session.Link) bool { return l.Ref == ref && l.Attempt != nil })
		u, err := url.Parse(address)
		if err != nil {
			continue
		}
		before, _ := w.login(who)
		_, err = w.pool.Authorized(w.t.Context(), who, u.Query().Get("state"), u.Query().Get("code"))
		after, _ := w.login(who)
		if !mine && (err == nil || after != before && after != "") {
			w.errorf("%d is logged in by a code that is not of their newest attempt: %v", who, err)
		}
	}
	w.noteBearers(who)
}

// wholeLogin is a login as it mostly goes, in its steps.
func (w *walk) wholeLogin(m move) {
	w.step([]Cause{LinkGiven}, func() { w.ask(m.Who) })
	m.Link = max(0, len(w.usable(m.Who))-1)
	w.browse(m)
	w.step(nil, func() { time.Sleep(20 * time.Second) })
	w.step(nil, func() { _ = w.pool.Announced(m.Who) })
	if m.On {
		w.step([]Cause{SaidYes}, func() { w.answer(m.Who, true) })
	}
}

// usable are the links of a person that the server would still take.
func (w *walk) usable(who int64) []session.Link {
	return slices.DeleteFunc(slices.Clone(w.links[who]), func(l session.Link) bool {
		return l.Attempt != nil || l.Session.IsBearer() || time.Since(w.given[l.Session.Reveal()]) > 35*time.Minute || !w.kite.Answers(l.Session)
	})
}

// browse finishes any link that the server would still take, as anybody.
func (w *walk) browse(m move) {
	who := m.Who
	links := w.usable(who)
	if len(links) == 0 {
		return
	}
	link, user := links[m.Link%len(links)], kiteUsers[m.User]
	w.step(nil, func() {
		if id, bound := w.login(who); id == link.Session.Reveal() && bound != user {
			w.usurped[id] = true
		}
		w.kite.Browser(link.URL, user)
	})
}

// ownAnswer asks for the holdings: they are the person's own, or none.
func (w *walk) ownAnswer(who int64) {
	_, before := w.login(who)
	got, err := w.call(who)
	_, after := w.login(who)
	switch {
	case err != nil && got != "":
		w.errorf("an answer beside an error: %q, %v", got, err)
	case err == nil && got != "the holdings of "+before && got != "the holdings of "+after:
		w.errorf("%d, bound to %q and then %q, is shown %q", who, before, after, got)
	}
}

func (w *walk) answer(who int64, yes bool) {
	id, user := w.login(who)
	if s, err := w.pool.Status(who); err != nil || s.State != session.Unconfirmed {
		return
	}
	w.mayEnd[id] = w.mayEnd[id] || !yes
	_, _ = w.pool.Confirm(w.t.Context(), who, user, yes)
}

func (w *walk) logout(who int64) {
	w.allowEnds(who)
	delete(w.removed, who) // they want to know
	_, _, _ = w.pool.Logout(w.t.Context(), who)
}

func (w *walk) remove(who int64) {
	w.allowEnds(who)
	_, _, _ = w.pool.Remove(w.t.Context(), who)
	w.observe() // what was told before
	w.removed[who] = true
}

// wait lets time pass, and looks now and then: two changes between two looks
// would be taken for one.
func (w *walk) wait(m move) {
	const slice = 5 * time.Minute
	for left := howLong(m.Wait); left > 0; left -= slice {
		w.step(nil, func() { time.Sleep(min(left, slice)) })
	}
}

// idle lets all people idle until they are parked, if they can be.
func (w *walk) idle() {
	w.step(nil, func() { time.Sleep(idleTime + idleTime/10) })
	for _, who := range people {
		s, err := w.pool.Status(who)
		if err == nil && s.Resumable == session.Yes && s.State == session.LoggedIn && len(s.Links) == 0 {
			w.errorf("%d asked for nothing and has a stream", who)
		}
	}
}

func howLong(choice int) time.Duration {
	six := time.Now().UTC().Truncate(24 * time.Hour).Add(30*time.Minute + time.Second) // 06:00 IST
	for !six.After(time.Now()) {
		six = six.Add(24 * time.Hour)
	}
	return []time.Duration{
		time.Second, 20 * time.Second, time.Minute, 10 * time.Minute, session.LinkYoung, session.LinkLife, time.Hour,
		session.ServerLife, time.Until(six),
	}[choice]
}
