package session_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"kitebot/internal/kite/session"
	"kitebot/internal/kite/session/sessiontest"
)

// TestRandomWalk takes random walks through the lives of two people, who have
// three Kite users between them and a Kite with every fault there is. Each
// change of state has to be an arrow that the last thing done can explain, and
// the promises of this package hold after every step.
func TestRandomWalk(t *testing.T) {
	seen := map[Arrow]bool{}
	rapid.Check(t, func(rt *rapid.T) {
		start := rapid.IntRange(0, 24*60).Draw(rt, "start")
		plan := rapid.SliceOfN(moves(), 40, 100).Draw(rt, "plan")
		var wrong []string
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(time.Duration(start) * time.Minute) // bubbles begin at midnight UTC
			w := newWalk(t, seen)
			defer func() { w.pool.Close() }()
			w.follow(plan)
			wrong = w.wrong
		})
		if len(wrong) > 0 || t.Failed() {
			rt.Fatal(strings.Join(wrong, "\n"))
		}
	})
	t.Logf("%d of %d arrows were walked", len(seen), len(Arrows()))
}

// walk is one walk, and what an observer knows of it.
type walk struct {
	*harness
	wrong []string // what was against the rules
	seen  map[Arrow]bool
	doing []Cause // what the present step may bring about

	state     map[int64]session.State
	links     map[int64][]session.Link // every link a person was given
	pasted    map[string]string        // the address that a browser ended at, by the link's ref
	mayEnd    map[string]bool          // sessions that may be ended
	announced map[string]bool          // sessions of logins that were announced
	contested map[string]bool          // sessions of before a contest
	fresh     map[string]bool          // sessions whose link was given in the present step
	given     map[string]time.Time     // when a link was given, by its session and the true time
	promised  map[string]promise       // sessions whose end a person was promised
	usurped   map[string]bool          // sessions that another Kite user logged in on
	removed   map[int64]bool           // people who were removed, and logged in no more
	warned    map[string]bool

	clockWrong bool             // the clock was wrong at some time
	oauth      bool             // the server wants logins by OAuth
	switched   bool             // it changed at some time: logins of the other kind end at their next question
	bearerOf   map[string]int64 // whose login by OAuth a session is
	cut        map[string]bool  // sessions whose login Kite has dropped
	events     []session.Event
}

var (
	people    = []int64{asha, ravi}
	kiteUsers = []string{"AB1234", "CD5678", "EF9012"}
	// background can come about at any time, while anything else is done.
	background = []Cause{
		Finished, FinishedNew, LinkDied, Refused, Contested, Clock, LogoutDone,
		Idled,
		ServersWord, Usurped, // of an overdue login whose Kite user another person has
	}
	asking = []Cause{Silence, Answered, ServersWord, Usurped, StreamLost}
)

func newWalk(t *testing.T, seen map[Arrow]bool) *walk {
	w := &walk{
		harness: &harness{t: t, kite: sessiontest.NewKite(t), store: &testStore{MemStore: sessiontest.NewMemStore()}, clock: &wallClock{}},
		seen:    seen, state: map[int64]session.State{}, links: map[int64][]session.Link{}, pasted: map[string]string{},
		mayEnd: map[string]bool{}, promised: map[string]promise{}, announced: map[string]bool{}, contested: map[string]bool{}, given: map[string]time.Time{}, usurped: map[string]bool{}, removed: map[int64]bool{}, warned: map[string]bool{},
		bearerOf: map[string]int64{}, cut: map[string]bool{},
	}
	w.onEvent = func(e session.Event) { w.events = append(w.events, e) }
	for _, user := range kiteUsers {
		w.kite.Answer(user, "get_holdings", "the holdings of "+user)
	}
	w.now = w.clock.now
	w.open()
	return w
}

// follow goes on until something is wrong, or to the end.
func (w *walk) follow(plan []move) {
	actions := w.actions()
	for _, m := range plan {
		if actions[m.Do](m); len(w.wrong) > 0 {
			return
		}
	}
	w.end()
}

func (w *walk) errorf(format string, args ...any) {
	w.wrong = append(w.wrong, fmt.Sprintf(format, args...))
}

// login is the session that a person's record has, "" for none.
func (w *walk) login(who int64) (id, user string) {
	if login := w.stored(who).Login; login != nil {
		return login.Session.Reveal(), login.User.UserID
	}
	return "", ""
}

// byOAuth reports whether a person's login was made by OAuth.
func (w *walk) byOAuth(who int64) bool {
	login := w.stored(who).Login
	return login != nil && login.Session.IsBearer()
}

// step does something and looks at everything afterwards.
func (w *walk) step(does []Cause, do func()) {
	w.doing = append(slices.Clone(background), does...)
	before := map[int64]string{}
	w.fresh = map[string]bool{}
	for _, who := range people {
		before[who], _ = w.login(who)
	}
	do()
	synctest.Wait()
	w.observe()
	for _, who := range people {
		w.wantReason(who, before[who])
		w.wantNews(who)
	}
	w.wantAllowedEnds()
	w.wantOneOwner()
}

// observe takes note of what states people went through.
func (w *walk) observe() {
	w.mu.Lock()
	heard := w.events
	w.events = nil
	w.mu.Unlock()
	for _, e := range heard {
		w.noteEvent(e)
		w.move(e.Person, e.Status.State)
	}
	for _, who := range people {
		w.noteBearers(who)
		s, err := w.pool.Status(who)
		if err != nil {
			w.errorf("status: %v", err)
		}
		w.move(who, s.State)
	}
}

func (w *walk) move(who int64, to session.State) {
	from := w.state[who]
	w.state[who] = to
	if from == to {
		return
	}
	late := to == session.Doubtful && w.clockWrong // a login that a wrong clock takes for an old one
	explained := false
	for _, a := range Arrows() {
		if a.From == from && (a.To == to || late && a.To == session.Parked) && slices.Contains(w.doing, a.By) {
			w.seen[a], explained = true, true
		}
	}
	if !explained {
		w.errorf("%d went from %v to %v, which none of %v does", who, from, to, w.doing)
	}
}

// noteEvent checks what a person is told.
func (w *walk) noteEvent(e session.Event) {
	switch e.Kind {
	case session.EventLoggedIn:
		id, _ := w.login(e.Person)
		w.announced[id] = true
	case session.EventRefused, session.EventContested:
		w.noteContest(e)
	case session.EventEndingSoon:
		id, _ := w.login(e.Person)
		if w.warned[id] {
			w.errorf("%d was warned twice of the end of session %s", e.Person, id)
		}
		w.warned[id] = true
	}
	if w.removed[e.Person] {
		w.errorf("%d was removed and is told: %v", e.Person, e.Kind)
	}
}

// wantReason: a login that is gone went for a reason.
func (w *walk) wantReason(who int64, before string) {
	now, _ := w.login(who)
	switch {
	case before == "" || now == before:
	case now != "": // replaced, by a link of this person's
		if w.bearerOf[now] == who {
			return
		}
		if !slices.ContainsFunc(w.links[who], func(l session.Link) bool { return l.Session.Reveal() == now }) {
			w.errorf("%d is logged in by a link of another person's", who)
		}
	case w.mayEnd[before], w.usurped[before], !w.kite.Answers(session.NewID(before)), w.switched:
	default:
		w.errorf("the login of %d is gone without a reason", who)
	}
}

// wantNews: a login is told as soon as it is there. A contest is settled by a login
// made since.
func (w *walk) wantNews(who int64) {
	if id, _ := w.login(who); w.contested[id] {
		w.errorf("%d is logged in by session %s, which is of before a contest", who, id)
	}
	if id, _ := w.login(who); id != "" && !w.announced[id] {
		w.errorf("%d is logged in by session %s, and was not told", who, id)
	}
}

// wantAllowedEnds: only a logout, a refusal, a no and a usurped session are ended.
func (w *walk) wantAllowedEnds() {
	for _, c := range w.kite.Calls() {
		id, ok := strings.CutPrefix(c, "DELETE ")
		if !ok {
			id, ok = strings.CutPrefix(c, "logout ")
		}
		if ok {
			if id = "secret-session-" + id; !w.mayEnd[id] && !w.usurped[id] {
				w.errorf("session %s was ended without a reason", id)
			}
		}
	}
}

// promise is that a session of a person is ended. The server forgets it at some
// time by itself, but not this one.
type promise struct {
	who    int64
	forgot time.Time
}

// wantPromise: a session that was logged out is ended, or its person is told.
func (w *walk) wantPromise() {
	for id, p := range w.promised {
		s, err := w.pool.Status(p.who)
		if err != nil || w.kite.Answers(session.NewID(id)) && !s.EndWaits && time.Now().Before(p.forgot) {
			w.errorf("%d logged out of session %s, and it is open: %v", p.who, id, err)
		}
	}
}

// wantOneOwner: a Kite user is one person's.
func (w *walk) wantOneOwner() {
	owner := map[string]int64{}
	for _, who := range people {
		_, user := w.login(who)
		if other, taken := owner[user]; taken && user != "" {
			w.errorf("%s belongs to %d and to %d", user, other, who)
		}
		owner[user] = who
	}
}

// end ends a walk: Kite is well again, and every login that the server still
// knows answers, as the Kite user whom it was bound to.
func (w *walk) end() {
	w.step(asking, func() {
		w.heal()
		w.kite.OAuth.Store(w.oauth)
		w.kite.Undying.Store(false)
		w.kite.NoResume.Store(false)
	})
	w.wait(move{Wait: 3}) // every attempt that waited
	w.wantPromise()
	for _, who := range people {
		id, user := w.login(who)
		s, err := w.pool.Status(who)
		if err != nil || id == "" || s.State == session.Unconfirmed || w.usurped[id] || w.cut[id] || !w.kite.Answers(session.NewID(id)) || w.byOAuth(who) != w.oauth {
			continue
		}
		w.step(asking, func() {
			if got, err := w.call(who); got != "the holdings of "+user {
				w.errorf("at the end %d has %q, %v, want the holdings of %s", who, got, err, user)
			}
		})
	}
}

// noteBearers notes which sessions are a person's by OAuth.
func (w *walk) noteBearers(who int64) {
	rec := w.stored(who)
	all := slices.Clone(rec.Replaced) // one that was made while no person waited for it is dead at once
	if rec.Login != nil {
		all = append(all, rec.Login.Credential)
	}
	for _, l := range rec.Links {
		all = append(all, l.Credential)
	}
	for _, c := range all {
		if c.Session.IsBearer() {
			w.bearerOf[c.Session.Reveal()] = who
		}
	}
}

// noteContest notes that every session of a person may be ended but for a login as
// another Kite user, and that none may log in again. What is being ended is promised.
func (w *walk) noteContest(e session.Event) {
	kept := ""
	if !e.Status.User.IsZero() {
		kept, _ = w.login(e.Person)
	}
	give := func(id string) {
		if id != kept && id != "" { // an attempt has no session
			w.mayEnd[id], w.contested[id] = true, !w.fresh[id]
		}
	}
	w.own(e.Person, give)
	for _, l := range e.Links {
		give(l.Session.Reveal())
	}
	w.promise(e.Person, w.stored(e.Person).Ending)
}

// allowEnds notes that every session of a person may be ended from now on, and that
// the end of those that were logged in is promised.
func (w *walk) allowEnds(who int64) {
	w.noteBearers(who)
	w.own(who, func(id string) { w.mayEnd[id] = true })
	rec := w.stored(who)
	w.promise(who, slices.Concat(rec.Replaced, rec.Ending))
	if rec.Login != nil {
		w.promise(who, []session.Credential{rec.Login.Credential})
	}
}

func (w *walk) promise(who int64, ends []session.Credential) {
	for _, c := range ends {
		id := c.Session.Reveal()
		since, given := w.given[id]
		if !given {
			since = time.Now()
			w.given[id] = since
		}
		w.promised[id] = promise{who, since.Add(session.ServerLife)}
	}
}

// own goes through the sessions that a person was ever given.
func (w *walk) own(who int64, do func(id string)) {
	for _, l := range w.links[who] {
		do(l.Session.Reveal())
	}
	for id, owner := range w.bearerOf {
		if owner == who {
			do(id)
		}
	}
}

func (w *walk) stored(who int64) session.Record {
	rec, err := w.store.MemStore.Load(who)
	if err != nil {
		w.errorf("load: %v", err)
	}
	return rec
}
