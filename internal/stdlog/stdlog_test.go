package stdlog_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kitebot/internal/stdlog"
)

// Of a line of a library no word behind its known beginning gets out.
func TestWordsAreLeftOut(t *testing.T) {
	for line, want := range map[string]string{
		"Unsolicited response received on idle HTTP channel starting with \"RELIANCE 1402.55\"; err=<nil>": "Unsolicited response received on idle HTTP channel",
		"http: TLS handshake error from RELIANCE: RELIANCE":                                                "http: TLS handshake error",
		"RELIANCE 1402.55": "unknown",
		"":                 "unknown",
		"http: panic serving 127.0.0.1:9: RELIANCE\n\ngoroutine 7 [running]:\nmain.f({0x1, 0x2})\n": "main.f",
		"http: panic serving 127.0.0.1:9: RELIANCE without a stack":                                 "panicked",
	} {
		var out bytes.Buffer
		stdlog.New(slog.NewTextHandler(&out, nil), slog.LevelWarn).Print(line)
		if got := out.String(); strings.Contains(got, "RELIANCE") || !strings.Contains(got, want) || strings.Count(got, "\n") != 1 {
			t.Errorf("%q becomes %s", line, got)
		}
	}
}

// The bug in a handler is told with its stack, at every level, and without the
// value of the panic.
func TestAPanicOfAHandler(t *testing.T) {
	var out bytes.Buffer
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("RELIANCE 1402.55") }))
	s.Config.ErrorLog = stdlog.New(slog.NewTextHandler(&out, nil), slog.LevelDebug)
	s.Start()
	if resp, err := http.Get(s.URL); err == nil {
		resp.Body.Close()
		t.Error("a handler that panicked answered")
	}
	s.Close()
	if got := out.String(); strings.Contains(got, "RELIANCE") || !strings.Contains(got, "level=ERROR") || !strings.Contains(got, "TestAPanicOfAHandler") {
		t.Errorf("the log says %s", got)
	}
}
