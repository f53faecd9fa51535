package app_test

import (
	"context"
	"fmt"
	"math/big"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	simkite "kitebot/internal/sim/kite"
	"kitebot/internal/sim/kite/sample"
	simtg "kitebot/internal/sim/telegram"
)

// Many people over two bots, one with streams and one with /mcp only, while
// everything goes wrong that can: whatever a bot says to anybody is searched for
// what is another's. In the end each person has their own holdings again.
func TestIsolationSoak(t *testing.T) {
	lasts, long := soakFor(t, 0)
	people, plan := 30, churn{acts: 120, every: 10, restart: 4, round: 12}
	if long {
		people, plan = 500, churn{lasts: lasts, acts: 2500, right: 2, every: 40, restart: 9, round: 40}
	}
	const holdings = 3
	st := newSoak(t, people, holdings)
	streams, plain := st.bot("/sse"), st.bot("/mcp")
	st.people(streams, people-people/2, holdings)
	st.people(plain, people/2, holdings)
	for _, b := range st.bots {
		if err := b.start(); err != nil {
			t.Fatal(err)
		}
	}
	st.wantAllHoldings("at first")
	st.churn(plan)
	st.wantAllHoldings("in the end")
	st.progress(plan)
	for _, b := range st.bots {
		if err := b.stop(); err != nil {
			t.Errorf("a bot ended with: %v", err)
		}
	}
}

// settleTime is how long all people may take to get to their holdings; it
// bounds a failure, not a success.
const settleTime = 10 * time.Minute

func (st *soak) wantAllHoldings(when string) {
	st.t.Helper()
	began := time.Now()
	ctx, cancel := context.WithTimeout(st.t.Context(), settleTime)
	defer cancel()
	failed := forAll(st.persons, func(p *soakPerson) error { return p.settle(ctx) })
	for _, err := range failed[:min(3, len(failed))] {
		st.t.Error(err)
	}
	if len(failed) > 0 {
		st.t.Fatalf("%d of %d people do not get their holdings %s", len(failed), len(st.persons), when)
	}
	st.t.Logf("%s all people have their holdings within %v", when, time.Since(began).Round(time.Millisecond))
}

// progress reports what a churn came to: for all that went wrong, people saw
// their figures.
func (st *soak) progress(plan churn) {
	var post, right, logins, reported int
	for _, p := range st.persons {
		if n := int(p.right.Load()); n <= plan.right {
			st.t.Errorf("%s got their own figures %d times, want more than %d", p.user, n, plan.right)
		}
		post += p.chat.len()
		right += int(p.right.Load())
		logins += int(p.logins.Load())
		reported += int(p.reported.Load())
	}
	st.t.Logf("%d people: %d messages searched, %d of them the right holdings, %d browser logins, %d of others foiled; %v", len(st.persons), post, right, logins, reported, st.happened)
	if reported == 0 {
		st.t.Error("nobody got in between: the soak proves little")
	}
	if right < 3*len(st.persons) {
		st.t.Errorf("only %d answers showed the right holdings", right)
	}
}

// actAtRandom is what people do: this and that, some of them with two phones at
// once, and a look at what came of it. done is told of each thing.
func (p *soakPerson) actAtRandom(ctx context.Context, phones []*rand.Rand, done func() (goOn bool)) {
	for goOn := true; goOn; goOn = done() {
		from := p.chat.len()
		var wg sync.WaitGroup
		for _, dice := range phones {
			wg.Go(func() { p.act(ctx, dice) })
		}
		wg.Wait()
		if !p.waitAnswered(ctx, from) {
			return
		}
		for _, m := range p.chat.all()[from:] {
			p.look(ctx, m, phones[0])
		}
	}
}

// act does one thing.
func (p *soakPerson) act(ctx context.Context, dice *rand.Rand) {
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
func (p *soakPerson) look(ctx context.Context, m post, dice *rand.Rand) {
	if p.holdings(m) {
		p.right.Add(1)
	}
	if strings.Contains(m.Text, "Your login was taken over") {
		p.reported.Add(1)
	}
	p.see(m)
	if dice.IntN(10) < 8 {
		p.follow(ctx, m)
	}
}

// pressSomething presses a button of one of the last few messages.
func (p *soakPerson) pressSomething(dice *rand.Rand) {
	all := p.chat.all()
	for _, m := range all[max(0, len(all)-1-dice.IntN(5)):] {
		k, ok := m.key(func(k key) bool { return k.Data != "" && p.dares(k.Data) && dice.IntN(3) == 0 })
		if ok {
			p.PressForged(m.ID, k.Data)
			return
		}
	}
}

// forge presses a button of another person's message, as a modified client may.
func (p *soakPerson) forge(dice *rand.Rand) {
	persons := p.bot.st.persons
	theirs := persons[dice.IntN(len(persons))].chat.all()
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
func (p *soakPerson) dares(data string) bool {
	for _, prefix := range []string{"login:use:", "settings:", "hide:", "show:", "forget:", "chart:", "allocation:", "movers:"} {
		if strings.HasPrefix(data, prefix) {
			return false
		}
	}
	return true
}

// intrude finishes a link of this person's a second time, as somebody else who
// got hold of it.
func (p *soakPerson) intrude(ctx context.Context, dice *rand.Rand) {
	st := p.bot.st
	user, seed := st.spare[dice.IntN(len(st.spare))], int64(0)
	if dice.IntN(2) == 0 {
		user = st.persons[dice.IntN(len(st.persons))].user
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

// churn is how long people act and how often something goes wrong. It is
// paced by what they do, so that a slow machine sees the same as a fast one.
type churn struct {
	lasts time.Duration // at least so long
	acts  int           // until so many things were done
	right int           // until all have seen their own holdings so often

	every   int // something goes wrong whenever so many things were done
	restart int // a bot is restarted every so many times
	round   int // and what logs all people out comes once in so many times
}

// churn lets all people act, half of them with two phones, while faults come.
// The problem ends before the last people do.
func (st *soak) churn(plan churn) {
	ctx, cancel := context.WithTimeout(st.t.Context(), plan.lasts+settleTime)
	defer cancel()
	began := time.Now()
	var acts atomic.Int64
	over := func() bool { return int(acts.Load()) >= plan.acts && time.Since(began) >= plan.lasts }
	acted := make(chan struct{}, len(st.persons))
	var people, problem sync.WaitGroup
	problem.Go(func() { st.injectFaults(plan, acted, over) })
	for i, p := range st.persons {
		phones := []*rand.Rand{p.dice(1), p.dice(2)}
		people.Go(func() {
			p.actAtRandom(ctx, phones[:1+i%2], func() bool {
				acts.Add(1)
				acted <- struct{}{}
				return !over() || int(p.right.Load()) < plan.right
			})
		})
	}
	people.Wait()
	st.t.Logf("%d things were done in %v", acts.Load(), time.Since(began).Round(time.Millisecond))
	close(acted)
	problem.Wait()
}

// injectFaults lets something go wrong until it is over, and makes the system
// whole again.
func (st *soak) injectFaults(plan churn, acted <-chan struct{}, over func() bool) {
	dice := rand.New(rand.NewPCG(st.seed, 0))
	st.happened = map[string]int{}
	for n := 0; ; n++ {
		if _, more := <-acted; !more || over() {
			break
		}
		if n%plan.every == plan.every-1 {
			st.happened[st.problem(n/plan.every, plan, dice)]++
		}
	}
	st.kite.ClearFaults()
	for _, b := range st.bots {
		b.tg.ClearFaults()
	}
	for range acted { // let them finish
	}
}

func (st *soak) problem(n int, plan churn, dice *rand.Rand) (what string) {
	b := st.bots[dice.IntN(len(st.bots))]
	switch at := n % plan.round; {
	case at == plan.round/2:
		st.kite.Restart()
		return "Kite restarted"
	case at == plan.round*2/3:
		st.clock.ahead.Add(int64(13 * time.Hour))
		// The bots' clocks stand still, so an unfinished link stays young for them. Only
		// over /mcp does the server say that its session is over.
		st.kite.DropStreams()
		return "all sessions expired"
	case n%plan.restart == 1:
		b.restart()
		return "bot restarted"
	case dice.IntN(4) == 0:
		st.kite.DropStreams()
		return "streams dropped"
	case dice.IntN(2) == 0:
		st.kite.Inject(soakKiteFaults()[dice.IntN(len(soakKiteFaults()))])
		return "trouble at Kite"
	default:
		b.tg.Inject(soakTelegramFaults()[dice.IntN(len(soakTelegramFaults()))])
		return "trouble at Telegram"
	}
}

// restart stops the bot as SIGTERM does and starts it again. What Telegram had
// asked it to wait for is forgotten on both sides.
func (b *soakBot) restart() {
	if err := b.stop(); err != nil {
		b.st.t.Errorf("the bot ended with: %v", err)
	}
	b.tg.ClearFaults()
	if err := b.start(); err != nil {
		b.st.t.Errorf("the bot did not start: %v", err)
	}
}

func soakKiteFaults() []simkite.Fault {
	return []simkite.Fault{
		{Kind: simkite.UpstreamFailure, Times: 40},
		{Kind: simkite.UpstreamFailure, Tool: "get_profile", Times: 10},
		{Kind: simkite.UpstreamNull, Times: 5},
		{Kind: simkite.BadJSON, Tool: "get_holdings", Times: 5},
		{Kind: simkite.HTTPStatus, Status: 524, Times: 20},
		{Kind: simkite.HTTPStatus, Status: http.StatusBadGateway, Body: "<html>502</html>", Times: 20},
		{Kind: simkite.ConnectionReset, Times: 20},
		{Kind: simkite.AnswerLost, Transport: simkite.MCP, Times: 10},
		{Kind: simkite.Delay, After: 300 * time.Millisecond, Times: 20},
		{Kind: simkite.ConnectionReset, Op: simkite.OpStream, Times: 3},
		{Kind: simkite.UpstreamFailure, Op: simkite.OpDelete, Times: 3},
	}
}

func soakTelegramFaults() []simtg.Fault {
	return []simtg.Fault{
		{Method: "sendMessage", RetryAfter: 1, Times: 5},
		{Method: "editMessageText", RetryAfter: 1, Times: 5},
		{Method: "sendMessage", Status: http.StatusBadGateway, Body: "<html>502</html>", Times: 5},
		{Method: "sendMessage", Drop: simtg.DropBefore, Times: 5},
		// A message of unknown fate is sent four times. What was dropped is in the chat, but
		// nothing here sees it: so fewer are.
		{Method: "sendMessage", Drop: simtg.DropAfter, Times: 3},
		{Method: "editMessageText", Drop: simtg.DropAfter, Times: 3},
		{Method: "getUpdates", Drop: simtg.DropAfter, Times: 2},
	}
}

// owners tells whose a figure or a name is. Every generated account has its
// seed in names and symbols, and figures of its own.
type owners struct {
	figures map[string]int64 // a figure as it may be written: whose it is
}

// telegramID is a person's, by their seed.
func telegramID(seed int64) int64 { return 7_000_000 + seed }

// noOwner is the owner of a figure that two people have.
const noOwner = 0

func ownersOf(t *testing.T, accounts []sample.Account) owners {
	t.Helper()
	o := owners{figures: map[string]int64{}}
	for i, a := range accounts {
		seed := int64(firstSeed + i)
		o.add(seed, strconv.FormatInt(telegramID(seed), 10))
		sum, cash := totalsOf(a), decimal(a.Margins.Equity.Net)
		for _, h := range a.Holdings {
			quantity := big.NewRat(int64(h.Quantity), 1)
			o.add(seed, strconv.Itoa(h.Quantity), strings.TrimSuffix(grouped(quantity), ".00"))
			o.worth(seed, quantity, decimal(h.LastPrice), decimal(h.AveragePrice), decimal(h.ClosePrice))
		}
		o.worth(seed, big.NewRat(1, 1), sum.value, sum.invested, sum.before)
		o.amount(seed, cash, new(big.Rat).Add(cash, sum.value))
	}
	for i, a := range accounts {
		for _, figure := range []string{grouped(totalsOf(a).value), grouped(totalsOf(a).invested)} {
			if o.figures[figure] != int64(firstSeed+i) {
				t.Fatalf("%s of %s is somebody else's too", figure, a.UserID())
			}
		}
	}
	return o
}

// decimal is a float as JSON writes it.
func decimal(f float64) *big.Rat {
	r, ok := new(big.Rat).SetString(strconv.FormatFloat(f, 'f', -1, 64))
	if !ok {
		panic(f)
	}
	return r
}

// worth notes what shares are worth at prices, now and before, and what was
// gained between. The list has to be whole: one person's gain may happen to be
// another one's cash, and then tells nothing.
func (o owners) worth(seed int64, shares *big.Rat, now *big.Rat, before ...*big.Rat) {
	value := new(big.Rat).Mul(shares, now)
	o.amount(seed, value)
	for _, price := range before {
		was := new(big.Rat).Mul(shares, price)
		o.amount(seed, was, new(big.Rat).Sub(value, was))
	}
}

// amount notes amounts as people read them, and as files have them.
func (o owners) amount(seed int64, amounts ...*big.Rat) {
	for _, a := range amounts {
		o.add(seed, grouped(a), strings.ReplaceAll(grouped(a), ",", ""))
	}
}

func (o owners) add(seed int64, figures ...string) {
	for _, f := range figures {
		owner, known := o.figures[f]
		if known && owner != seed {
			o.figures[f] = noOwner
			continue
		}
		o.figures[f] = seed
	}
}

// finding is something in a text that is somebody's.
type finding struct {
	what   string
	seed   int64
	figure bool // else a name, a user id or a symbol
}

func (f finding) String() string { return fmt.Sprintf("%s of person %d", f.what, f.seed) }

// What can tell an owner: Kite's user id, a symbol, a name, an address, an ISIN, or any number.
// Within a longer word, as in a login link, it tells nothing.
var identifying = regexp.MustCompile(`\b(?:ZZ(\d{4,})|S(\d+)H\d+|Person (\d+)|person(\d+)@example|INE(\d{7})\d\d|\d{1,3}(?:,\d{2,3})+(?:\.\d+)?|\d+(?:\.\d+)?)\b`)

// others finds what is not this person's own in a text.
func (o owners) others(text string, person int64) []finding {
	var found []finding
	for _, at := range identifying.FindAllStringSubmatchIndex(text, -1) {
		f := finding{what: text[at[0]:at[1]], figure: true}
		for group := 2; group < len(at); group += 2 {
			if at[group] >= 0 {
				f.figure = false
				f.seed, _ = strconv.ParseInt(text[at[group]:at[group+1]], 10, 64)
			}
		}
		if f.figure {
			f.seed = o.figures[f.what]
		}
		if f.seed != person && f.seed != noOwner {
			found = append(found, f)
		}
	}
	return found
}

// The soaks are worth as much as this search.
func TestOwnersAreRecognised(t *testing.T) {
	accounts := []sample.Account{sample.Generate(firstSeed, 3), sample.Generate(firstSeed+1, 3)}
	o := ownersOf(t, accounts)
	sum := totalsOf(accounts[1])
	for _, text := range []string{
		"₹" + grouped(sum.value), "Invested ₹" + grouped(sum.invested) + "\n", "S102," + strings.ReplaceAll(grouped(sum.value), ",", "") + ",1",
		"1,02,001 shares", "12,102001,7", "(102002)",
		"Available ₹1,02,500.25", "S102H0", "(ZZ0102)", "Generated Person 102", "person102@example.in", "INE000010201", "login:use:ZZ0102", "person 7000102",
	} {
		if got := o.others(text, firstSeed+1); len(got) != 0 {
			t.Errorf("%q of the owner: %v", text, got)
		}
		if got := o.others(text, firstSeed); len(got) != 1 || got[0].seed != firstSeed+1 {
			t.Errorf("%q seen by another: %v", text, got)
		}
	}
	if got := o.others("As of 22 Nov 10:00:02 IST · 102 of 500, +0.25%, ₹102", firstSeed); len(got) != 0 {
		t.Errorf("innocent figures: %v", got)
	}
}
