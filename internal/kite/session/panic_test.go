package session_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"kitebot/internal/kite/session"
)

// A bug met while an event is told is logged without the value of the panic, which may
// quote a login.
func TestAPanicIsLoggedByItsKind(t *testing.T) {
	inWorld(t, func(w *world) {
		var log bytes.Buffer
		w.logger = slog.New(slog.NewTextHandler(&log, nil))
		w.restart()
		w.onEvent = func(session.Event) { panic("a bug with RELIANCE") }
		w.kite.Browser(w.link(asha, "").URL, "AB1234")
		w.pass(time.Minute) // the pool notices the login by itself
		if text := log.String(); strings.Contains(text, "RELIANCE") || !strings.Contains(text, "panic=string") {
			t.Errorf("the log has the value of the panic, or not its kind:\n%s", text)
		}
	})
}
