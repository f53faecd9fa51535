package session_test

import (
	"errors"
	"testing"
	"time"

	"kitebot/internal/kite/session"
)

var errDiskFull = errors.New("disk full")

// wantWarned checks what is on disk.
func (h *harness) wantWarned(who int64, want bool) {
	h.t.Helper()
	r, err := h.store.Load(who)
	if err != nil || r.Login == nil || r.Login.Warned != want {
		h.t.Errorf("record of %d: login %+v, %v, want warned %v", who, r.Login, err, want)
	}
}

func TestAPersonIsWarnedOnce(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234") // at 10:00
		h.pass(11*time.Hour + 29*time.Minute)
		h.wantEvents()
		h.wantWarned(asha, false)
		h.pass(time.Minute)
		h.wantEvents("11 ending soon AB1234")
		h.wantWarned(asha, true)
		h.restart()
		h.wantAnswer(asha, "AB1234")
		h.pass(time.Hour)
		h.wantEvents()

		h.login(asha, "AB1234") // at 22:30, until 06:00: a new login, a warning of its own
		h.pass(3 * time.Hour)
		h.wantAnswer(asha, "AB1234")
		h.pass(4 * time.Hour)
		h.wantEvents("11 ending soon AB1234")
	})
}

// warnedAsha is the event of a warning.
const warnedAsha = "11 ending soon AB1234"

// Of a login at 10:00 its person is warned at 21:30.
func TestWhoIsWarned(t *testing.T) {
	for name, test := range map[string]struct {
		meanwhile func(*harness)
		want      []string
	}{
		"logged out":               {func(h *harness) { h.leave(asha) }, nil},
		"a logout that waits":      {func(h *harness) { h.kite.Undying.Store(true); h.leave(asha) }, nil},
		"ended by the server":      {steps(forget, call), nil},
		"another user, not theirs": {steps(forget, call, (*harness).loginAsAnother), nil},
		"another user, theirs":     {steps(forget, call, (*harness).loginAsAnother, yes), []string{"11 ending soon CD5678"}},
		"the pool was closed":      {func(h *harness) { h.pool.Close() }, nil},
		"with a link":              {func(h *harness) { h.pass(11*time.Hour + 25*time.Minute); h.link(asha, "") }, []string{warnedAsha}},
		"with a link, restarted":   {func(h *harness) { h.pass(11*time.Hour + 25*time.Minute); h.link(asha, ""); h.restart() }, []string{warnedAsha}},
		"due while nothing ran":    {func(h *harness) { h.off(11*time.Hour + 50*time.Minute) }, []string{warnedAsha}},
		"over while nothing ran":   {func(h *harness) { h.off(12*time.Hour + time.Minute) }, nil},
		"on a list that says too early": { // one of a version that warned earlier, say
			func(h *harness) {
				h.store.early = time.Hour
				h.restart()
				h.pass(11*time.Hour + 29*time.Minute)
				h.wantEvents()
			}, []string{warnedAsha}},
	} {
		t.Run(name, func(t *testing.T) {
			testPool(t, func(h *harness) {
				h.login(asha, "AB1234")
				start := time.Now()
				test.meanwhile(h)
				h.pass(max(0, 11*time.Hour+50*time.Minute-time.Since(start)))
				h.wantEvents(test.want...)
			})
		})
	}
}

// off is time in which no process runs.
func (h *harness) off(d time.Duration) {
	h.pool.Close()
	h.pass(d)
	h.open()
}

// Nor is a person warned who did not use the login on its last day, or who logged in
// just before its end and was told by that.
func TestWhoDidNotUseTheLoginTodayIsNotWarned(t *testing.T) {
	const evening, morning = 13 * time.Hour, 19*time.Hour + 40*time.Minute // after 10:00: 23:00, and 05:40
	for name, test := range map[string]struct {
		login time.Duration
		use   func(*harness)
		want  []string
	}{
		"not used":            {evening, func(h *harness) { h.pass(2 * time.Hour) }, nil},
		"used the day before": {evening, func(h *harness) { h.wantAnswer(asha, "AB1234"); h.pass(2 * time.Hour) }, nil},
		"looked at only":      {evening, func(h *harness) { h.pass(2 * time.Hour); h.wantState(asha, session.Parked) }, nil},
		"used after midnight": {evening, func(h *harness) { h.pass(2 * time.Hour); h.wantAnswer(asha, "AB1234") }, []string{warnedAsha}},
		"used in vain":        {evening, func(h *harness) { h.pass(2 * time.Hour); down(h); call(h); heal(h) }, []string{warnedAsha}},
		"turned a page after midnight": {evening, func(h *harness) {
			h.pass(time.Hour - 10*time.Second)
			h.fetch(asha, time.Minute)
			h.pass(30 * time.Second)
			h.kite.Calls()
			h.fetch(asha, time.Minute)
			h.wantCalls()
		}, []string{warnedAsha}},
		"just logged in": {morning, func(h *harness) { h.wantWarned(asha, true) }, nil},
		"just confirmed": {morning - 20*time.Minute, func(h *harness) {
			steps(forget, call, (*harness).loginAsAnother)(h)
			h.pass(20 * time.Minute)
			yes(h)
			h.wantWarned(asha, true)
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			testPool(t, func(h *harness) {
				h.pass(test.login)
				h.login(asha, "AB1234")
				test.use(h)
				h.pass(7 * time.Hour)
				h.wantEvents(test.want...)
				h.wantWarned(asha, true)
			})
		})
	}
}

// loginAsAnother logs asha in as another Kite user, and tells her; the question
// is left open.
func (h *harness) loginAsAnother() {
	h.t.Helper()
	h.kite.Browser(h.link(asha, "").URL, "CD5678")
	h.kite.Answer("CD5678", "get_holdings", "the holdings of CD5678")
	h.pass(2 * time.Second)
	h.wantEvents("11 logged in CD5678")
	h.announced(asha)
	h.wantState(asha, session.Unconfirmed)
	h.pass(time.Second) // a link made in the instant of the login would count as one of before
}

// A warning is marked before it is told: while it cannot be marked it is not
// told, and tried again until it is too late.
func TestAWarningThatCannotBeMarked(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.store.Before(func(session.Record) error { return errDiskFull })
		h.pass(11*time.Hour + 35*time.Minute)
		h.wantEvents()
		h.store.Before(nil)
		h.pass(time.Minute)
		h.wantEvents("11 ending soon AB1234")
		h.pass(time.Hour)
		h.wantEvents()
	})
}

func TestAUseIsWrittenOnceADay(t *testing.T) {
	testPool(t, func(h *harness) {
		h.login(asha, "AB1234")
		h.pass(13*time.Hour + 59*time.Minute) // the server lets it live
		h.wantEvents("11 ending soon AB1234")
		h.store.count()
		h.wantAnswer(asha, "AB1234") // the day of the login
		h.pass(time.Minute)
		if _, saves := h.store.count(); saves != 0 {
			t.Errorf("%d commits on the day of the login", saves)
		}
		for range 3 {
			h.wantAnswer(asha, "AB1234")
			h.pass(time.Hour)
		}
		if _, saves := h.store.count(); saves != 1 {
			t.Errorf("%d commits for a day's use, want 1", saves)
		}
		r, _ := h.store.Load(asha)
		if want := time.Now().Add(-3 * time.Hour); r.Login == nil || !r.Login.Used.Equal(want) {
			t.Errorf("login %+v, want used at %v", r.Login, want)
		}
	})
}

// The disk neither delays an answer nor spoils it.
func TestAUseThatCannotBeWritten(t *testing.T) {
	for name, slow := range map[string]time.Duration{"full": 0, "slow": time.Hour} {
		t.Run(name, func(t *testing.T) {
			testPool(t, func(h *harness) {
				h.pass(13 * time.Hour)
				h.login(asha, "AB1234")
				h.pass(2 * time.Hour)
				h.store.Before(func(session.Record) error { time.Sleep(slow); return errDiskFull })
				start := time.Now()
				h.wantAnswer(asha, "AB1234")
				h.wantAnswer(asha, "AB1234")
				if took := time.Since(start); took != 0 {
					t.Errorf("the answers took %v", took)
				}
				h.store.Before(nil)
				h.pass(2 * time.Hour)
				h.wantAnswer(asha, "AB1234")
				h.pass(3 * time.Hour)
				h.wantEvents("11 ending soon AB1234")
			})
		})
	}
}
