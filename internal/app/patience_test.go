package app_test

import (
	"testing"
	"time"

	simkite "kitebot/internal/sim/kite"
)

// asked counts the calls of each tool that the server got since so many.
func (w *world) asked(since int) (profiles int, others map[string]int) {
	others = map[string]int{}
	for _, call := range w.kite.Calls()[since:] {
		if call.Tool == "get_profile" {
			profiles++
		} else {
			others[call.Tool]++
		}
	}
	return profiles, others
}

// Kite limits, or fails, everything. The parts of /portfolio share one patience:
// each tool is asked once, and who is logged in three times.
func TestAFailingPortfolioAsksLittle(t *testing.T) {
	inBubble(t, 10*time.Hour, func(b *bubble) {
		b.start()
		p := b.person(asha, "Asha")
		p.login(ashaUser)
		b.kite.Inject(simkite.Fault{Kind: simkite.UpstreamFailure})
		before := len(b.kite.Calls())
		p.ask("/portfolio", "Kite is not answering, or your login has ended")
		profiles, others := b.asked(before)
		if profiles != 3 {
			t.Errorf("who is logged in was asked %d times, want 3", profiles)
		}
		if len(others) < 3 {
			t.Errorf("asked %v, want each part", others)
		}
		for tool, n := range others {
			if n != 1 {
				t.Errorf("%s was asked %d times, want once", tool, n)
			}
		}
	})
}

// Kite fails one tool of an account that is well, as its limits do: it is asked
// again a second later.
func TestALimitedToolIsAskedAgainLater(t *testing.T) {
	inBubble(t, 10*time.Hour, func(b *bubble) {
		b.start()
		p := b.person(asha, "Asha")
		p.login(ashaUser)
		b.kite.Inject(simkite.Fault{Kind: simkite.UpstreamFailure, Tool: "get_holdings", Times: 1})
		before, began := len(b.kite.Calls()), time.Now()
		p.ask("/holdings", headline(ashaUser))
		if took := time.Since(began); took < time.Second || took > 2*time.Second {
			t.Errorf("the answer took %v, want about a second", took)
		}
		// A proof of the login, and one that is younger than the answer.
		if profiles, others := b.asked(before); others["get_holdings"] != 2 || profiles != 2 {
			t.Errorf("asked %v, and %d times who is logged in", others, profiles)
		}
	})
}

// Who types /login gets a link at once, whatever ails the login that is there: Kite has
// dropped it, fails, or hangs. The login is kept, and no session is asked twice for a link.
func TestLoginIsQuick(t *testing.T) {
	for name, tt := range map[string]struct {
		harm func(*bubble)
		most time.Duration
	}{
		"Kite has dropped the login": {func(b *bubble) { b.kite.EndKiteLogins(ashaUser) }, 0},
		"Kite fails":                 {func(b *bubble) { b.kite.Inject(simkite.Fault{Kind: simkite.UpstreamFailure, Tool: "get_profile"}) }, 0},
		"Kite hangs":                 {func(b *bubble) { b.kite.Inject(simkite.Fault{Kind: simkite.UpstreamHang, Tool: "get_profile"}) }, 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, 10*time.Hour, func(b *bubble) {
				b.start()
				p := b.person(asha, "Asha")
				p.login(ashaUser)
				time.Sleep(time.Minute)
				tt.harm(b)
				began := time.Now()
				m := p.ask("/login", "Your login does not answer just now")
				if took := time.Since(began); took > tt.most+100*time.Millisecond {
					t.Errorf("the link took %v, want %v at most", took, tt.most)
				}
				time.Sleep(10 * time.Second)
				began = time.Now()
				again := p.ask("/login", "Your login does not answer just now") // with a young link
				if took := time.Since(began); took > 2*tt.most+100*time.Millisecond {
					t.Errorf("the link took %v again, want %v at most", took, 2*tt.most)
				}
				first, _ := m.Button("Log in to Kite")
				if second, _ := again.Button("Log in to Kite"); first.URL != second.URL {
					t.Error("a young link was replaced")
				}
			})
		})
	}
}
