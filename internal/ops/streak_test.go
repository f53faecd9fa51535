package ops_test

import (
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/ops"
)

// A far end is silent after three calls over a minute without an answer, until
// it answers, or nobody has asked it for a quarter of an hour.
func TestStreak(t *testing.T) {
	const heard, silent = true, false
	type step struct {
		after time.Duration
		heard bool
	}
	for name, test := range map[string]struct {
		steps  []step
		later  time.Duration
		up     bool
		detail string // "" for no trouble
	}{
		"never asked":                  {up: true},
		"answers":                      {steps: []step{{0, heard}}, later: time.Hour, up: true},
		"one call":                     {steps: []step{{0, silent}}, later: 10 * time.Minute},
		"two calls, far apart":         {steps: []step{{0, silent}, {10 * time.Minute, silent}}},
		"three calls at once":          {steps: []step{{0, silent}, {0, silent}, {59 * time.Second, silent}}, later: time.Minute},
		"three calls in a minute":      {steps: []step{{0, silent}, {0, silent}, {time.Minute, silent}}, detail: "no answer for 1 min, 3 calls"},
		"and ten minutes later":        {steps: []step{{0, silent}, {0, silent}, {time.Minute, silent}}, later: 10 * time.Minute, detail: "no answer for 11 min, 3 calls"},
		"nobody asked for long":        {steps: []step{{0, silent}, {0, silent}, {time.Minute, silent}}, later: 15*time.Minute + 1},
		"asked again after long":       {steps: []step{{0, silent}, {0, silent}, {time.Minute, silent}, {time.Hour, silent}}, detail: "no answer for 61 min, 4 calls"},
		"an answer ends it":            {steps: []step{{0, silent}, {0, silent}, {time.Minute, silent}, {0, heard}}, up: true},
		"an answer in between":         {steps: []step{{0, silent}, {time.Minute, silent}, {0, heard}, {time.Minute, silent}, {0, silent}}},
		"silent again after an answer": {steps: []step{{0, silent}, {0, heard}, {0, silent}, {time.Minute, silent}, {0, silent}}, detail: "no answer for 1 min, 3 calls"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := ops.NewStreak(time.Now)
				for _, step := range test.steps {
					time.Sleep(step.after) // in a bubble: the clock jumps
					s.Heard(step.heard)
				}
				time.Sleep(test.later)
				detail := ""
				if trouble := s.Trouble(); trouble != nil {
					detail = trouble.Detail
				}
				if s.Up() != test.up || detail != test.detail {
					t.Errorf("up %v, %q; want %v, %q", s.Up(), detail, test.up, test.detail)
				}
			})
		})
	}
}
