package app_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kitebot/internal/bot/command"
	"kitebot/internal/kite/query"
	simkite "kitebot/internal/sim/kite"
	simtg "kitebot/internal/sim/telegram"

	"github.com/google/go-cmp/cmp"
)

// Every command, over both strict simulators, for the awkward account and for
// the empty one: nothing is refused by either far end, no reply is an error, and
// each of the reading tools was asked. The coming server gets the same answers out
// of the bot, and is asked no pair of tool and mode but those that read: the
// simulator notes any other.
func TestEveryCommand(t *testing.T) {
	var today map[string]string
	inFakeTimeWith(t, 10*time.Hour, simkite.Options{CheckUserAgent: true}, func(w *fakeTimeSystem) {
		w.start()
		for user, id := range map[string]int64{ashaUser: asha, "NK0001": 33} {
			p := w.person(id, "Asha")
			p.login(user)
			if replies := p.asksEverything(user); user == ashaUser {
				today = replies
			}
		}
		w.wantEveryMethod()
		asked := map[string]bool{}
		for _, c := range w.kite.Calls() {
			asked[c.Tool] = true
		}
		for _, tool := range query.ReadTools() {
			if tool.KnownTo(query.StyleTools) && !asked[tool.Name] {
				t.Errorf("no command asks %s", tool.Name)
			}
		}
	})
	inFakeTimeWith(t, 10*time.Hour, simkite.Options{Version: simkite.Next, CheckUserAgent: true}, func(w *fakeTimeSystem) {
		w.start()
		p := w.person(asha, "Asha")
		p.grant(ashaUser)
		next := p.asksEverything(ashaUser)
		if diff := cmp.Diff(today, next); diff != "" {
			t.Errorf("the coming server is answered in another way than today's (-today +next):\n%s", diff)
		}
		for _, command := range []string{"/tool get_alerts", "/tool session status", "/tool market ltp NSE:INFY"} {
			if reply := p.answer(command); strings.Contains(reply.Text, "Reference") {
				t.Errorf("%s failed: %s", command, reply)
			}
		}
		w.wantEveryMode()
		w.hidesOAuth()
	})
}

func (w *system) wantEveryMethod() {
	w.t.Helper()
	sent := map[string]bool{}
	for _, c := range w.tg.Calls() {
		sent[c.Method] = true
	}
	for _, method := range []string{"sendMessage", "sendRichMessage", "sendPhoto", "sendDocument", "editMessageText", "editMessageMedia"} {
		if !sent[method] {
			w.t.Errorf("%s was never used", method)
		}
	}
}

// wantEveryMode makes sure that the coming server was asked each pair of tool and
// mode that reads.
func (w *system) wantEveryMode() {
	w.t.Helper()
	asked := map[string]bool{}
	for _, c := range w.kite.Calls() {
		asked[c.Tool+" "+c.Mode] = true
	}
	for _, tool := range query.ReadTools() {
		q, err := query.Parse(sampleCall(tool))
		if err != nil {
			w.t.Fatal(err)
		}
		name, args, ok := q.On(query.StyleModes)
		if pair := fmt.Sprint(name, " ", args["mode"]); ok && !asked[pair] {
			w.t.Errorf("no command asks %s", pair)
		}
	}
}

// sampleCall is a call of a tool as a person types it.
func sampleCall(tool query.Tool) string {
	words := []string{tool.Name}
	for _, a := range tool.Args {
		if a.Required {
			words = append(words, a.Name+"="+a.Example)
		}
	}
	return strings.Join(words, " ")
}

// notAsked are the commands that asksEverything leaves out: those that change who is
// logged in or known, or what is hidden, and that of operators.
var notAsked = []string{"login", "logout", "forget", "hide", "show", "admin"}

// askedWith is what is typed after the commands that take words.
var askedWith = map[string]string{
	"quote": "infy", "quotes": "infy, tcs, nifty", "watch": "infy, tcs", "search": "tata", "chart": "infy 1Y", "tool": "get_ltp instruments=NSE:INFY",
}

// asksEverything types every command but notAsked, with hidden amounts, with native tables
// and with text ones, and presses what each reply offers. No reply is an error.
// It returns the replies, by what was chosen and typed.
func (p person) asksEverything(user string) map[string]string {
	p.w.t.Helper()
	questions := []string{"bank nifty", "/watch", "/tool get_ohlc NSE:INFY"}
	for _, c := range command.All() {
		words, known := askedWith[c.Name]
		if strings.Contains(c.Usage, " ") != known {
			p.w.t.Errorf("%s takes words: askedWith has %q", c.Usage, words)
		}
		if !slices.Contains(notAsked, c.Name) {
			questions = append(questions, strings.TrimSpace("/"+c.Name+" "+words))
		}
	}
	replies := map[string]string{}
	for _, choices := range [][]string{{"/hide"}, {"/show", "/settings tables native"}, {"/settings tables text"}} {
		for _, typed := range slices.Concat(choices, questions) {
			reply := p.answer(typed)
			if strings.Contains(reply.Text, "Reference") {
				p.w.t.Errorf("%s of %s failed: %s", typed, user, reply)
			}
			if typed != "/tools" { // the coming server has two more
				replies[fmt.Sprint(choices, " ", typed)] = timesOfDay.ReplaceAllString(reply.Text, "…")
			}
			p.pressEverything(reply)
		}
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

// asked counts the calls of each tool that the server got since so many.
func (w *system) asked(since int) (profiles int, others map[string]int) {
	others = map[string]int{}
	for _, call := range w.kite.Calls()[since:] {
		if call.Tool == "get_profile" {
			profiles++
		} else {
			others[call.Tool]++
		}
	}
	return profiles, others
}

// Kite limits, or fails, everything. The parts of /portfolio share one patience:
// each tool is asked once, and who is logged in three times.
func TestAFailingPortfolioAsksLittle(t *testing.T) {
	inFakeTime(t, 10*time.Hour, func(b *fakeTimeSystem) {
		b.start()
		p := b.person(asha, "Asha")
		p.login(ashaUser)
		b.kite.Inject(simkite.Fault{Kind: simkite.UpstreamFailure})
		before := len(b.kite.Calls())
		p.ask("/portfolio", "Kite is not answering, or your login has ended")
		profiles, others := b.asked(before)
		if profiles != 3 {
			t.Errorf("who is logged in was asked %d times, want 3", profiles)
		}
		if len(others) < 3 {
			t.Errorf("asked %v, want each part", others)
		}
		for tool, n := range others {
			if n != 1 {
				t.Errorf("%s was asked %d times, want once", tool, n)
			}
		}
	})
}

// Kite fails one tool of an account that is well, as its limits do: it is asked
// again a second later.
func TestALimitedToolIsAskedAgainLater(t *testing.T) {
	inFakeTime(t, 10*time.Hour, func(b *fakeTimeSystem) {
		b.start()
		p := b.person(asha, "Asha")
		p.login(ashaUser)
		b.kite.Inject(simkite.Fault{Kind: simkite.UpstreamFailure, Tool: "get_holdings", Times: 1})
		before, began := len(b.kite.Calls()), time.Now()
		p.ask("/holdings", headline(ashaUser))
		if took := time.Since(began); took < time.Second || took > 2*time.Second {
			t.Errorf("the answer took %v, want about a second", took)
		}
		// A proof of the login, and one that is younger than the answer.
		if profiles, others := b.asked(before); others["get_holdings"] != 2 || profiles != 2 {
			t.Errorf("asked %v, and %d times who is logged in", others, profiles)
		}
	})
}

// Who types /login gets a link at once, whatever ails the login that is there: Kite has
// dropped it, fails, or hangs. The login is kept, and no session is asked twice for a link.
func TestLoginIsQuick(t *testing.T) {
	for name, tt := range map[string]struct {
		harm func(*fakeTimeSystem)
		most time.Duration
	}{
		"Kite has dropped the login": {func(b *fakeTimeSystem) { b.kite.EndKiteLogins(ashaUser) }, 0},
		"Kite fails": {func(b *fakeTimeSystem) {
			b.kite.Inject(simkite.Fault{Kind: simkite.UpstreamFailure, Tool: "get_profile"})
		}, 0},
		"Kite hangs": {func(b *fakeTimeSystem) { b.kite.Inject(simkite.Fault{Kind: simkite.UpstreamHang, Tool: "get_profile"}) }, 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, 10*time.Hour, func(b *fakeTimeSystem) {
				b.start()
				p := b.person(asha, "Asha")
				p.login(ashaUser)
				time.Sleep(time.Minute)
				tt.harm(b)
				began := time.Now()
				m := p.ask("/login", "Your login does not answer just now")
				if took := time.Since(began); took > tt.most+100*time.Millisecond {
					t.Errorf("the link took %v, want %v at most", took, tt.most)
				}
				time.Sleep(10 * time.Second)
				began = time.Now()
				again := p.ask("/login", "Your login does not answer just now") // with a young link
				if took := time.Since(began); took > 2*tt.most+100*time.Millisecond {
					t.Errorf("the link took %v again, want %v at most", took, 2*tt.most)
				}
				first, _ := m.Button("Log in to Kite")
				if second, _ := again.Button("Log in to Kite"); first.URL != second.URL {
					t.Error("a young link was replaced")
				}
			})
		})
	}
}
