package app_test

import (
	"cmp"
	"flag"
	"fmt"
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

// The fault matrix: each fault at each moment is a story that the whole program
// plays in a bubble. What the person sees and what becomes of the login is
// written down; testdata/reliability holds all of it, docs/reliability.md what is
// good to read of it.

// fault is a row: something that goes wrong, and how it begins and ends.
type fault struct {
	name   string
	what   string // a sentence or two for the page
	strike func(*story)
	heal   func(*story) // nil: it passes by itself, or stays
	// at is the time of day in India when the story begins; zero: 10:00.
	at time.Duration
	// ripen brings somebody who has logged in to where the fault can strike; nil: five minutes pass.
	ripen func(*story)
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
	// alike are the moments at which all is as at another one; unlike others.
	alike map[string]spot
	// never are the moments at which it cannot happen, and why.
	never map[string]string
}

// act is something that a person does.
type act struct {
	did string
	do  func(*story)
}

// spot is a cell of the matrix, by the names of its fault and its moment. An
// empty fault is the same one.
type spot struct{ fault, moment string }

// moment is a column: how far the person is when the fault strikes.
type moment struct {
	name string
	what string
	asks bool // the person asks for their holdings, so that what they see can be compared
	play func(*story)
}

// table is a part of the matrix.
type table struct {
	name   string // of its golden file
	title  string
	intro  string
	faults []fault
}

func tables() []table {
	return []table{
		{"kite", "When Kite fails", kiteIntro, kiteFaults()},
		{"telegram", "When Telegram fails", telegramIntro, telegramFaults()},
		{"us", "When the bot itself fails", ourIntro, ourFaults()},
	}
}

// result is the matrix as it was played.
type result struct {
	right  string // how the person's holdings begin
	theirs totals // of somebody else

	mu    sync.Mutex
	cells map[spot]outcome
}

func (r *result) put(at spot, o outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cells[at] = o
}

// TestFaultMatrix plays every cell and compares what it came to with what is
// written down. With -update it writes that down, and the page made of it.
func TestFaultMatrix(t *testing.T) {
	r := &result{cells: map[spot]outcome{}, right: headline(raviUser), theirs: exactTotals(ashaUser)}
	t.Run("play", func(t *testing.T) {
		for _, tab := range tables() {
			for _, f := range tab.faults {
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
	for _, tab := range tables() {
		r.checkAlike(t, tab)
		golden(t, filepath.Join("testdata", "reliability", tab.name+".txt"), r.transcript(tab))
	}
	golden(t, filepath.Join("..", "..", "docs", "reliability.md"), r.page())
}

// play plays a fault at every moment, each in a world of its own.
func (r *result) play(t *testing.T, f fault) {
	for _, m := range moments() {
		if _, never := f.never[m.name]; never {
			continue
		}
		t.Run(strings.ReplaceAll(f.name+", "+m.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			inBubble(t, cmp.Or(f.at, 10*time.Hour), func(b *bubble) {
				s := &story{bubble: b, fault: &f, right: r.right, p: b.person(ravi, "Ravi")}
				b.start()
				synctest.Wait()
				m.play(s)
				s.honest(r.theirs)
				s.out.rough = f.rough
				r.put(spot{f.name, m.name}, s.out)
			})
		})
	}
}

func (r *result) expected() (n int) {
	for _, tab := range tables() {
		for _, f := range tab.faults {
			n += len(moments()) - len(f.never)
		}
	}
	return n
}

// checkAlike makes sure that a cell which is said to be as another one is, and
// that within a row none is as another without being said to be.
func (r *result) checkAlike(t *testing.T, tab table) {
	t.Helper()
	for _, f := range tab.faults {
		first := map[string]string{}
		for _, m := range moments() {
			o, played := r.cells[spot{f.name, m.name}]
			if !played {
				continue
			}
			at, said := f.alike[m.name]
			at.fault = cmp.Or(at.fault, f.name)
			other, twice := first[o.core()]
			switch want := r.cells[at].core(); {
			case said && o.core() != want:
				t.Errorf("%s, %s: is said to be as %v, and is not:\n%s", f.name, m.name, at, gocmp.Diff(want, o.core()))
			case !said && twice && (m.asks || len(o.main.saw) > 0):
				t.Errorf("%s, %s: is as %q: say so", f.name, m.name, other)
			}
			if m.asks {
				first[o.core()] = m.name
			}
		}
	}
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

func (p spot) String() string { return fmt.Sprintf("%s, %s", p.fault, p.moment) }
