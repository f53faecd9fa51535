package app_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"kitebot/internal/kite/query"
	simkite "kitebot/internal/sim/kite"
	simtg "kitebot/internal/sim/telegram"
)

// Every command, over both strict simulators, for the awkward account and for
// the empty one: nothing is refused by either far end, no reply is an error,
// and each of the fifteen reading tools was asked.
func TestEveryCommand(t *testing.T) {
	w := newWorld(t, simkite.Options{})
	w.start()
	for user, id := range map[string]int64{ashaUser: asha, "NK0001": 33} {
		p := w.person(id, "Asha")
		p.login(user)
		p.asksEverything(user)
	}
	sent := map[string]bool{}
	for _, c := range w.tg.Calls() {
		sent[c.Method] = true
	}
	for _, method := range []string{"sendMessage", "sendRichMessage", "sendPhoto", "sendDocument", "editMessageText", "editMessageMedia"} {
		if !sent[method] {
			t.Errorf("%s was never used", method)
		}
	}
	asked := map[string]bool{}
	for _, c := range w.kite.Calls() {
		asked[c.Tool] = true
	}
	for _, tool := range query.ReadTools() {
		if tool.KnownTo(query.StyleTools) && !asked[tool.Name] {
			t.Errorf("no command asks %s", tool.Name)
		}
	}
}

// asksEverything types every command that asks, and presses what its reply
// offers. No reply is an error. It returns the replies, by command.
func (p person) asksEverything(user string) map[string]string {
	p.w.t.Helper()
	replies := map[string]string{}
	for _, command := range []string{
		"/start", "/help", "/status", "/portfolio", "/holdings", "/positions", "/orders", "/trades", "/funds", "/mf", "/gtt", "/profile",
		"/quote infy", "bank nifty", "/quotes infy, tcs, nifty", "/watch infy, tcs", "/watch", "/search tata", "/chart infy 1Y", "/allocation", "/movers",
		"/tools", "/tool get_ltp instruments=NSE:INFY", "/tool get_ohlc NSE:INFY", "/settings tables native",
		"/portfolio", "/holdings", "/positions", "/orders", "/trades", "/mf", "/gtt", "/watch", "/settings tables text",
		"/hide", "/portfolio", "/holdings", "/positions", "/orders", "/trades", "/funds", "/mf", "/gtt", "/allocation", "/movers", "/show",
	} {
		reply := p.answer(command)
		if strings.Contains(reply.Text, "Reference") {
			p.w.t.Errorf("%s of %s failed: %s", command, user, reply)
		}
		replies[command] = timesOfDay.ReplaceAllString(reply.Text, "…")
		p.pressEverything(reply)
	}
	return replies
}

// timesOfDay are what is not the same in two answers to the same question.
var timesOfDay = regexp.MustCompile(`\d\d:\d\d(:\d\d)? IST|\d+ (h|min) left`)

// answer sends a command and returns the first message that answers it.
func (p person) answer(command string) simtg.Message {
	p.w.t.Helper()
	from := int(p.Last().ID)
	p.Send(command)
	return p.waitFor(from, "an answer to "+command, func(simtg.Message) bool { return true })
}

// pressEverything presses the buttons of a reply that ask and change nothing,
// and waits until each press is answered in the chat.
func (p person) pressEverything(m simtg.Message) {
	p.w.t.Helper()
	harmless := []string{"range", "page", "refresh", "card", "csv", "depth", "open", "edit"}
	for i, b := range m.Buttons() {
		parts := strings.SplitN(b.Data, ":", 3)
		if i > 12 || len(parts) < 2 || !slices.Contains(harmless, parts[1]) {
			continue
		}
		press := p.PressForged(m.ID, b.Data) // an earlier press may have changed the message
		<-press.Answered()
		p.ask("/help", "What I can do") // comes after it, from the same mailbox
	}
}
