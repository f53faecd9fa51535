package app

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/bot"
	"kitebot/internal/ops"
)

// Operators see what /readyz tells, the vital parts first.
func TestOperationsReport(t *testing.T) {
	since := time.Date(2026, 11, 23, 4, 30, 0, 0, time.UTC)
	var health ops.Health
	health.Set("kite", func() error { return &ops.Problem{Detail: "no answer for 3 min", Since: since, Serves: true} })
	health.Set("almanac", func() error { return &ops.Note{Detail: "three to warn"} })
	health.Set("telegram", func() error { return nil })
	health.Set("store", func() error { return errors.New("no space left") })
	want := bot.OpsReport{Version: "v1.2.3", Since: since, Components: []bot.Component{
		{Name: "store", Detail: "no space left"}, {Name: "telegram", Well: true}, {Name: "almanac", Well: true, Detail: "three to warn"},
		{Name: "kite", Serves: true, Since: since, Detail: "no answer for 3 min"},
	}}
	if diff := cmp.Diff(want, operations{&health, "v1.2.3", since}.Report()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
