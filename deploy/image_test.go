// Package deploy_test plays with the container image as its users would.
package deploy_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	simtg "kitebot/internal/sim/telegram"
)

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
	w := newSystem(t, 1)
	c := w.container(image(t, "KITEBOT_IMAGE"), "first")
	p := w.people[0]

	measured(t, "%d ms from start to healthy, %d ms of them in the program", c.start().Milliseconds(), c.startedIn().Milliseconds())
	p.login()
	first := p.ask("/holdings", "₹")
	p.ask("/allocation", "Allocation") // a picture
	c.end()
	c.start()
	if got, want := headline(p.ask("/holdings", "₹")), headline(first); got != want {
		t.Errorf("after a restart the holdings are %q, before it %q", got, want)
	}
	c.end()
	if n := len(w.kite.LoginLinks()); n != 1 {
		t.Errorf("%d login links were made, want one", n)
	}
}

// headline is a message's first line: the total, without the time of asking.
func headline(m simtg.Message) string {
	line, _, _ := strings.Cut(m.Text, "\n")
	return line
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
