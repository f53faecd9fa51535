package app_test

import (
	"os"
	"testing"

	simkite "kitebot/internal/sim/kite"
)

// A store that is cut to one page while the bot runs does not keep the bot from
// ending, and the next start serves people again.
func TestATruncatedStoreDoesNotHoldUpTheStop(t *testing.T) {
	w := newWorld(t, simkite.Options{})
	end := w.startProgram()
	p := w.person(asha, "Asha")
	p.ask("/help", "What I can do")
	if err := os.Truncate(w.store, int64(os.Getpagesize())); err != nil {
		t.Fatal(err)
	}
	p.Send("/status")
	w.logs.wait(t, "the store cannot be read any more")
	end()
	w.start()
	p.ask("/help", "What I can do")
}
