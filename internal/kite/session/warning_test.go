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

func TestWhoDidNotUseTheLoginTodayIsNotWarned(t *testing.T) {
	for name, test := range map[string]struct {
		use  func(*world)
		want []string
	}{
		"not used":            {func(w *world) { w.pass(2 * time.Hour) }, nil},
		"used the day before": {func(w *world) { w.wantAnswer(asha, "AB1234"); w.pass(2 * time.Hour) }, nil},
		"looked at only":      {func(w *world) { w.pass(2 * time.Hour); w.wantState(asha, session.Parked) }, nil},
		"used after midnight": {func(w *world) {
			w.pass(2 * time.Hour)
			w.wantAnswer(asha, "AB1234")
		}, []string{"11 ending soon AB1234"}},
		"used in vain": {func(w *world) {
			w.pass(2 * time.Hour)
			w.kite.Down.Store(true)
			_, _ = w.call(asha)
			w.kite.Down.Store(false)
		}, []string{"11 ending soon AB1234"}},
		"turned a page after midnight": {func(w *world) {
			w.pass(time.Hour - 10*time.Second)
			w.recall(asha, time.Minute)
			w.pass(30 * time.Second)
			w.kite.Calls()
			w.recall(asha, time.Minute)
			w.wantCalls()
		}, []string{"11 ending soon AB1234"}},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.pass(13 * time.Hour)
				w.login(asha, "AB1234") // at 23:00, until 06:00
				test.use(w)
				w.pass(7 * time.Hour)
				w.wantEvents(test.want...)
				w.wantWarned(asha, true)
			})
		})
	}
}

func TestAWarningThatCameDueWhileNothingRan(t *testing.T) {
	for name, test := range map[string]struct {
		down time.Duration
		want []string
	}{
		"before it is over": {11*time.Hour + 50*time.Minute, []string{"11 ending soon AB1234"}},
		"after":             {12*time.Hour + time.Minute, nil},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.login(asha, "AB1234")
				w.pool.Close()
				w.pass(test.down)
				w.open()
				w.wantEvents(test.want...)
				w.wantWarned(asha, true)
			})
		})
	}
}

func TestNobodyIsWarnedOfALoginThatIsNone(t *testing.T) {
	for name, end := range map[string]func(*world){
		"logged out":      func(w *world) { _, _, _ = w.pool.Logout(w.t.Context(), asha) },
		"logout waits":    func(w *world) { w.kite.Undying.Store(true); _, _, _ = w.pool.Logout(w.t.Context(), asha) },
		"server's word":   func(w *world) { w.kite.Restart(); w.wantError(asha, session.ErrEnded) },
		"not yet theirs":  func(w *world) { w.kite.Restart(); w.wantError(asha, session.ErrEnded); w.loginAsAnother() },
		"pool was closed": func(w *world) { w.pool.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.login(asha, "AB1234")
				end(w)
				w.pass(11*time.Hour + 50*time.Minute)
				w.wantEvents()
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

// What is pending for other reasons does not hide the warning.
func TestAPersonWithALinkIsWarned(t *testing.T) {
	for name, restart := range map[string]bool{"one process": false, "after a restart": true} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.login(asha, "AB1234")
				w.pass(11*time.Hour + 25*time.Minute)
				w.link(asha, "")
				if restart {
					w.restart()
				}
				w.pass(5 * time.Minute)
				w.wantEvents("11 ending soon AB1234")
			})
		})
	}
}

func TestAConfirmedLoginIsWarnedOf(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.kite.Restart()
		w.wantError(asha, session.ErrEnded)
		w.loginAsAnother()
		if _, err := w.pool.Confirm(w.t.Context(), asha, "CD5678", true); err != nil {
			t.Fatal(err)
		}
		w.pass(11*time.Hour + 30*time.Minute)
		w.wantEvents("11 ending soon CD5678")
	})
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

// Whoever logs in just before the end was told by the login itself.
func TestALateLoginIsNotWarnedAtOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		w.pass(19*time.Hour + 40*time.Minute) // from 10:00 to 05:40
		w.login(asha, "AB1234")
		w.wantWarned(asha, true)
		w.pass(time.Hour)
		w.wantEvents()
	})
}

// The list says an earlier time than the record: one of a version that warned
// earlier, say.
func TestAPersonIsWarnedThoughTheListSaysTooEarly(t *testing.T) {
	inWorld(t, func(w *world) {
		w.login(asha, "AB1234")
		w.pool.Close()
		w.store.early = time.Hour
		w.open()
		w.pass(11*time.Hour + 29*time.Minute)
		w.wantEvents()
		w.pass(2 * time.Minute)
		w.wantEvents("11 ending soon AB1234")
	})
}
