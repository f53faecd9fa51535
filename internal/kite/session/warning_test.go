package session_test

import (
	"errors"
	"testing"
	"time"

	"kitebot/internal/kite/session"
)

var errDiskFull = errors.New("disk full")

// wantWarned checks what is on disk.
func (w *world) wantWarned(who int64, want bool) {
	w.t.Helper()
	r, err := w.store.Load(who)
	if err != nil || r.Login == nil || r.Login.Warned != want {
		w.t.Errorf("record of %d: login %+v, %v, want warned %v", who, r.Login, err, want)
	}
}

func TestAPersonIsWarnedOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234") // at 10:00
		w.pass(11*time.Hour + 29*time.Minute)
		w.wantEvents()
		w.wantWarned(asha, false)
		w.pass(time.Minute)
		w.wantEvents("11 ending soon AB1234")
		w.wantWarned(asha, true)
		w.restart()
		w.wantAnswer(asha, "AB1234")
		w.pass(time.Hour)
		w.wantEvents()

		w.login(asha, "AB1234") // at 22:30, until 06:00: a new login, a warning of its own
		w.pass(3 * time.Hour)
		w.wantAnswer(asha, "AB1234")
		w.pass(4 * time.Hour)
		w.wantEvents("11 ending soon AB1234")
	})
}

// warnedAsha is the event of a warning.
const warnedAsha = "11 ending soon AB1234"

// Of a login at 10:00 its person is warned at 21:30.
func TestWhoIsWarned(t *testing.T) {
	for name, test := range map[string]struct {
		meanwhile func(*world)
		want      []string
	}{
		"logged out":               {func(w *world) { w.leave(asha) }, nil},
		"a logout that waits":      {func(w *world) { w.kite.Undying.Store(true); w.leave(asha) }, nil},
		"ended by the server":      {steps(forget, call), nil},
		"another user, not theirs": {steps(forget, call, (*world).loginAsAnother), nil},
		"another user, theirs":     {steps(forget, call, (*world).loginAsAnother, yes), []string{"11 ending soon CD5678"}},
		"the pool was closed":      {func(w *world) { w.pool.Close() }, nil},
		"with a link":              {func(w *world) { w.pass(11*time.Hour + 25*time.Minute); w.link(asha, "") }, []string{warnedAsha}},
		"with a link, restarted":   {func(w *world) { w.pass(11*time.Hour + 25*time.Minute); w.link(asha, ""); w.restart() }, []string{warnedAsha}},
		"due while nothing ran":    {func(w *world) { w.off(11*time.Hour + 50*time.Minute) }, []string{warnedAsha}},
		"over while nothing ran":   {func(w *world) { w.off(12*time.Hour + time.Minute) }, nil},
		"on a list that says too early": { // one of a version that warned earlier, say
			func(w *world) {
				w.store.early = time.Hour
				w.restart()
				w.pass(11*time.Hour + 29*time.Minute)
				w.wantEvents()
			}, []string{warnedAsha}},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.login(asha, "AB1234")
				start := time.Now()
				test.meanwhile(w)
				w.pass(max(0, 11*time.Hour+50*time.Minute-time.Since(start)))
				w.wantEvents(test.want...)
			})
		})
	}
}

// off is time in which no process runs.
func (w *world) off(d time.Duration) {
	w.pool.Close()
	w.pass(d)
	w.open()
}

// Nor is a person warned who did not use the login on its last day, or who logged in
// just before its end and was told by that.
func TestWhoDidNotUseTheLoginTodayIsNotWarned(t *testing.T) {
	const evening, morning = 13 * time.Hour, 19*time.Hour + 40*time.Minute // after 10:00: 23:00, and 05:40
	for name, test := range map[string]struct {
		login time.Duration
		use   func(*world)
		want  []string
	}{
		"not used":            {evening, func(w *world) { w.pass(2 * time.Hour) }, nil},
		"used the day before": {evening, func(w *world) { w.wantAnswer(asha, "AB1234"); w.pass(2 * time.Hour) }, nil},
		"looked at only":      {evening, func(w *world) { w.pass(2 * time.Hour); w.wantState(asha, session.Parked) }, nil},
		"used after midnight": {evening, func(w *world) { w.pass(2 * time.Hour); w.wantAnswer(asha, "AB1234") }, []string{warnedAsha}},
		"used in vain":        {evening, func(w *world) { w.pass(2 * time.Hour); down(w); call(w); heal(w) }, []string{warnedAsha}},
		"turned a page after midnight": {evening, func(w *world) {
			w.pass(time.Hour - 10*time.Second)
			w.recall(asha, time.Minute)
			w.pass(30 * time.Second)
			w.kite.Calls()
			w.recall(asha, time.Minute)
			w.wantCalls()
		}, []string{warnedAsha}},
		"just logged in": {morning, func(w *world) { w.wantWarned(asha, true) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.pass(test.login)
				w.login(asha, "AB1234")
				test.use(w)
				w.pass(7 * time.Hour)
				w.wantEvents(test.want...)
				w.wantWarned(asha, true)
			})
		})
	}
}

// loginAsAnother logs asha in as another Kite user, and tells her; the question
// is left open.
func (w *world) loginAsAnother() {
	w.t.Helper()
	w.kite.Browser(w.link(asha, "").URL, "CD5678")
	w.kite.Answer("CD5678", "get_holdings", "the holdings of CD5678")
	w.pass(2 * time.Second)
	w.wantEvents("11 logged in CD5678")
	if err := w.pool.Announced(asha); err != nil {
		w.t.Fatal(err)
	}
	w.wantState(asha, session.Unconfirmed)
	w.pass(time.Second) // a link made in the instant of the login would count as one of before
}

// A warning is marked before it is told: while it cannot be marked it is not
// told, and tried again until it is too late.
func TestAWarningThatCannotBeMarked(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.store.Before(func(session.Record) error { return errDiskFull })
		w.pass(11*time.Hour + 35*time.Minute)
		w.wantEvents()
		w.store.Before(nil)
		w.pass(time.Minute)
		w.wantEvents("11 ending soon AB1234")
		w.pass(time.Hour)
		w.wantEvents()
	})
}

func TestAUseIsWrittenOnceADay(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.pass(13*time.Hour + 59*time.Minute) // the server lets it live
		w.wantEvents("11 ending soon AB1234")
		w.store.count()
		w.wantAnswer(asha, "AB1234") // the day of the login
		w.pass(time.Minute)
		if _, saves := w.store.count(); saves != 0 {
			t.Errorf("%d commits on the day of the login", saves)
		}
		for range 3 {
			w.wantAnswer(asha, "AB1234")
			w.pass(time.Hour)
		}
		if _, saves := w.store.count(); saves != 1 {
			t.Errorf("%d commits for a day's use, want 1", saves)
		}
		r, _ := w.store.Load(asha)
		if want := time.Now().Add(-3 * time.Hour); r.Login == nil || !r.Login.Used.Equal(want) {
			t.Errorf("login %+v, want used at %v", r.Login, want)
		}
	})
}

// The disk neither delays an answer nor spoils it.
func TestAUseThatCannotBeWritten(t *testing.T) {
	for name, slow := range map[string]time.Duration{"full": 0, "slow": time.Hour} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.pass(13 * time.Hour)
				w.login(asha, "AB1234")
				w.pass(2 * time.Hour)
				w.store.Before(func(session.Record) error { time.Sleep(slow); return errDiskFull })
				start := time.Now()
				w.wantAnswer(asha, "AB1234")
				w.wantAnswer(asha, "AB1234")
				if took := time.Since(start); took != 0 {
					t.Errorf("the answers took %v", took)
				}
				w.store.Before(nil)
				w.pass(2 * time.Hour)
				w.wantAnswer(asha, "AB1234")
				w.pass(3 * time.Hour)
				w.wantEvents("11 ending soon AB1234")
			})
		})
	}
}
