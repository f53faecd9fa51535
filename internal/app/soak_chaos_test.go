package app_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"kitebot/internal/sim/kite/sample"
)

// The bot as a process of its own, killed again and again at random moments,
// over the same file, while people log in and then ask one thing after another.
// Nobody has to log in again, every question is answered rightly and in order,
// and twice only what may have been on its way at a kill.
func TestChaosSoak(t *testing.T) {
	lasts, long := soakFor(t, 0)
	people, plan := 8, chaos{loginKills: 1, kills: 3, most: 1200 * time.Millisecond, questions: 12}
	if long {
		people, plan = 50, chaos{loginKills: 5, lasts: lasts, most: 6 * time.Second, questions: 50}
	}
	const holdings = 20
	st := newSoak(t, people, holdings)
	b := st.bot("/sse")
	st.people(b, people, holdings)
	k := &killer{bot: b, dice: rand.New(rand.NewPCG(st.seed, 0))}
	k.start()
	t.Cleanup(k.kill)

	k.during(plan.most, func(n int) bool { return n < plan.loginKills }, func(context.Context) {
		st.wantAllHoldings("killed at the login")
	})
	links := len(st.kite.LoginLinks())
	talks := st.talk(k, plan)
	k.end()
	if n := len(st.kite.LoginLinks()); n != links {
		t.Errorf("%d login links were made while all were logged in", n-links)
	}
	report(t, k, talks)
}

// chaos is how a soak goes.
type chaos struct {
	loginKills int           // kills while people log in
	lasts      time.Duration // people talk at least so long
	kills      int           // and see so many kills
	questions  int           // and ask so much, each of them
	most       time.Duration // between a start and the next kill
}

// talk lets all people ask until the plan is done, while the killer kills.
func (st *soak) talk(k *killer, plan chaos) []*talk {
	var talks []*talk
	for _, p := range st.persons {
		talks = append(talks, newTalk(p, sample.Generate(p.chat.seed, 20)))
	}
	began, before := time.Now(), k.kills
	goOn := func(kills int) bool { return time.Since(began) < plan.lasts || kills < plan.kills }
	k.during(plan.most, goOn, func(killing context.Context) {
		ctx, cancel := context.WithTimeout(st.t.Context(), plan.lasts+settleTime)
		defer cancel()
		failed := forAll(st.persons, func(p *soakPerson) error {
			t := talks[slices.Index(st.persons, p)]
			return t.run(ctx, func() bool { return killing.Err() == nil || t.asked < plan.questions })
		})
		for _, err := range failed[:min(3, len(failed))] {
			st.t.Error(err)
		}
	})
	st.t.Logf("%d kills in %v of talk", k.kills-before, time.Since(began).Round(time.Millisecond))
	return talks
}

// killer runs the bot as a process of its own, and kills it.
type killer struct {
	bot     *soakBot
	dice    *rand.Rand
	between func() // done while no process runs
	cmd     *exec.Cmd
	starts  int
	kills   int
}

func (k *killer) start() {
	k.cmd = exec.Command(os.Args[0])
	k.cmd.Env = append(os.Environ(), childEnv+"=1")
	for name, value := range k.bot.env {
		if name == "TELEGRAM_API_URL" {
			value += fmt.Sprintf("/life%d", k.starts)
		}
		k.cmd.Env = append(k.cmd.Env, name+"="+value)
	}
	k.cmd.Stdout, k.cmd.Stderr = &k.bot.st.logs, &k.bot.st.logs
	k.starts++
	if err := k.cmd.Start(); err != nil {
		k.bot.st.t.Errorf("start the bot: %v", err)
	}
}

// kill is SIGKILL; afterwards the process is gone.
func (k *killer) kill() {
	if k.cmd == nil || k.cmd.ProcessState != nil {
		return
	}
	_ = k.cmd.Process.Kill()
	_ = k.cmd.Wait() // says that it was killed
}

// end is SIGTERM: an orderly end without an error.
func (k *killer) end() {
	if err := k.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		k.bot.st.t.Errorf("stop the bot: %v", err)
	}
	if err := k.cmd.Wait(); err != nil {
		k.bot.st.t.Errorf("the bot ended with: %v", err)
	}
}

// during kills and starts the bot while do runs, for as long as goOn says, which
// is told how often that was; then the context that do was given ends. Every
// third life is short: the kill comes in the middle of the start.
func (k *killer) during(most time.Duration, goOn func(kills int) bool, do func(killing context.Context)) {
	killing, done := context.WithCancel(k.bot.st.t.Context())
	defer done()
	var wg sync.WaitGroup
	wg.Go(func() { do(killing) })
	for n := 0; goOn(n); n++ {
		life := 50*time.Millisecond + time.Duration(k.dice.Int64N(int64(most)))
		if n%3 == 2 {
			life /= 10
		}
		timer := time.NewTimer(life)
		select {
		case <-timer.C:
		case <-k.bot.st.t.Context().Done():
			timer.Stop()
			done()
			wg.Wait()
			return
		}
		k.kills++
		k.kill()
		if k.between != nil {
			k.between()
		}
		k.start()
	}
	done()
	wg.Wait()
}

// report checks what each person was shown and prints what the soak came to.
func report(t *testing.T, k *killer, talks []*talk) {
	t.Helper()
	var s summary
	for _, talk := range talks {
		if talk.p.logins.Load() != 1 {
			t.Errorf("%s logged in %d times in the browser", talk.p.user, talk.p.logins.Load())
		}
		if err := talk.review(&s); err != nil {
			t.Error(err)
		}
	}
	t.Logf("%d kills, %d commands, %d answers, %d of them twice", k.kills, s.commands, s.answers, s.doubles)
}

// talk is one person's questions and their answers. The kinds of question take
// turns, so that an answer that carries no number of its own still has one
// place only.
type talk struct {
	p       *soakPerson
	account sample.Account
	asked   int // questions
	from    int // where in the chat's log the answers begin
}

func newTalk(p *soakPerson, a sample.Account) *talk {
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
			command, _ := t.question(t.asked)
			t.asked++
			t.p.Send(command)
		}
		for answered < t.asked {
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
func (t *talk) place(m post, last int) (n int, ok bool) {
	for n := last + 1; n > last+1-kinds && n >= 0; n-- {
		command, answer := t.question(n)
		command, _, _ = strings.Cut(command, " ")
		if m.givesUp() && strings.Contains(m.Text, command+".") || strings.HasPrefix(m.Text, answer) || n%kinds == 0 && strings.Contains(m.Text, answer) {
			return n, true
		}
	}
	return 0, false
}

// summary is what all talks came to.
type summary struct {
	commands, answers, doubles int
}

// review goes through the whole talk once more. Only a kill excuses that an
// answer comes twice: life n ended with kill n.
func (t *talk) review(s *summary) error {
	var answers []post // in the order of the questions; of one that came again, the latest
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
			continue
		}
		before := answers[n]
		life := before.Life
		if excused[life]++; m.Life == life || excused[life] > doubles {
			return fmt.Errorf("%s: answer %d came at %s in life %d and again at %s in life %d: %d doubles after that one",
				t.p.user, n, clockOf(before.At), life, clockOf(m.At), m.Life, excused[life])
		}
		s.doubles++
		answers[n] = m
	}
	s.commands += t.asked
	if len(answers) != t.asked {
		return fmt.Errorf("%s asked %d questions and has %d answers", t.p.user, t.asked, len(answers))
	}
	return nil
}

func clockOf(t time.Time) string { return t.Format("15:04:05.000") }
