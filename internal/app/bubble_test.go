package app_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	simkite "kitebot/internal/sim/kite"
	simtg "kitebot/internal/sim/telegram"
)

// bubble is a world whose clocks are all in its own hand: the real program, the
// real libraries, both simulators and a real file, over a network within the
// process. Time passes when everybody waits, so that hours take milliseconds.
type bubble struct {
	*world
	plug           *plug // of the bot that runs
	kiteAt, chatAt *host
}

const (
	kiteAddress = "127.0.0.1:1"
	chatAddress = "127.0.0.1:2"
)

// ist is where the people of these tests live.
var ist = time.FixedZone("IST", 5*60*60+30*60)

// inBubble runs a test in a bubble. It is a Monday, at this
// time of the day in India.
func inBubble(t *testing.T, at time.Duration, test func(*bubble)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		<-time.After(time.Until(time.Date(2000, 1, 3, 0, 0, 0, 0, ist).Add(at)))
		n := newNetwork(kiteAddress, chatAddress)
		w := &world{
			t: t, kite: simkite.New(simkite.Options{BaseURL: "http://" + kiteAddress}), tg: simtg.New(simtg.Options{Token: token}),
			kiteU: "http://" + kiteAddress, tgURL: "http://" + chatAddress, store: filepath.Join(t.TempDir(), "bot.db"), token: token,
		}
		w.tg.SetNextUpdateID(700_000_000)
		b := &bubble{world: w, kiteAt: n.hosts[kiteAddress], chatAt: n.hosts[chatAddress]}
		w.plugIn = func() dialFunc {
			b.plug = &plug{network: n}
			return b.plug.dial
		}
		serveAt(t, b.kiteAt, w.kite, w.kite.Close)
		serveAt(t, b.chatAt, w.tg, w.tg.Close)
		t.Cleanup(w.check)
		test(b)
	})
}

// serveAt answers at a host until the test is over.
func serveAt(t *testing.T, h *host, handler http.Handler, closeAll func()) {
	s, over := &http.Server{Handler: handler}, make(chan struct{})
	go func() {
		defer close(over)
		_ = s.Serve(h)
	}()
	t.Cleanup(func() {
		closeAll()
		_ = s.Close()
		<-over
	})
}

// pass lets time pass, and waits until what it brought about has settled.
func (b *bubble) pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// kill is what the bot's process being killed looks like from everywhere else:
// its lines break, it never says another word, and its file stays as it was at
// that moment. The next start is on that file. (A process that really is killed:
// TestKilledBot.)
func (b *bubble) kill() {
	b.t.Helper()
	synctest.Wait()
	b.plug.pull()
	left := filepath.Join(b.t.TempDir(), "bot.db")
	for _, name := range []string{"", ".key"} {
		copyFile(b.t, b.store+name, left+name)
	}
	_ = b.stop() // only now: nothing that it still does can be seen
	b.stop, b.store = nil, left
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(out, in)
	if failed := out.Close(); err != nil || failed != nil {
		t.Fatal(err, failed)
	}
}

// The bubble holds the whole program: a day of it, to the cut-off of the next
// morning, in a moment.
func TestBubble(t *testing.T) {
	inBubble(t, 20*time.Hour, func(b *bubble) {
		b.start()
		p := b.person(asha, "Asha")
		p.login(ashaUser)
		b.pass(time.Hour)
		p.ask("/holdings", headline(ashaUser))
		b.kill()
		b.pass(time.Minute)
		b.start()
		p.ask("/holdings", headline(ashaUser))
		b.pass(9*time.Hour + 10*time.Minute)
		p.ask("/holdings", "Your login is probably over")
		b.restart()
	})
}
