package ops_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/ops"
)

// call is a call to a far end, some time after the one before.
type call struct {
	after   time.Duration
	problem string
}

// far plays calls to a far end in a bubble, lets time pass, and looks at what is
// known of it then.
func far(t *testing.T, calls []call, later time.Duration, look func(*ops.Streak)) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		s := ops.NewStreak(time.Now)
		for _, c := range calls {
			time.Sleep(c.after) // in a bubble: the clock jumps
			s.Heard(c.problem)
		}
		time.Sleep(later)
		look(s)
	})
}

// A far end is in problem from the first call that goes wrong until one that does
// not, and nothing is known of it before the first and long after the last. Only
// three calls over a minute are more than a hiccup.
func TestStreak(t *testing.T) {
	const refused, erring, unclear = "refused", "errors", "unclear"
	for name, test := range map[string]struct {
		calls   []call
		later   time.Duration
		problem string // "" for none
		unknown string // "" for known
		lasting bool
	}{
		"never asked":          {unknown: "not asked yet"},
		"answers":              {calls: []call{{0, ""}}, later: time.Hour},
		"one call":             {calls: []call{{0, refused}}, later: 9 * time.Minute, problem: "no answer (refused), 1 call"},
		"two, far apart":       {calls: []call{{0, refused}, {9 * time.Minute, "dns"}}, problem: "no answer (dns), 2 calls in a row"},
		"three at once":        {calls: []call{{0, refused}, {0, refused}, {59 * time.Second, refused}}, later: time.Minute, problem: "no answer (refused), 3 calls in a row"},
		"three in a minute":    {calls: []call{{0, refused}, {0, refused}, {time.Minute, refused}}, problem: "no answer (refused), 3 calls in a row", lasting: true},
		"not asked for long":   {calls: []call{{0, refused}, {0, refused}, {time.Minute, refused}}, later: 10*time.Minute + 1, unknown: "not asked since it last failed"},
		"asked again":          {calls: []call{{0, refused}, {0, refused}, {time.Minute, refused}, {time.Hour, refused}}, problem: "no answer (refused), 4 calls in a row", lasting: true},
		"hiccups hours apart":  {calls: []call{{0, refused}, {0, refused}, {7 * time.Hour, refused}}, problem: "no answer (refused), 1 call"},
		"an answer ends it":    {calls: []call{{0, refused}, {0, refused}, {time.Minute, refused}, {0, ""}}},
		"any answer does":      {calls: []call{{0, refused}, {0, unclear}}},
		"and in between":       {calls: []call{{0, refused}, {time.Minute, ""}, {time.Minute, refused}, {0, refused}}, problem: "no answer (refused), 2 calls in a row"},
		"errors":               {calls: []call{{0, ""}, {0, erring}}, problem: "it answers with errors, 1 call"},
		"errors that last":     {calls: []call{{0, erring}, {0, unclear}, {time.Minute, erring}, {time.Minute, erring}}, problem: "it answers with errors, 3 calls in a row", lasting: true},
		"a profile is unclear": {calls: []call{{0, unclear}, {time.Minute, unclear}, {time.Minute, unclear}}},
		"errors, then silence": {calls: []call{{0, erring}, {0, refused}, {0, unclear}}},
	} {
		t.Run(name, func(t *testing.T) {
			far(t, test.calls, test.later, func(s *ops.Streak) {
				err := s.Check()
				problem, unknown := "", ""
				if v, ok := errors.AsType[*ops.Problem](err); ok {
					problem = v.Detail
				}
				if v, ok := errors.AsType[*ops.Note](err); ok && v.Unknown {
					unknown = v.Detail
				}
				if problem != test.problem || unknown != test.unknown || (s.Lasting() != nil) != test.lasting {
					t.Errorf("problem %q, unknown %q, lasting %v; want %q, %q, %v", problem, unknown, s.Lasting(), test.problem, test.unknown, test.lasting)
				}
			})
		})
	}
}

// An outage is reported once when it begins and once when it is over, however many
// calls there are.
func TestOutages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		s := ops.NewStreak(time.Now)
		var told []string
		s.Tell(func(o ops.Outage) { told = append(told, fmt.Sprint(o.Since.Sub(began), " ", o.Cause, " ", o.Lasts)) })
		calls := func(gap time.Duration, troubles ...string) {
			for _, problem := range troubles {
				time.Sleep(gap)
				s.Heard(problem)
			}
		}
		calls(time.Second, "", "refused", "", "refused", "dns", "", "timeout", "timeout") // hiccups
		if told != nil {
			t.Errorf("told %q", told)
		}
		calls(time.Minute, "timeout", "refused", "refused", "", "", "errors", "errors", "unclear", "errors", "errors", "")
		if want := []string{"7s timeout 0s", "7s  4m1s", "6m8s errors 0s", "6m8s  5m0s"}; !slices.Equal(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
	})
}
