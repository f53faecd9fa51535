package session_test

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

// recordedMeter notes what is counted.
type recordedMeter struct {
	mu    sync.Mutex
	calls []string
}

func (l *recordedMeter) LoginStep(step string) { l.record(step) }

func (l *recordedMeter) Resumed(outcome string) { l.record("resumed: " + outcome) }

func (l *recordedMeter) record(what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls = append(l.calls, what)
}

// want checks what was told since the last time.
func (l *recordedMeter) want(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.Equal(l.calls, want) {
		t.Errorf("the meter was told\n%q, want\n%q", l.calls, want)
	}
	for _, what := range l.calls {
		outcome, resumed := strings.CutPrefix(what, "resumed: ")
		if !slices.Contains(session.Steps(), what) && !(resumed && slices.Contains(session.Resumes(), outcome)) {
			t.Errorf("%q is in no list", what)
		}
	}
	l.calls = nil
}

// A login link of an unknown form reaches the operator at once: counted, logged
// without its values, and told until a link is known again.
func TestAnUnknownLinkIsReported(t *testing.T) {
	metered(t, func(h *harness, l *recordedMeter) {
		h.kite.LinkText("Go to https://login.kite.example/start?ticket=t0p-secret and come back")
		for range 2 {
			if _, _, err := h.pool.Link(context.Background(), asha, ""); wire.KindOf(err) != wire.KindNoLink {
				t.Fatalf("Link: %v, want %v", err, wire.KindNoLink)
			}
		}
		l.want(t, "unknown link", "unknown link")
		told := h.pool.UnknownLink()
		if want := "no login link at an allowed host; seen: login.kite.example/start with ticket"; told.Seen != want {
			t.Errorf("the operator reads %q, want %q", told.Seen, want)
		}
		if time.Since(told.Since) != 0 {
			t.Errorf("since %v", told.Since)
		}
		h.kite.LinkText("")
		if _, _, err := h.pool.Link(context.Background(), asha, ""); err != nil {
			t.Fatal(err)
		}
		l.want(t, "link sent")
		if told := h.pool.UnknownLink(); !told.Since.IsZero() || told.Seen != "" {
			t.Errorf("a known link left %+v", told)
		}
	})
}

// metered is testPool with a meter.
func metered(t *testing.T, test func(*harness, *recordedMeter)) {
	t.Helper()
	testPool(t, func(h *harness) {
		l := &recordedMeter{}
		h.meter = l
		h.restart()
		test(h, l)
	})
}

// Every step is told once, by whatever way it comes about.
func TestMeterOfLogins(t *testing.T) {
	for name, test := range map[string]struct {
		play func(*harness)
		want []string
	}{
		"a link that is asked for twice": {func(h *harness) { h.link(asha, ""); h.link(asha, "") }, []string{"link sent"}},
		"a login":                        {func(h *harness) { h.login(asha, "AB1234"); h.pass(time.Hour) }, []string{"link sent", "bound"}},
		"a login that is noticed twice": {func(h *harness) {
			h.kite.Browser(h.link(asha, "").URL, "AB1234")
			for range 2 {
				go func() { _, _ = h.pool.Finish(h.t.Context(), asha) }()
			}
			h.pass(time.Minute)
		}, []string{"link sent", "bound"}},
		"a link that is not finished": {func(h *harness) { h.link(asha, ""); h.pass(time.Hour) }, []string{"link sent", "link died"}},
		"another kite user": {func(h *harness) {
			h.login(asha, "AB1234")
			h.pass(time.Minute)
			h.kite.Browser(h.link(asha, "").URL, "CD5678")
			h.pass(time.Minute)
		}, []string{"link sent", "bound", "link sent", "bound", "changed user"}},
		"another person's kite user": {func(h *harness) {
			h.login(asha, "AB1234")
			h.kite.Browser(h.link(ravi, "").URL, "AB1234")
			h.pass(time.Minute)
		}, []string{"link sent", "bound", "link sent", "refused"}},
		"a second login through the same link": {func(h *harness) {
			link := h.login(asha, "AB1234")
			h.kite.Browser(link.URL, "CD5678")
			for range 2 {
				_, _ = h.call(asha)
			}
		}, []string{"link sent", "bound", "usurped"}},
		"the server's word": {func(h *harness) {
			h.login(asha, "AB1234")
			h.kite.Restart()
			for range 2 {
				_, _ = h.call(asha)
			}
		}, []string{"link sent", "bound", "resumed: ended", "ended"}},
		"a logout": {func(h *harness) {
			h.login(asha, "AB1234")
			for range 2 {
				h.leave(asha)
			}
		}, []string{"link sent", "bound", "logged out"}},
		"a logout with nothing but a link": {func(h *harness) {
			h.link(asha, "")
			synctest.Wait() // the watcher has looked at it
			h.leave(asha)
			h.pass(time.Hour)
		}, []string{"link sent"}},
	} {
		t.Run(name, func(t *testing.T) {
			metered(t, func(h *harness, l *recordedMeter) {
				test.play(h)
				l.want(t, test.want...)
			})
		})
	}
}

// A session that is spoken for without its stream is told with its first answer.
func TestMeterOfResumes(t *testing.T) {
	metered(t, func(h *harness, l *recordedMeter) {
		h.login(asha, "AB1234")
		h.wantAnswer(asha, "AB1234")
		l.want(t, "link sent", "bound") // over its stream
		h.kite.DropStreams()
		h.wantAnswer(asha, "AB1234")
		h.wantAnswer(asha, "AB1234")
		l.want(t, "resumed: ok")
		h.restart()
		h.kite.Down.Store(true)
		if _, err := h.call(asha); err == nil {
			t.Error("an answer of a Kite that is down")
		}
		l.want(t, "resumed: unreachable")
		h.kite.Down.Store(false)
		h.wantAnswer(asha, "AB1234")
		l.want(t)
	})
}

// Counts are of the people in memory, in the words of the states.
func TestCounts(t *testing.T) {
	testPool(t, func(h *harness) {
		h.wantCounts(map[string]int{})
		h.login(asha, "AB1234")
		h.wantCounts(map[string]int{"logged in": 1})
		h.link(ravi, "")
		h.wantCounts(map[string]int{"logged in": 1, "link sent": 1})
		h.kite.DropStreams()
		h.pass(time.Second)
		h.wantCounts(map[string]int{"parked": 1, "link sent": 1})
		h.restart() // the link is watched on, the login waits on disk until it is asked for
		h.wantCounts(map[string]int{"parked": 1, "link sent": 1})
		h.wantAnswer(asha, "AB1234")
		h.wantCounts(map[string]int{"parked": 1, "link sent": 1})
	})
}

// A bug met while an event is told is logged without the value of the panic, which may
// quote a login.
func TestAPanicIsLoggedByItsKind(t *testing.T) {
	testPool(t, func(h *harness) {
		var log bytes.Buffer
		h.logger = slog.New(slog.NewTextHandler(&log, nil))
		h.restart()
		h.onEvent = func(session.Event) { panic("a bug with RELIANCE") }
		h.kite.Browser(h.link(asha, "").URL, "AB1234")
		h.pass(time.Minute) // the pool notices the login by itself
		if text := log.String(); strings.Contains(text, "RELIANCE") || !strings.Contains(text, "panic=string") {
			t.Errorf("the log has the value of the panic, or not its kind:\n%s", text)
		}
	})
}
