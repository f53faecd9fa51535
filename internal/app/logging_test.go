package app_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"kitebot/internal/app"
)

// The last net: whatever looks like a secret does not get out, wherever in a
// line it stands.
func TestLogsAreRedacted(t *testing.T) {
	const (
		otherToken = "987654321:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
		id         = "3f2b8c1e-0a4d-4c6e-9b7a-1d2e3f4a5b6c"
		today      = "https://mcp.kite.trade/authorize?session_id=short-enough"
		link       = "https://kite.zerodha.com/connect/login?api_key=kitemcp&v=3&redirect_params=session_id%3D" + id
	)
	for _, json := range []bool{true, false} {
		var out bytes.Buffer
		log := app.NewLogger(&out, app.Config{Token: token, LogJSON: &json})
		log.Info("calling /bot"+token+"/getMe", "other", otherToken, "id", id, "with prefix", "kitemcp-"+id)
		log.With("bound", link).Error("failed", "err", fmt.Errorf("post %s: %w", link, errors.New("token "+token)))
		log.Warn("nested", slog.Group("g", "link", link, "list", []string{token, id}, "today", today))
		for _, secret := range []string{token, otherToken, id, "redirect_params", "kitemcp-3f", "short-enough"} {
			if strings.Contains(out.String(), secret) {
				t.Errorf("json=%v: %q got out:\n%s", json, secret, out.String())
			}
		}
		if n := strings.Count(out.String(), "•••"); n < 8 {
			t.Errorf("json=%v: only %d places were redacted:\n%s", json, n, out.String())
		}
		if !strings.Contains(out.String(), "getMe") || !strings.Contains(out.String(), "ERROR") {
			t.Errorf("json=%v: harmless words are lost:\n%s", json, out.String())
		}
	}
}

func TestLogLevel(t *testing.T) {
	var out bytes.Buffer
	log := app.NewLogger(&out, app.Config{LogLevel: slog.LevelWarn})
	log.Info("not this")
	log.Warn("but this")
	if got := out.String(); strings.Contains(got, "not this") || !strings.Contains(got, `"msg":"but this"`) {
		t.Errorf("log: %s", got)
	}
}

// Durations are short texts with their unit, in both forms.
func TestLogDurations(t *testing.T) {
	for form, want := range map[bool]string{true: `"took":"1.235s"`, false: "took=1.235s"} {
		var out bytes.Buffer
		app.NewLogger(&out, app.Config{LogJSON: &form}).Info("command", "took", 1234567890*time.Nanosecond)
		if !strings.Contains(out.String(), want) {
			t.Errorf("json=%v: %s", form, out.String())
		}
	}
}
