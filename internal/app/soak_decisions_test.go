package app_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	simkite "kitebot/internal/sim/kite"
)

// What people and operators decide holds, however often the process is killed
// while they do: no decision is undone by an earlier one that is carried out
// again, a logout that was promised is carried out, and other people stay logged
// in. Meanwhile people who are not let in write, a blocked person presses
// buttons, Kite refuses to end sessions at times, and Telegram wants silence.
func TestDecisionsSurviveKills(t *testing.T) {
	kills, most := 3, time.Second
	if _, long := soakFor(t, 0); long {
		kills, most = 200, 4*time.Second
	}
	const watchers, leavers, outsiders, holdings = 3, 2, 6, 20
	const people = watchers + leavers + outsiders + 4
	st := newSoak(t, people, holdings)
	b := st.bot("/sse")
	st.people(b, people, holdings)
	c := st.persons
	d := &decisions{
		bot: b, watchers: c[4 : 4+watchers], leavers: c[4+watchers : 4+watchers+leavers], outsiders: c[4+watchers+leavers:],
		first: c[0], second: c[1], applicant: c[2], blocked: c[3],
	}
	b.env["ALLOWED_USERS"] = idsOf(slices.Concat(d.watchers, d.leavers)...)
	b.env["ADMIN_USERS"] = idsOf(d.first, d.second)

	d.first.chat.operator, d.second.chat.operator = true, true
	k := &killer{bot: b, dice: rand.New(rand.NewPCG(st.seed, 0)), between: b.tg.ClearFaults}
	k.start()
	t.Cleanup(k.kill)
	k.during(most, func(n int) bool { return n < kills }, d.run)
	d.finish()
	k.end()
	t.Logf("%d kills; %d decisions of operators, %d logouts, %d changes of watch lists",
		k.kills, d.decided.Load(), d.left.Load(), d.watched.Load())
}

// decisions are people who decide something again and again, and look whether it
// holds.
type decisions struct {
	bot                          *soakBot
	watchers, leavers, outsiders []*soakPerson
	first, second                *soakPerson // the operators
	applicant, blocked           *soakPerson // whom they decide about: again and again, and once

	asked, decided, left, watched atomic.Int64
}

// round is one person's decision and the look whether it holds.
type round func(ctx context.Context, p *soakPerson, dice *rand.Rand) error

// run goes on until the kills are over.
func (d *decisions) run(killing context.Context) {
	t := d.bot.st.t
	ctx, cancel := context.WithTimeout(t.Context(), settleTime)
	defer cancel()
	var wg sync.WaitGroup
	play := func(p *soakPerson, do round) {
		dice := p.dice(1)
		wg.Go(func() {
			for again := true; again; again = killing.Err() == nil {
				if err := do(ctx, p, dice); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for _, p := range d.watchers {
		play(p, d.watching())
	}
	for _, p := range d.leavers {
		play(p, d.leave)
	}
	d.first.Send("/admin block " + idsOf(d.blocked))
	play(d.first, d.decide)
	wg.Wait()
}

// watching puts symbols on a watch list and takes them off, by what is typed and
// by buttons.
func (d *decisions) watching() round {
	list := map[string]bool{}
	return func(ctx context.Context, p *soakPerson, dice *rand.Rand) error {
		if err := p.settle(ctx); err != nil {
			return err
		}
		symbol := fmt.Sprintf("S%dH%d", p.chat.seed, dice.IntN(8))
		pressed := p.chat.all()[p.chat.len()-1].ID
		from := p.chat.len()
		switch {
		case list[symbol]:
			p.PressForged(pressed, "quote:unwatch:NSE:"+symbol)
		case dice.IntN(2) == 0:
			p.PressForged(pressed, "quote:watch:NSE:"+symbol)
		default:
			p.Send("/watch " + symbol)
		}
		list[symbol] = !list[symbol]
		d.watched.Add(1)
		if err := d.answered(ctx, p, from); err != nil {
			return err
		}
		unknown := slices.ContainsFunc(p.chat.all()[from:], post.givesUp)
		shown, err := d.watchList(ctx, p)
		if err != nil {
			return err
		}
		if unknown {
			list[symbol] = shown[symbol]
		}
		for s, on := range list {
			if on != shown[s] {
				return fmt.Errorf("%s: %s is on the watch list: %v, want %v; the chat:\n%s", p.user, s, shown[s], on, p.transcript())
			}
		}
		return nil
	}
}

// watchList asks for the watch list until it is shown.
func (d *decisions) watchList(ctx context.Context, p *soakPerson) (shown map[string]bool, err error) {
	for range tries {
		from := p.chat.len()
		p.Send("/watch")
		if err := d.answered(ctx, p, from); err != nil {
			return nil, err
		}
		answers := p.chat.all()[from:]
		if slices.ContainsFunc(answers, post.givesUp) {
			continue
		}
		shown = map[string]bool{}
		for _, m := range answers {
			for _, s := range symbols.FindAllString(m.Text, -1) {
				shown[s] = true
			}
		}
		return shown, nil
	}
	return nil, fmt.Errorf("%s is not shown their watch list; the chat:\n%s", p.user, p.transcript())
}

// leave logs in and out again. At times Kite does not end the session at once.
func (d *decisions) leave(ctx context.Context, p *soakPerson, dice *rand.Rand) error {
	if err := p.settle(ctx); err != nil {
		return err
	}
	if dice.IntN(3) == 0 {
		d.bot.st.kite.Inject(simkite.Fault{Kind: simkite.HTTPStatus, Op: simkite.OpDelete, Status: 503, Times: 1})
	}
	return d.logOut(ctx, p)
}

func (d *decisions) logOut(ctx context.Context, p *soakPerson) error {
	from := p.chat.len()
	p.Send("/logout")
	d.left.Add(1)
	return d.answered(ctx, p, from)
}

// answered waits until all that a person sent so far is answered. No answer to
// anything else holds the word, and so none that came twice is taken for it.
func (d *decisions) answered(ctx context.Context, p *soakPerson, from int) error {
	word := fmt.Sprintf("over%d", d.asked.Add(1))
	p.Send("/" + word)
	for ; ; from++ {
		m, ok := p.chat.next(ctx, from)
		if !ok {
			return fmt.Errorf("%s gets no answer; the chat:\n%s", p.user, p.transcript())
		}
		if strings.Contains(m.Text, word) { // also in the sorry after kills that follow each other
			return nil
		}
	}
}

// decide has two operators decide about the same person at the same time: what
// Telegram delivered last holds.
func (d *decisions) decide(ctx context.Context, _ *soakPerson, dice *rand.Rand) error {
	words := []string{"approve", "block"}
	dice.Shuffle(2, func(i, j int) { words[i], words[j] = words[j], words[i] })
	one, two := d.first, d.second
	fromOne, fromTwo := one.chat.len(), two.chat.len()
	one.Send("/admin " + words[0] + " " + idsOf(d.applicant))
	two.Send("/admin " + words[1] + " " + idsOf(d.applicant))
	d.decided.Add(2)
	d.outsiders[dice.IntN(len(d.outsiders))].Send("hello")
	for range 10 {
		d.blocked.PressForged(1, "holdings:run")
	}
	if dice.IntN(6) == 0 {
		d.bot.tg.LimitAll(1)
	}
	if err := cmp.Or(d.answered(ctx, one, fromOne), d.answered(ctx, two, fromTwo)); err != nil {
		return err
	}
	return d.holds(ctx, words[1])
}

// holds asks for the same decision once more: nothing is left to be changed.
func (d *decisions) holds(ctx context.Context, word string) error {
	p := d.second
	for range tries {
		from := p.chat.len()
		p.Send("/admin " + word + " " + idsOf(d.applicant))
		if err := d.answered(ctx, p, from); err != nil {
			return err
		}
		for _, m := range p.chat.all()[from:] {
			switch {
			case strings.Contains(m.Text, "Nothing was changed"):
				return nil
			case strings.Contains(m.Text, "is blocked; any login"), strings.Contains(m.Text, "may use the bot now"):
				return fmt.Errorf("%s by an operator was undone; the chats:\n%s\n\n%s", word, d.first.transcript(), p.transcript())
			}
		}
	}
	return fmt.Errorf("an operator is not told where a person stands; the chat:\n%s", p.transcript())
}

// finish looks at what has to hold in the end.
func (d *decisions) finish() {
	t := d.bot.st.t
	ctx, cancel := context.WithTimeout(t.Context(), settleTime)
	defer cancel()
	for _, p := range d.watchers {
		if n := p.logins.Load(); n != 1 {
			t.Errorf("%s logged in %d times, though nothing ended the login", p.user, n)
		}
	}
	d.bot.st.kite.ClearFaults()
	for _, p := range d.leavers {
		if err := d.logOut(ctx, p); err != nil {
			t.Error(err)
		}
	}
	if n := len(d.blocked.Chat()); n != 0 {
		t.Errorf("the blocked person was sent %d messages", n)
	}
	const patience = time.Minute // the longest pause between two tries to end a session
	for late := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		alive := d.alive()
		if len(alive) == 0 {
			return
		}
		if time.Now().After(late) {
			t.Errorf("people logged out, and still logged in at Kite are %v", alive)
			return
		}
	}
}

// alive are the sessions at Kite of people who logged out, by their Kite user.
func (d *decisions) alive() (users []string) {
	for _, s := range d.bot.st.kite.Sessions() {
		left := slices.ContainsFunc(d.leavers, func(p *soakPerson) bool { return p.user == s.Account })
		if left && !s.Terminated {
			users = append(users, s.Account)
		}
	}
	return users
}

// idsOf is a list of Telegram users as the settings have it.
func idsOf(people ...*soakPerson) string {
	var ids []string
	for _, p := range people {
		ids = append(ids, strconv.FormatInt(p.ID, 10))
	}
	return strings.Join(ids, ",")
}
