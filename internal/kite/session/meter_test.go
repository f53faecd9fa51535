package session_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

// ledger writes down what a meter is told.
type ledger struct {
	mu   sync.Mutex
	told []string
}

func (l *ledger) LoginStep(step string)  { l.tell(step) }
func (l *ledger) Resumed(outcome string) { l.tell("resumed: " + outcome) }

func (l *ledger) tell(what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told = append(l.told, what)
}

// want checks what was told since the last time.
func (l *ledger) want(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.Equal(l.told, want) {
		t.Errorf("the meter was told\n%q, want\n%q", l.told, want)
	}
	for _, what := range l.told {
		outcome, resumed := strings.CutPrefix(what, "resumed: ")
		if !slices.Contains(session.Steps(), what) && !(resumed && slices.Contains(session.Resumes(), outcome)) {
			t.Errorf("%q is in no list", what)
		}
	}
	l.told = nil
}

// A login link of an unknown form reaches the operator at once: counted, logged
// without its values, and told until a link is known again.
func TestAnUnknownLinkIsToldToTheOperator(t *testing.T) {
	metered(t, func(w *world, l *ledger) {
		w.kite.LinkText("Go to https://login.kite.example/start?ticket=t0p-secret and come back")
		for range 2 {
			if _, _, err := w.pool.Link(context.Background(), asha, ""); wire.KindOf(err) != wire.KindNoLink {
				t.Fatalf("Link: %v, want %v", err, wire.KindNoLink)
			}
		}
		l.want(t, "unknown link", "unknown link")
		told := w.pool.UnknownLink()
		if want := "no login link at an allowed host; seen: login.kite.example/start with ticket"; told.Seen != want {
			t.Errorf("the operator reads %q, want %q", told.Seen, want)
		}
		if time.Since(told.Since) != 0 {
			t.Errorf("since %v", told.Since)
		}
		w.kite.LinkText("")
		if _, _, err := w.pool.Link(context.Background(), asha, ""); err != nil {
			t.Fatal(err)
		}
		l.want(t, "link sent")
		if told := w.pool.UnknownLink(); !told.Since.IsZero() || told.Seen != "" {
			t.Errorf("a known link left %+v", told)
		}
	})
}

// metered is inWorld with a meter.
func metered(t *testing.T, test func(*world, *ledger)) {
	t.Helper()
	inWorld(t, func(w *world) {
		l := &ledger{}
		w.meter = l
		w.restart()
		test(w, l)
	})
}

// Every step is told once, by whatever way it comes about.
func TestMeterOfLogins(t *testing.T) {
	for name, test := range map[string]struct {
		play func(*world)
		want []string
	}{
		"a link that is asked for twice": {func(w *world) { w.link(asha, ""); w.link(asha, "") }, []string{"link sent"}},
		"a login":                        {func(w *world) { w.login(asha, "AB1234"); w.pass(time.Hour) }, []string{"link sent", "bound"}},
		"a login that is noticed twice": {func(w *world) {
			w.kite.Browser(w.link(asha, "").URL, "AB1234")
			for range 2 {
				go func() { _, _ = w.pool.Finish(w.t.Context(), asha) }()
			}
			w.pass(time.Minute)
		}, []string{"link sent", "bound"}},
		"a link that nobody finishes": {func(w *world) { w.link(asha, ""); w.pass(time.Hour) }, []string{"link sent", "link died"}},
		"another kite user": {func(w *world) {
			w.login(asha, "AB1234")
			w.pass(time.Minute)
			w.kite.Browser(w.link(asha, "").URL, "CD5678")
			w.pass(time.Minute)
		}, []string{"link sent", "bound", "link sent", "bound", "changed user"}},
		"a kite user of somebody else": {func(w *world) {
			w.login(asha, "AB1234")
			w.kite.Browser(w.link(ravi, "").URL, "AB1234")
			w.pass(time.Minute)
		}, []string{"link sent", "bound", "link sent", "refused"}},
		"a second login through the same link": {func(w *world) {
			link := w.login(asha, "AB1234")
			w.kite.Browser(link.URL, "CD5678")
			for range 2 {
				_, _ = w.call(asha)
			}
		}, []string{"link sent", "bound", "usurped"}},
		"the server's word": {func(w *world) {
			w.login(asha, "AB1234")
			w.kite.Restart()
			for range 2 {
				_, _ = w.call(asha)
			}
		}, []string{"link sent", "bound", "resumed: ended", "ended"}},
		"a logout": {func(w *world) {
			w.login(asha, "AB1234")
			for range 2 {
				if _, _, err := w.pool.Logout(w.t.Context(), asha); err != nil {
					w.t.Error(err)
				}
			}
		}, []string{"link sent", "bound", "logged out"}},
		"a logout with nothing but a link": {func(w *world) {
			w.link(asha, "")
			synctest.Wait() // the watcher has looked at it
			if _, _, err := w.pool.Logout(w.t.Context(), asha); err != nil {
				w.t.Error(err)
			}
			w.pass(time.Hour)
		}, []string{"link sent"}},
	} {
		t.Run(name, func(t *testing.T) {
			metered(t, func(w *world, l *ledger) {
				test.play(w)
				l.want(t, test.want...)
			})
		})
	}
}

// A session that is spoken for without its stream is told with its first answer.
func TestMeterOfResumes(t *testing.T) {
	metered(t, func(w *world, l *ledger) {
		w.login(asha, "AB1234")
		w.wantAnswer(asha, "AB1234")
		l.want(t, "link sent", "bound") // over its stream
		w.kite.DropStreams()
		w.wantAnswer(asha, "AB1234")
		w.wantAnswer(asha, "AB1234")
		l.want(t, "resumed: ok")
		w.restart()
		w.kite.Down.Store(true)
		if _, err := w.call(asha); err == nil {
			t.Error("an answer of a Kite that is down")
		}
		l.want(t, "resumed: unreachable")
		w.kite.Down.Store(false)
		w.wantAnswer(asha, "AB1234")
		l.want(t)
	})
}

// Counts are of the people in memory, in the words of the states.
func TestCounts(t *testing.T) {
	inWorld(t, func(w *world) {
		w.wantCounts(map[string]int{})
		w.login(asha, "AB1234")
		w.wantCounts(map[string]int{"logged in": 1})
		w.link(ravi, "")
		w.wantCounts(map[string]int{"logged in": 1, "link sent": 1})
		w.kite.DropStreams()
		w.pass(time.Second)
		w.wantCounts(map[string]int{"parked": 1, "link sent": 1})
		w.restart() // the link is watched on, the login waits on disk until it is asked for
		w.wantCounts(map[string]int{"parked": 1, "link sent": 1})
		w.wantAnswer(asha, "AB1234")
		w.wantCounts(map[string]int{"parked": 1, "link sent": 1})
	})
}
