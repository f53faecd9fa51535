package app_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	simkite "kitebot/internal/sim/kite"
	simtg "kitebot/internal/sim/telegram"
)

// churn is how long people muddle on and how often something goes wrong. It is
// paced by what they do, so that a slow machine sees the same as a fast one.
type churn struct {
	lasts time.Duration // at least so long
	acts  int           // until so many things were done
	right int           // until everybody has seen their own holdings so often

	every   int // something goes wrong whenever so many things were done
	restart int // a bot is restarted every so many times
	round   int // and what logs everybody out comes once in so many times
}

// churn lets everybody loose, half of them with two phones, and the trouble too.
// The trouble ends before the last people do.
func (st *stage) churn(plan churn) {
	ctx, cancel := context.WithTimeout(st.t.Context(), plan.lasts+settleTime)
	defer cancel()
	began := time.Now()
	var acts atomic.Int64
	over := func() bool { return int(acts.Load()) >= plan.acts && time.Since(began) >= plan.lasts }
	acted := make(chan struct{}, len(st.crowd))
	var people, trouble sync.WaitGroup
	trouble.Go(func() { st.makeTrouble(plan, acted, over) })
	for i, p := range st.crowd {
		phones := []*rand.Rand{p.dice(1), p.dice(2)}
		people.Go(func() {
			p.muddle(ctx, phones[:1+i%2], func() bool {
				acts.Add(1)
				acted <- struct{}{}
				return !over() || int(p.right.Load()) < plan.right
			})
		})
	}
	people.Wait()
	st.t.Logf("%d things were done in %v", acts.Load(), time.Since(began).Round(time.Millisecond))
	close(acted)
	trouble.Wait()
}

// makeTrouble lets something go wrong until it is over, and makes the world
// whole again.
func (st *stage) makeTrouble(plan churn, acted <-chan struct{}, over func() bool) {
	dice := rand.New(rand.NewPCG(st.seed, 0))
	st.happened = map[string]int{}
	for n := 0; ; n++ {
		if _, more := <-acted; !more || over() {
			break
		}
		if n%plan.every == plan.every-1 {
			st.happened[st.trouble(n/plan.every, plan, dice)]++
		}
	}
	st.kite.ClearFaults()
	for _, b := range st.bots {
		b.tg.ClearFaults()
	}
	for range acted { // let them finish
	}
}

func (st *stage) trouble(n int, plan churn, dice *rand.Rand) (what string) {
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
		st.kite.Inject(kiteTrouble()[dice.IntN(len(kiteTrouble()))])
		return "trouble at Kite"
	default:
		b.tg.Inject(telegramTrouble()[dice.IntN(len(telegramTrouble()))])
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

func kiteTrouble() []simkite.Fault {
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

func telegramTrouble() []simtg.Fault {
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
