package app_test

import (
	"cmp"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the fault matrix and docs/reliability.md anew")

// The fault matrix: the whole program plays each fault at each moment in fake
// time. testdata/reliability holds what the person sees and what becomes of the
// login, docs/reliability.md which promises hold.

// fault is a row: something that goes wrong, and how it begins and ends.
type fault struct {
	name   string
	what   string // a sentence or two for the page
	inject func(*scenario)
	heal   func(*scenario) // nil: it passes by itself, or stays
	// at is the time of day in India when the scenario begins; zero: 10:00.
	at time.Duration
	// ripen brings a person who has logged in to where the fault can happen; nil: five minutes pass.
	ripen func(*scenario)
	// lasts is how long the fault is watched before it heals; zero: two minutes.
	lasts time.Duration
	// ask is what the person does while it lasts; nil: they send /holdings.
	ask *act
	// askBefore is what they had done when the fault strikes in a call; nil: they sent /holdings.
	askBefore *act
	// mute: the person cannot reach the bot while it lasts.
	mute bool
	// presses is how often they press Done; zero: once.
	presses int
	// rough: waits are drawn at random here, so that they are told as "within" a multiple of it; zero: they are exact.
	rough time.Duration
	// never are the moments at which it cannot happen, and why.
	never map[string]string
}

// act is something that a person does.
type act struct {
	did string
	do  func(*scenario)
}

// cell is a place in the matrix, by the names of its fault and its moment.
type cell struct{ fault, moment string }

// moment is a column: how far the person is when the fault strikes.
type moment struct {
	name string
	what string
	play func(*scenario)
}

// part is a part of the matrix.
type part struct {
	name   string // of its golden file
	title  string
	faults []fault
}

func parts() []part {
	return []part{
		{"kite", "Kite, its MCP server, and the way there", kiteFaults()},
		{"telegram", "Telegram, the way there, and what people do in it", telegramFaults()},
		{"us", "The bot’s process, its file and its machine", ourFaults()},
	}
}

// result is the matrix as it was played.
type result struct {
	right  string // how the person's holdings begin
	theirs totals // of somebody else

	mu    sync.Mutex
	cells map[cell]outcome
}

func (r *result) put(at cell, o outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cells[at] = o
}

// TestFaultMatrix plays every cell and compares what it came to with what is
// written down. With -update it writes that down, and the page made of it.
func TestFaultMatrix(t *testing.T) {
	r := &result{cells: map[cell]outcome{}, right: headline(raviUser), theirs: exactTotals(ashaUser)}
	t.Run("play", func(t *testing.T) {
		for _, p := range parts() {
			for _, f := range p.faults {
				r.play(t, f)
			}
		}
	})
	switch {
	case t.Failed():
		return
	case len(r.cells) < r.expected():
		t.Skip("only some cells were played: nothing is compared")
	}
	for _, p := range parts() {
		golden(t, filepath.Join("testdata", "reliability", p.name+".txt"), r.transcript(p))
	}
	golden(t, filepath.Join("..", "..", "docs", "reliability.md"), r.page())
}

// play plays a fault at every moment, each with a system of its own.
func (r *result) play(t *testing.T, f fault) {
	for _, m := range moments() {
		if _, never := f.never[m.name]; never {
			continue
		}
		t.Run(strings.ReplaceAll(f.name+", "+m.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			inFakeTime(t, cmp.Or(f.at, 10*time.Hour), func(b *fakeTimeSystem) {
				s := &scenario{fakeTimeSystem: b, fault: &f, right: r.right, p: b.person(ravi, "Ravi")}
				b.start()
				synctest.Wait()
				m.play(s)
				s.checkFigures(r.theirs)
				s.out.rough = f.rough
				r.put(cell{f.name, m.name}, s.out)
			})
		})
	}
}

func (r *result) expected() (n int) {
	for _, p := range parts() {
		for _, f := range p.faults {
			n += len(moments()) - len(f.never)
		}
	}
	return n
}

// golden compares a text with the committed one, or writes it.
func golden(t *testing.T, file, text string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v: go test ./internal/app -run TestFaultMatrix -update writes it", err)
	}
	if diff := gocmp.Diff(strings.Split(string(want), "\n"), strings.Split(text, "\n")); diff != "" {
		t.Errorf("%s is not what ran (-want +got); if that is right, go test ./internal/app -run TestFaultMatrix -update:\n%s", file, diff)
	}
}

// The columns.
const (
	beforeLogin = "before login"
	linkSent    = "link sent"
	idle        = "logged in, idle"
	inCall      = "in a call"
	atShutdown  = "at shutdown"
)

func moments() []moment {
	return []moment{
		{beforeLogin, "The fault is there; the person sends /login.", playBeforeLogin},
		{linkSent, "The person has a login link; the fault comes; they finish the login in the browser and press Done.", playLinkSent},
		{idle, "The person logged in five minutes ago; the fault comes; two quiet minutes later they send /holdings.", playIdle},
		{inCall, "The person has sent /holdings, and Kite has the question, when the fault comes.", playInCall},
		{atShutdown, "The same, and the bot is told to stop at that moment. Then the fault ends and the bot is started again.", playAtShutdown},
	}
}

// stopTime is within how long the bot is gone when it is told to stop.
const stopTime = 8 * time.Second

func playBeforeLogin(s *scenario) {
	s.inject()
	s.out.main = s.step("/login", s.lasting(), func() { s.p.Send("/login") })
	s.step(quietly, time.Minute, s.heal)
	m, ok := s.linkOut()
	if !ok {
		s.step("/login", time.Minute, func() { s.p.Send("/login") })
		if m, ok = s.linkOut(); !ok {
			s.t.Fatalf("no login link although it is over; log:\n%s", s.tail())
		}
	}
	s.step("logs in in the browser", time.Minute, func() {
		if problem := s.browser(m, raviUser); problem != "" {
			s.t.Errorf("the browser shows %q", problem)
		}
	})
	s.links = len(s.kite.LoginLinks())
	s.conclude()
}

func playLinkSent(s *scenario) {
	s.link = s.p.ask("/login", "Log in to Kite")
	s.links = 1
	s.pass(time.Minute + offBeat)
	s.inject()
	s.out.main = s.finish("logs in in the browser, presses Done")
	done := s.loggedIn()
	s.step(quietly, time.Minute, s.heal)
	if !done && !s.loggedIn() {
		if _, ok := s.linkOut(); ok {
			s.finish("tries the link again")
		}
	}
	if !s.loggedIn() {
		s.step("/login", time.Minute, func() { s.p.Send("/login") })
		s.links = len(s.kite.LoginLinks())
		s.finish("logs in in the browser")
	}
	s.out.sameLink = s.links == 1
	s.conclude()
}

// finish is what a person does with a link.
func (s *scenario) finish(did string) *step {
	problem := ""
	st := s.step(did, s.lasting(), func() {
		if m, ok := s.linkOut(); ok {
			s.link = m
		}
		problem = s.browser(s.link, raviUser)
		if b, ok := s.link.Button("Done"); ok && !s.muted {
			for range max(1, s.fault.presses) {
				_, _ = s.p.Press(s.link.ID, b.Data) // the message may have gone by now
			}
		}
	})
	st.browser = problem
	return st
}

func (s *scenario) loggedIn() bool {
	for _, m := range s.p.Chat() {
		if m.FromBot && look(m, s.right).is(loggedIn) {
			return true
		}
	}
	return false
}

func playIdle(s *scenario) {
	s.login()
	s.inject()
	s.step(twoQuietMinutes, 2*time.Minute, nil)
	s.out.main = s.asks()
	s.settle()
}

func playInCall(s *scenario) {
	s.login()
	did, release := s.underWay()
	s.out.main = s.step(did, s.lasting(), func() {
		s.inject()
		synctest.Wait()
		release()
	})
	s.settle()
}

func playAtShutdown(s *scenario) {
	s.login()
	did, release := s.underWay()
	s.out.main = s.step(did+", and the bot is told to stop", s.lasting(), func() {
		began, over, stop := time.Now(), make(chan struct{}), s.stop
		go func() {
			defer close(over)
			_ = stop()
		}()
		synctest.Wait()
		s.inject()
		<-over
		if took := time.Since(began); took > stopTime {
			s.t.Errorf("the bot took %v to stop", took)
		}
		release()
	})
	s.stop = nil
	s.note()
	again := func() {
		if s.stop == nil {
			s.start()
		}
	}
	if s.muted { // the person ends it, some time later
		s.step(startedAgain, s.lasting(), again)
		s.settle()
		return
	}
	s.step(startedAgain, s.lasting(), func() { s.heal(); again() })
	s.conclude()
}
