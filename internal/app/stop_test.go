package app_test

import (
	"strings"
	"testing"
	"time"

	simkite "kitebot/internal/sim/kite"
)

// A bot that is stopped while Kite is silent is gone within eight seconds, and
// the next process answers what it left: the command that ran and the ones
// behind it, once each.
func TestStopInTheMiddleOfACommand(t *testing.T) {
	w := newWorld(t, simkite.Options{})
	w.start()
	p := w.person(asha, "Asha")
	p.login(ashaUser)
	began, over := make(chan struct{}, 1), make(chan struct{})
	w.kite.Inject(simkite.Fault{
		Kind: simkite.Delay, Tool: "get_holdings", Times: 1, Until: over, OnHit: func() { began <- struct{}{} },
	})
	p.Send("/holdings")
	p.Send("/help")
	<-began
	start := time.Now()
	w.end()
	close(over)
	if took := time.Since(start); took > 8*time.Second {
		t.Errorf("the bot took %v to stop", took)
	}
	w.start()
	p.waitText(0, headline(ashaUser))
	p.waitText(0, "What I can do")
	answers := 0
	for _, m := range p.Chat() {
		if m.FromBot && m.Text != "" && !strings.Contains(m.Text, "Logged in as") {
			answers++
		}
	}
	if answers != 2 {
		t.Errorf("%d answers to two commands:\n%v", answers, p.Chat())
	}
}
