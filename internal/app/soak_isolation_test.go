package app_test

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"
)

// Many people over two bots, one with streams and one with /mcp only, while
// everything goes wrong that can: whatever a bot says to anybody is searched for
// what is another's. In the end everybody has their own holdings again.
func TestIsolationSoak(t *testing.T) {
	lasts, long := soakFor(t, 0)
	people, plan := 30, churn{acts: 120, every: 10, restart: 4, round: 12}
	if long {
		people, plan = 500, churn{lasts: lasts, acts: 2500, right: 2, every: 40, restart: 9, round: 40}
	}
	const holdings = 3
	st := newStage(t, people, holdings)
	streams, plain := st.bot("/sse"), st.bot("/mcp")
	st.people(streams, people-people/2, holdings)
	st.people(plain, people/2, holdings)
	for _, b := range st.bots {
		if err := b.start(); err != nil {
			t.Fatal(err)
		}
	}
	st.everybodyHasTheirHoldings("at first")
	st.churn(plan)
	st.everybodyHasTheirHoldings("in the end")
	st.progress(plan)
	for _, b := range st.bots {
		if err := b.stop(); err != nil {
			t.Errorf("a bot ended with: %v", err)
		}
	}
}

// settleTime is how long a whole crowd may take to get to their holdings; it
// bounds a failure, not a success.
const settleTime = 10 * time.Minute

func (st *stage) everybodyHasTheirHoldings(when string) {
	st.t.Helper()
	began := time.Now()
	ctx, cancel := context.WithTimeout(st.t.Context(), settleTime)
	defer cancel()
	failed := together(st.crowd, func(p *soaker) error { return p.settle(ctx) })
	for _, err := range failed[:min(3, len(failed))] {
		st.t.Error(err)
	}
	if len(failed) > 0 {
		st.t.Fatalf("%d of %d people do not get their holdings %s", len(failed), len(st.crowd), when)
	}
	st.t.Logf("%s everybody has their holdings within %v", when, time.Since(began).Round(time.Millisecond))
}

// progress reports what a churn came to: for all that went wrong, people saw
// their figures.
func (st *stage) progress(plan churn) {
	var said, right, logins, foiled int
	for _, p := range st.crowd {
		if n := int(p.right.Load()); n <= plan.right {
			st.t.Errorf("%s got their own figures %d times, want more than %d", p.user, n, plan.right)
		}
		said += p.chat.len()
		right += int(p.right.Load())
		logins += int(p.logins.Load())
		foiled += int(p.foiled.Load())
	}
	st.t.Logf("%d people: %d messages searched, %d of them the right holdings, %d browser logins, %d of others foiled; %v", len(st.crowd), said, right, logins, foiled, st.happened)
	if foiled == 0 {
		st.t.Error("nobody got in between: the soak proves little")
	}
	if right < 3*len(st.crowd) {
		st.t.Errorf("only %d answers showed the right holdings", right)
	}
}

// muddle is what people do: this and that, some of them with two phones at
// once, and a look at what came of it. done is told of each thing.
func (p *soaker) muddle(ctx context.Context, phones []*rand.Rand, done func() (goOn bool)) {
	for goOn := true; goOn; goOn = done() {
		from := p.chat.len()
		var wg sync.WaitGroup
		for _, dice := range phones {
			wg.Go(func() { p.act(ctx, dice) })
		}
		wg.Wait()
		if !p.fence(ctx, from) {
			return
		}
		for _, m := range p.chat.all()[from:] {
			p.look(ctx, m, phones[0])
		}
	}
}

// act does one thing.
func (p *soaker) act(ctx context.Context, dice *rand.Rand) {
	commands := []string{"/funds", "/positions", "/portfolio", "/orders", "/profile", "/status", "/quote S%H1", "/quotes S%H0, S%H2", "/mf", "/search tata", "/tools"}
	switch n := dice.IntN(100); {
	case n < 12:
		p.pressSomething(dice)
	case n < 24:
		p.forge(dice)
	case n < 27:
		p.Send("/logout")
	case n < 31: // twice at once, as from two phones
		p.Send("/login")
		p.Send("/login")
	case n < 40:
		p.intrude(ctx, dice)
		p.Send("/profile") // of these Kite is asked one at least
		p.Send("/funds")
		p.Send("/holdings")
	case n < 43:
		p.bot.st.kite.EndKiteLogins(p.user) // as logging out of all devices there does
		p.Send("/holdings")
	case n < 68:
		command := commands[dice.IntN(len(commands))]
		p.Send(strings.ReplaceAll(command, "%", strings.TrimPrefix(p.user, "ZZ0")))
	default:
		p.Send("/holdings")
	}
}

// look reads a message, and mostly does what it asks for.
func (p *soaker) look(ctx context.Context, m said, dice *rand.Rand) {
	if p.holdings(m) {
		p.right.Add(1)
	}
	if strings.Contains(m.Text, "Your login was taken over") {
		p.foiled.Add(1)
	}
	p.see(m)
	if dice.IntN(10) < 8 {
		p.obey(ctx, m)
	}
}

// pressSomething presses a button of one of the last few messages.
func (p *soaker) pressSomething(dice *rand.Rand) {
	all := p.chat.all()
	for _, m := range all[max(0, len(all)-1-dice.IntN(5)):] {
		k, ok := m.key(func(k key) bool { return k.Data != "" && p.dares(k.Data) && dice.IntN(3) == 0 })
		if ok {
			p.PressForged(m.ID, k.Data)
			return
		}
	}
}

// forge presses a button of somebody else's message, as a client that lies.
func (p *soaker) forge(dice *rand.Rand) {
	crowd := p.bot.st.crowd
	theirs := crowd[dice.IntN(len(crowd))].chat.all()
	if len(theirs) == 0 {
		return
	}
	m := theirs[dice.IntN(len(theirs))]
	k, ok := m.key(func(k key) bool { return k.Data != "" && p.dares(k.Data) && dice.IntN(3) == 0 })
	if !ok {
		return
	}
	p.chat.ask(k.Data)
	p.PressForged(int64(dice.IntN(p.chat.len()+2)), k.Data)
}

// dares leaves alone what would make the end of the soak ambiguous: saying yes
// to another account, hiding all amounts; and the pictures, which take long.
func (p *soaker) dares(data string) bool {
	for _, prefix := range []string{"login:use:", "settings:", "hide:", "show:", "forget:", "chart:", "allocation:", "movers:"} {
		if strings.HasPrefix(data, prefix) {
			return false
		}
	}
	return true
}

// intrude finishes a link of this person's a second time, as somebody else who
// got hold of it.
func (p *soaker) intrude(ctx context.Context, dice *rand.Rand) {
	st := p.bot.st
	user, seed := st.spare[dice.IntN(len(st.spare))], int64(0)
	if dice.IntN(2) == 0 {
		user = st.crowd[dice.IntN(len(st.crowd))].user
	}
	for _, d := range strings.TrimPrefix(user, "ZZ") {
		seed = seed*10 + int64(d-'0')
	}
	p.mu.Lock()
	link := p.oldLink
	p.mu.Unlock()
	if link == "" || user == p.user {
		return
	}
	p.chat.intruder(seed)
	p.browse(ctx, link, user)
}
