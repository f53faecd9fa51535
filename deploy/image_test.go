// Package deploy_test plays with the container image as its users would.
package deploy_test

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	simtg "kitebot/internal/sim/telegram"
)

// handOver is how long an upgrade may take: from telling the old container to
// stop until the new one has answered somebody.
const handOver = 2 * time.Second

// image is the one to try; deploy/check.sh builds it and names it.
func image(t *testing.T, variable string) string {
	t.Helper()
	name := os.Getenv(variable)
	if name == "" {
		t.Skip(variable + " names no image: deploy/check.sh builds it and runs this test on it")
	}
	return name
}

// measured prints a number that deploy/check.sh repeats.
func measured(t *testing.T, format string, args ...any) {
	t.Helper()
	t.Logf("measured: "+format, args...)
}

// The image logs somebody in and shows their holdings, and both the volume and
// the secrets from files carry the login over a restart of the container.
func TestImageServes(t *testing.T) {
	w := newWorld(t, 1)
	c := w.container(image(t, "KITEBOT_IMAGE"), "first")
	p := w.people[0]

	measured(t, "%d ms from start to healthy, %d ms of them in the program", c.start().Milliseconds(), c.startedIn().Milliseconds())
	p.login()
	first := p.ask("/holdings", "₹")
	p.ask("/allocation", "Largest") // a picture
	c.end()
	c.start()
	if got, want := headline(p.ask("/holdings", "₹")), headline(first); got != want {
		t.Errorf("after a restart the holdings are %q, before it %q", got, want)
	}
	c.end()
	if n := len(w.kite.Links()); n != 1 {
		t.Errorf("%d login links were made, want one", n)
	}
}

// headline is a message's first line: the total, without the time of asking.
func headline(m simtg.Message) string {
	line, _, _ := strings.Cut(m.Text, "\n")
	return line
}

// upgraders is how many people ask while the container is replaced.
const upgraders = 20

// Twenty people go on asking while the container is replaced by the next
// version on the same volume, and back, and once more. Each question gets one
// answer, and nobody has to log in again. The time of a hand-over is also the
// engine's and the machine's, so the fastest of the three is compared.
func TestUpgradeUnderLoad(t *testing.T) {
	w := newWorld(t, upgraders)
	now, later := image(t, "KITEBOT_IMAGE"), image(t, "KITEBOT_IMAGE_NEXT")
	running := w.container(now, "old")
	running.start()
	w.all(func(p *phone) { p.login() })

	talk := w.talk()
	talk.until(10) // everybody has asked some things
	cpu, store := running.cost()
	measured(t, "cost: %d ms of CPU for %d questions, %d logins and the start; the store has %d KB",
		cpu.Milliseconds(), talk.questions(), len(w.people), store>>10)
	var took []time.Duration
	for n, version := range []string{later, now, later} {
		next := w.container(version, fmt.Sprintf("next-%d", n+1))
		took = append(took, w.replace(running, next))
		running = next
		talk.until(10)
	}
	talk.end()

	measured(t, "upgrade under load: %d people, %d questions, all answered; the longest wait was %d ms",
		len(w.people), talk.questions(), talk.longest().Milliseconds())
	if fastest := slices.Min(took); fastest > handOver {
		t.Errorf("the hand-overs took %v, want %v at most of the fastest", took, handOver)
	}
	if n := len(w.kite.Links()); n != len(w.people) {
		t.Errorf("%d login links were made for %d people", n, len(w.people))
	}
	for _, p := range w.people {
		p.checkAnswers()
	}
	running.end()
}

// replace stops one container, starts the next one, and says how long it was
// from the stop until the new one answered somebody. Both are made already.
func (w *world) replace(old, next *container) time.Duration {
	w.t.Helper()
	from := len(w.tg.Calls())
	old.checkMemory()
	began := time.Now()
	old.stop()
	gone := time.Now()
	next.start()
	first := w.firstAnswer(from, gone)
	measured(w.t, "hand-over: %d ms from stop to first answer; the old one was gone after %d ms, the new one healthy after %d ms",
		first.Sub(began).Milliseconds(), gone.Sub(began).Milliseconds(), next.healthy.Sub(began).Milliseconds())
	old.checkEnd()
	return first.Sub(began)
}

// firstAnswer waits for the first message sent after a moment, and says when it
// came. Calls before number from are not looked at.
func (w *world) firstAnswer(from int, after time.Time) time.Time {
	w.t.Helper()
	var at time.Time
	err := w.tg.WaitCalls(w.patient(), func(calls []simtg.Call) bool {
		i := slices.IndexFunc(calls[from:], func(c simtg.Call) bool {
			return strings.HasPrefix(c.Method, "send") && c.Method != "sendChatAction" && c.At.After(after)
		})
		if i >= 0 {
			at = calls[from+i].At
		}
		return i >= 0
	})
	if err != nil {
		w.t.Fatalf("nobody was answered: %v", err)
	}
	return at
}

// checkAnswers: as many answers as questions, and none of them offers a login.
func (p *phone) checkAnswers() {
	p.t.Helper()
	answers := 0
	for _, m := range p.Chat()[p.loggedIn:] {
		if !m.FromBot {
			continue
		}
		answers++
		if _, login := m.Button("Log in"); login {
			p.t.Errorf("%s was asked to log in again: %s", p.FirstName, m)
		}
	}
	if answers != p.asked {
		p.t.Errorf("%s asked %d times and was answered %d times:\n%s", p.FirstName, p.asked, answers, simtg.Transcript(p.Chat()[p.loggedIn:]))
	}
}

// login sends /login and finishes it in a browser; the bot notices by itself.
func (p *phone) login() {
	p.t.Helper()
	link, err := p.try("/login", "Log in to Kite")
	if err != nil {
		p.t.Error(err)
		return
	}
	button, _ := link.Button("Log in to Kite")
	if status, body := p.w.kite.CompleteLogin(p.t.Context(), button.URL, p.user); status != http.StatusOK {
		p.t.Errorf("login page: %d %s", status, body)
		return
	}
	if _, err := p.wait(link.ID-1, fmt.Sprintf("(%s)", p.user)); err != nil {
		p.t.Error(err)
	}
	p.loggedIn = len(p.Chat())
}
