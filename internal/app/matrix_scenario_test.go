package app_test

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing/synctest"
	"time"

	simkite "kitebot/internal/sim/kite"
	simtg "kitebot/internal/sim/telegram"
)

// scenario is one cell while it is played.
type scenario struct {
	*fakeTimeSystem
	fault *fault
	right string // how the right holdings begin
	p     person
	out   outcome
	seen  []simtg.Message // the chat when the person last looked
	link  simtg.Message   // the message with the link that was sent
	links int             // login links made until the login came through
	muted bool            // the person cannot reach the bot just now
	post  int             // how much of the log was there when the fault struck
	undo  func()          // ends a fault that only its beginning knows how to end
}

// offBeat keeps people from doing anything at the very moment at which the bot
// looks by itself: which of the two came first would be left to chance.
const offBeat = 700 * time.Millisecond

// step lets the person do something, for as long as d, and writes down what came
// to their eyes meanwhile.
func (s *scenario) step(did string, d time.Duration, do func()) *step {
	s.t.Helper()
	s.seen = s.p.Chat()
	st := &step{did: did}
	began := time.Now()
	if do != nil {
		do()
	}
	ctx, cancel := context.WithDeadline(context.Background(), began.Add(d+offBeat))
	defer cancel()
	for {
		err := s.p.Wait(ctx, func(chat []simtg.Message) bool { return len(news(s.seen, chat, s.right)) > 0 })
		if err != nil {
			break
		}
		synctest.Wait() // what happens at one moment is seen as one
		now := s.p.Chat()
		for _, n := range news(s.seen, now, s.right) {
			n.after = time.Since(began)
			st.saw = append(st.saw, n)
		}
		s.seen = now
	}
	if len(st.saw) > 0 || did != quietly {
		s.out.steps = append(s.out.steps, st)
	}
	return st
}

// inject and heal begin and end the fault. What the program notices at once it
// has noticed before the scenario goes on.
func (s *scenario) inject() {
	s.post, s.muted = len(s.logText()), s.fault.mute
	s.fault.inject(s)
	synctest.Wait()
}

func (s *scenario) heal() {
	s.t.Helper()
	s.note()
	s.muted = false
	if s.fault.heal != nil {
		s.fault.heal(s)
	}
}

// note keeps what an operator found in the log since the fault struck.
func (s *scenario) note() {
	if s.out.warnings == nil {
		s.out.warnings = append([]string{}, warnings(s.logText()[s.post:])...)
	}
}

// linkOut returns the newest message that carries a login link.
func (s *scenario) linkOut() (simtg.Message, bool) {
	chat := s.p.Chat()
	for i := len(chat) - 1; i >= 0; i-- {
		if b, ok := chat[i].Button("Log in to Kite"); ok && b.URL != "" {
			return chat[i], true
		}
	}
	return simtg.Message{}, false
}

// browser opens the link of a message and logs in there; it says what the
// browser shows when that fails. The login page needs the same server.
func (s *scenario) browser(m simtg.Message, user string) (problem string) {
	if !s.kiteAt.reachable() {
		return "the page cannot be reached"
	}
	b, ok := m.Button("Log in to Kite")
	if !ok {
		return "the link is gone"
	}
	switch status, body := s.kite.CompleteLogin(s.t.Context(), b.URL, user); status {
	case http.StatusOK:
		return ""
	case 0:
		return "the page cannot be reached"
	default:
		return firstLine(body)
	}
}

// login logs the person in, before the scenario begins.
func (s *scenario) login() {
	s.t.Helper()
	m := s.p.ask("/login", "Log in to Kite")
	s.pass(offBeat)
	s.p.browse(m, raviUser)
	s.p.waitText(0, "Logged in as") // by itself, within seconds
	s.links = len(s.kite.LoginLinks())
	if s.fault.ripen != nil {
		s.fault.ripen(s)
	} else {
		s.pass(5*time.Minute + offBeat)
	}
}

// move is the person's own part, in what they do about the fault.
func (s *scenario) move(a *act) (did string, do func()) {
	if a == nil {
		a = &act{"/holdings", func(s *scenario) { s.p.Send("/holdings") }}
	}
	return a.did, func() { a.do(s) }
}

// underWay makes the person's move and returns once Kite has the question; it is
// not answered before release.
func (s *scenario) underWay() (did string, release func()) {
	began, over := make(chan struct{}, 1), make(chan struct{})
	s.kite.Inject(simkite.Fault{
		Kind: simkite.Delay, Tool: "get_holdings", Times: 1, Until: over, OnHit: func() { began <- struct{}{} },
	})
	did, do := s.move(s.fault.askBefore)
	do()
	<-began
	synctest.Wait()
	return did, func() { close(over) }
}

// asks is the person's move while the fault lasts.
func (s *scenario) asks() *step {
	if s.muted {
		return s.step(cannotSend, s.lasting(), nil)
	}
	did, do := s.move(s.fault.ask)
	return s.step(did, s.lasting(), do)
}

func (s *scenario) lasting() time.Duration {
	if s.fault.lasts > 0 {
		return s.fault.lasts
	}
	return 2 * time.Minute
}

// settle heals, finds out what became of the login and makes sure that the
// person can use their account in the end.
func (s *scenario) settle() {
	s.t.Helper()
	s.step(quietly, time.Minute, s.heal)
	s.conclude()
}

// conclude asks /holdings once more, unless the person was told to log in: then
// they do, and the command that waits has to be answered by itself.
func (s *scenario) conclude() {
	s.t.Helper()
	if !look(s.p.Last(), s.right).is(link) {
		last := s.step("/holdings", time.Minute, func() { s.p.Send("/holdings") })
		if s.out.kept = last.showed(answer); s.out.kept {
			s.out.usable = true
			if links := len(s.kite.LoginLinks()); links != s.links {
				s.t.Errorf("there are %d login links, want %d", links, s.links)
			}
			return
		}
	}
	if b, ok := s.p.Last().Button("Log in"); ok && b.Data != "" {
		s.step("presses Log in", time.Minute, func() { s.p.press(s.p.Last(), "Log in") })
	}
	m, ok := s.linkOut()
	if !ok {
		s.t.Fatalf("no answer and no login link at the end; the chat:\n%s\nlog:\n%s", simtg.Transcript(s.p.Chat()), s.tail())
	}
	again := s.step("logs in again", time.Minute, func() {
		if problem := s.browser(m, raviUser); problem != "" {
			s.t.Errorf("the browser shows %q", problem)
		}
	})
	if !again.showed(answer) {
		again = s.step("/holdings", time.Minute, func() { s.p.Send("/holdings") })
	}
	if s.out.usable = again.showed(answer); !s.out.usable {
		s.t.Errorf("no answer after the new login; the chat:\n%s\nlog:\n%s", simtg.Transcript(s.p.Chat()), s.tail())
	}
}

// checkFigures makes sure that whatever figures were shown are right, and the person's own.
func (s *scenario) checkFigures(theirs totals) {
	s.t.Helper()
	s.out.right, s.out.private = true, true
	for _, m := range s.p.Chat() {
		if !m.FromBot {
			continue
		}
		right, private := !strings.HasPrefix(m.Text, "₹") || look(m, s.right).is(answer), !theirs.leaksInto(m)
		if !right || !private {
			s.t.Errorf("wrong figures were shown: %s", m)
		}
		s.out.right, s.out.private = s.out.right && right, s.out.private && private
	}
}

// tail is the end of the log, for a scenario that went wrong.
func (s *scenario) tail() string {
	lines := strings.Split(s.logText(), "\n")
	return strings.Join(lines[max(0, len(lines)-25):], "\n")
}

// shown is a message of the bot as a person takes it in: one that came, or that
// an earlier one became.
type shown struct {
	after  time.Duration // since the step began
	edit   bool
	what   kind
	text   string // in a line or two, without what differs from run to run
	labels string // of its buttons
}

// kind is what a message is to the person.
type kind int

const (
	remark   kind = iota
	answer        // the holdings, with the right figures
	loggedIn      // the login came through
	link          // a login link, and why
	checked       // a login link, and how it stands with it after a press of Done
)

var (
	reference = regexp.MustCompile(`Reference [A-Z0-9]+`)
	clockTime = regexp.MustCompile(`^\d\d:\d\d:\d\d: `)
	slowSince = regexp.MustCompile(`by \d\d:\d\d:\d\d IST`)
	lineEnds  = regexp.MustCompile(`\n+`)
)

// look takes a message in. right is how the right holdings begin.
func look(m simtg.Message, right string) shown {
	s := shown{labels: labels(m)}
	text := slowSince.ReplaceAllString(reference.ReplaceAllString(strings.TrimSpace(m.Text), "Reference …"), "by … IST")
	lines := lineEnds.Split(text, -1)
	last := lines[len(lines)-1]
	b, linked := m.Button("Log in to Kite")
	switch {
	case strings.HasPrefix(m.Text, right):
		s.what, s.text = answer, "the holdings, with the right figures"
	case strings.HasPrefix(m.Text, "✅ Logged in as"):
		s.what, s.text = loggedIn, "Logged in as …"
	case linked && b.URL != "" && clockTime.MatchString(last):
		s.what, s.text = checked, clockTime.ReplaceAllString(last, "")
	case linked && b.URL != "":
		s.what, s.text = link, "a login link"
		if why := lines[1]; !strings.HasPrefix(why, "The button opens") {
			s.text = why
		}
	default:
		s.text = strings.Join(lines[:min(2, len(lines))], " ")
	}
	return s
}

func labels(m simtg.Message) string {
	var b strings.Builder
	for _, button := range m.Buttons() {
		b.WriteString("[" + button.Text + "]")
	}
	return b.String()
}

// is reports whether the message is one of these natures.
func (s shown) is(one ...kind) bool { return slices.Contains(one, s.what) }

// news is what changed in a chat: messages of the bot that came or became others.
func news(before, now []simtg.Message, right string) (all []shown) {
	was := map[int64]simtg.Message{}
	for _, m := range before {
		was[m.ID] = m
	}
	for _, m := range now {
		old, known := was[m.ID]
		if m.FromBot && (!known || changed(old, m)) {
			s := look(m, right)
			s.edit = known
			all = append(all, s)
		}
	}
	return all
}

func changed(old, now simtg.Message) bool { return old.Text != now.Text || labels(old) != labels(now) }
