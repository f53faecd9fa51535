package app_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"kitebot/internal/sim/kite/sample"
)

// talk is one person's questions and their answers. The kinds of question take
// turns, so that an answer that carries no number of its own still has one
// place only.
type talk struct {
	p       *soaker
	account sample.Account
	asked   []time.Time // when question n was asked
	from    int         // where in the chat's log the answers begin
}

func newTalk(p *soaker, a sample.Account) *talk {
	return &talk{p: p, account: a, from: p.chat.len()}
}

// kinds is how many kinds of question there are.
const kinds = 4

// question is the n-th one, and what its answer, and none near it, begins with;
// the search's has it somewhere.
func (t *talk) question(n int) (command, answer string) {
	h := t.account.Holdings[n%len(t.account.Holdings)]
	switch n % kinds {
	case 0:
		return fmt.Sprintf("/search nothing%dcalled", n), fmt.Sprintf("nothing%dcalled", n)
	case 1:
		return "/holdings", t.p.headline
	case 2:
		return "/quote " + h.Tradingsymbol, h.Tradingsymbol
	default:
		return "/funds", "Funds · equity ₹" + grouped(decimal(t.account.Margins.Equity.Net))
	}
}

// atOnce is how many questions a person asks at most before the first of them is
// answered, and doubles how many answers may come twice for one person and kill.
// It is two rather than the one on its way: the mark that an update was answered
// waits in memory, and may miss the commit with which the person's next is taken.
const atOnce, doubles = 1, 2

// run asks and waits for the answers.
func (t *talk) run(ctx context.Context, goOn func() bool) error {
	dice, at, answered := t.p.dice(1), t.from, 0
	for goOn() {
		for range 1 + dice.IntN(atOnce) {
			command, _ := t.question(len(t.asked))
			t.asked = append(t.asked, time.Now())
			t.p.Send(command)
		}
		for answered < len(t.asked) {
			m, ok := t.p.chat.next(ctx, at)
			if !ok {
				command, _ := t.question(answered)
				return fmt.Errorf("%s: question %d, %s, is not answered; the chat:\n%s", t.p.user, answered, command, t.p.transcript())
			}
			at++
			n, ok := t.place(m, answered-1)
			if !ok && answered == 0 { // what a kill at the login left behind
				t.from = at
				continue
			}
			if !ok || n > answered {
				return fmt.Errorf("%s: after answer %d came what answers nothing: %q; the chat:\n%s", t.p.user, answered-1, m.Text, t.p.transcript())
			}
			answered = max(answered, n+1)
		}
	}
	return nil
}

// place finds the question that a message answers, when the one before it
// answered question `last`: the next one, or one of the last few again.
func (t *talk) place(m said, last int) (n int, ok bool) {
	for n := last + 1; n > last+1-kinds && n >= 0; n-- {
		command, answer := t.question(n)
		command, _, _ = strings.Cut(command, " ")
		sorry := strings.HasPrefix(m.Text, "Sorry, I was restarted twice while I worked on "+command+".") // kills that follow each other
		if sorry || strings.HasPrefix(m.Text, answer) || n%kinds == 0 && strings.Contains(m.Text, answer) {
			return n, true
		}
	}
	return 0, false
}

// summary is what all talks came to.
type summary struct {
	commands, answers, doubles int
	took, restarts             []time.Duration
	ages                       []time.Duration // of a double: from when it came to the kill
}

// review goes through the whole talk once more. Only a kill excuses that an
// answer comes twice: life n ended with kill n.
func (t *talk) review(kills []time.Time, s *summary) error {
	var answers []said // in the order of the questions; of one that came again, the latest
	excused := map[int]int{}
	last := -1
	for _, m := range t.p.chat.all()[t.from:] {
		n, ok := t.place(m, last)
		if !ok || n > len(answers) {
			return fmt.Errorf("%s: after answer %d came what answers nothing: %q", t.p.user, last, m.Text)
		}
		s.answers++
		if last = n; n == len(answers) {
			answers = append(answers, m)
			s.took = append(s.took, m.At.Sub(t.asked[n]))
			continue
		}
		before := answers[n]
		life := before.Life
		if excused[life]++; m.Life == life || excused[life] > doubles {
			return fmt.Errorf("%s: answer %d came at %s in life %d and again at %s in life %d: %d doubles after that one",
				t.p.user, n, clockOf(before.At), life, clockOf(m.At), m.Life, excused[life])
		}
		s.doubles++
		s.ages = append(s.ages, kills[life].Sub(before.At))
		answers[n] = m
	}
	s.commands += len(t.asked)
	if len(answers) != len(t.asked) {
		return fmt.Errorf("%s asked %d questions and has %d answers", t.p.user, len(t.asked), len(answers))
	}
	return nil
}

func clockOf(t time.Time) string { return t.Format("15:04:05.000") }
