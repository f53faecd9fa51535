package app_test

import (
	"strings"
	"testing"

	simkite "kitebot/internal/sim/kite"
)

// An operator looks at a bot that people use: what it counts, how its parts are,
// and the error whose reference a person was shown.
func TestOperatorsGlance(t *testing.T) {
	w := newWorld(t, simkite.Options{})
	c := w.config()
	c.Admins.IDs = map[int64]bool{ravi: true}
	w.startWith(c)
	p, operator := w.person(asha, "Asha"), w.person(ravi, "Ravi")
	p.login(ashaUser)
	p.ask("/admin", "I do not know /admin")
	if m := operator.ask("/admin", "All is well"); !strings.Contains(m.Text, "store: ok\ntelegram: ok") || !strings.Contains(m.Text, "1 logged in") {
		t.Errorf("the operator sees\n%s", m.Text)
	}
	w.kite.Inject(simkite.Fault{Kind: simkite.UpstreamFailure, Tool: "get_margins", Times: -1})
	_, ref, found := strings.Cut(p.ask("/funds", "Reference").Text, "Reference ")
	if ref = strings.TrimSpace(ref); !found || len(ref) != 6 {
		t.Fatalf("the reference is %q", ref)
	}
	w.logs.wait(t, "ref="+ref+" command=funds outcome=") // it is done with a moment after its answer
	operator.ask("/admin "+strings.ToLower(ref), "Error "+ref)
	m := operator.ask("/admin", ref)
	if !strings.Contains(m.Text, "1 failed") || strings.Contains(m.Text, ashaUser) {
		t.Errorf("the operator sees\n%s", m.Text)
	}
}
