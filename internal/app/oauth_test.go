package app_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"kitebot/internal/app"
	simkite "kitebot/internal/sim/kite"
	simtg "kitebot/internal/sim/telegram"
)

// newNext is a system whose Kite is the coming server.
func newNext(t *testing.T) *system {
	t.Helper()
	return newSystem(t, simkite.Options{Version: simkite.Next, CheckUserAgent: true})
}

// authorize opens the login link of a message, logs in as a Kite user, and
// returns the address at which the browser ends.
func (p person) authorize(m simtg.Message, user string) string {
	p.w.t.Helper()
	b, ok := m.Button("Log in to Kite")
	if !ok || b.URL == "" {
		p.w.t.Fatalf("message %s has no login link", m)
	}
	address, status := p.w.kite.Authorize(p.w.t.Context(), b.URL, user)
	if address == "" {
		p.w.t.Fatalf("login page: %d", status)
	}
	return address
}

// paste sends an address and waits until the message with it is gone.
func (p person) paste(address string) {
	p.w.t.Helper()
	p.Send(address)
	ctx, cancel := context.WithTimeout(p.w.t.Context(), patience)
	defer cancel()
	err := p.Wait(ctx, func(chat []simtg.Message) bool {
		return !slices.ContainsFunc(chat, func(m simtg.Message) bool { return m.Text == address })
	})
	if err != nil {
		p.w.t.Fatalf("the pasted message is still there: %v\nlog:\n%s", err, p.w.logText())
	}
}

// grant logs a person in by OAuth, with a pasted address.
func (p person) grant(user string) {
	p.w.t.Helper()
	m := p.ask("/login", "Log in to Kite")
	p.paste(p.authorize(m, user))
	p.waitFor(int(m.ID)-1, "Logged in as", func(m simtg.Message) bool { return strings.Contains(m.Text, "("+user+")") })
}

// hidesOAuth makes sure that nothing secret of a login by OAuth is in the log,
// nor in the file in clear.
func (w *system) hidesOAuth() {
	w.t.Helper()
	secrets := slices.Concat(w.kite.Bearers(), w.kite.Codes(), w.kite.Grants())
	for _, s := range w.kite.Sessions() {
		secrets = append(secrets, s.ID)
	}
	file, err := os.ReadFile(w.store)
	if err != nil {
		w.t.Fatal(err)
	}
	log := w.logText()
	for _, secret := range append(secrets, "code=", "state=", "code_verifier", "eyJ") {
		if strings.Contains(log, secret) {
			w.t.Errorf("%q is in the log", secret)
		}
	}
	for _, secret := range secrets {
		if bytes.Contains(file, []byte(secret)) {
			w.t.Errorf("%q is in the store in clear", secret)
		}
	}
}

// A whole login by OAuth: the link, the page that does not load, the pasted
// address, the account, and the login over a restart and after a kill.
func TestALoginByOAuth(t *testing.T) {
	w := newNext(t)
	w.start()
	p := w.person(asha, "Asha")
	m := p.ask("/holdings", "Then I answer /holdings")
	if !strings.Contains(m.Text, "does not load") || !m.Protected {
		t.Errorf("the link is given with the words\n%s", m.Text)
	}
	p.press(m, "Done")
	p.waitText(0, "I do not have the address of the last page yet")
	address := p.authorize(m, ashaUser)
	if !strings.HasPrefix(address, "http://127.0.0.1:") {
		t.Fatalf("the browser ends at %s", address)
	}
	p.paste("It says " + address)
	p.waitText(0, "Logged in as")
	p.waitText(0, headline(ashaUser))
	p.paste(address)
	p.waitText(int(m.ID), "You are logged in already")
	w.restart()
	p.ask("/holdings", headline(ashaUser))
	calls := 0
	for _, c := range w.kite.Calls() {
		if c.Tool == "session" {
			calls++
		}
	}
	if calls != 0 {
		t.Errorf("the tool session was called %d times before a logout", calls)
	}
	p.ask("/logout", "logged out")
	if g := w.kite.Grants(); len(g) != 0 {
		t.Errorf("after the logout the server still has %+v", g)
	}
	p.ask("/holdings", "You are not logged in yet")
	w.hidesOAuth()
}

// What ends a login at the coming server, and what does not, leads to the right
// words.
func TestWhatBecomesOfALoginByOAuth(t *testing.T) {
	for name, test := range map[string]struct {
		happens func(*system)
		want    string // "" for an answer
	}{
		"the server is restarted": {func(w *system) { w.kite.Restart() }, "no longer knows your login"},
		"Kite's morning cut-off":  {func(w *system) { w.kite.EndKiteLogins(ashaUser) }, "as it does every morning"},
		"an outage of Kite": {func(w *system) {
			w.kite.Inject(simkite.Fault{Kind: simkite.UpstreamFailure})
		}, "Kite is not answering, or your login has ended"},
		"the server is switched back": {func(w *system) { w.kite.SetVersion(simkite.Today) }, "has a new way of logging in"},
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTimeWith(t, 10*time.Hour, simkite.Options{Version: simkite.Next, CheckUserAgent: true}, func(w *fakeTimeSystem) {
				w.start()
				p := w.person(asha, "Asha")
				p.grant(ashaUser)
				p.ask("/funds", "Available margin")
				test.happens(w.system)
				p.ask("/trades", test.want)
				w.hidesOAuth()
			})
		})
	}
}

// A bearer that ran out: the person reads why.
func TestABearerRunsOut(t *testing.T) {
	inFakeTimeWith(t, 10*time.Hour, simkite.Options{Version: simkite.Next}, func(b *fakeTimeSystem) {
		b.start()
		p := b.person(asha, "Asha")
		p.grant(ashaUser)
		p.ask("/funds", "Available margin")
		b.pass(25 * time.Hour)
		p.ask("/trades", "Your login")
	})
}

// With a public address the browser comes back to the bot, which answers it
// with a page, and the chat goes on by itself.
func TestTheBrowserComesBack(t *testing.T) {
	w := newNext(t)
	c := w.config()
	c.CallbackURL = "http://" + freeAddress(t) + "/kite/callback"
	w.startWith(c)
	p := w.person(asha, "Asha")
	m := p.ask("/funds", "Then I answer /funds")
	if strings.Contains(m.Text, "127.0.0.1") {
		t.Errorf("the person is to paste an address:\n%s", m.Text)
	}
	address := p.authorize(m, ashaUser)
	if !strings.HasPrefix(address, c.CallbackURL+"?") {
		t.Fatalf("the browser ends at %s", address)
	}
	status, page := browse(t, address)
	if status != http.StatusOK || !strings.Contains(page, "go back to Telegram") {
		t.Errorf("the browser is shown %d %s", status, page)
	}
	p.waitText(0, "Logged in as")
	p.waitText(0, "Available margin")
	if status, page = browse(t, address); status == http.StatusOK || strings.Contains(page, "logged in there") {
		t.Errorf("the same address again: %d %s", status, page)
	}
	w.hidesOAuth()
}

// Where the server refuses our address, people paste, and the operator reads why.
func TestARefusedCallback(t *testing.T) {
	inFakeTimeWith(t, 10*time.Hour, simkite.Options{Version: simkite.Next, CheckUserAgent: true}, func(b *fakeTimeSystem) {
		b.startObserved(func(c *app.Config) { c.CallbackURL = "https://bot.example.org/kite/callback" })
		p := b.person(asha, "Asha")
		p.grant(ashaUser)
		if _, text := b.get("/readyz"); !strings.Contains(text, "OAUTH_CALLBACK_URL") {
			t.Errorf("/readyz says nothing of it:\n%s", text)
		}
	})
}

// One store at today's server, the coming one, and today's again: all people can
// log in each time, and the change makes no storm of requests.
func TestTheServerIsSwitchedTwice(t *testing.T) {
	w := newSystem(t, simkite.Options{Version: simkite.Today, CheckUserAgent: true, NoRateLimits: true})
	w.start()
	people := map[person]string{w.person(asha, "Asha"): ashaUser, w.person(ravi, "Ravi"): raviUser}
	for p, user := range people {
		p.login(user)
	}
	for i, server := range []simkite.Version{simkite.Next, simkite.Today, simkite.Next} {
		w.kite.SetVersion(server)
		command, want := "/holdings", headline
		if i == 1 { // an answer of a moment ago is not asked for again
			command, want = "/profile", func(user string) string { return user }
		}
		requests := len(w.kite.Calls())
		for p, user := range people {
			from := int(p.Last().ID)
			m := p.ask(command, "has a new way of logging in")
			if server == simkite.Next {
				p.paste(p.authorize(m, user))
			} else {
				p.browse(m, user)
				p.press(m, "Done")
			}
			p.waitFor(from, command, func(m simtg.Message) bool {
				return strings.Contains(m.Text, want(user)) && !strings.Contains(m.Text, "Logged in as")
			})
		}
		if n := len(w.kite.Calls()) - requests; n > 40*len(people) {
			t.Errorf("the change to version %d took %d calls for %d people", server, n, len(people))
		}
	}
	w.restart()
	for p, user := range people {
		p.ask("/holdings", headline(user))
	}
	w.hidesOAuth()
}

// /sse is refused in every way there is, from the start or later: the same bot
// goes on over /mcp, and every login holds.
func TestWithoutStreams(t *testing.T) {
	gone := func(f simkite.Fault) func(*system) {
		return func(w *system) {
			f.Op = simkite.OpStream
			w.kite.Inject(f)
			w.kite.DropStreams()
		}
	}
	ways := map[string]func(*system){
		"404":        func(w *system) { w.kite.ServeOnly(simkite.MCP); w.kite.DropStreams() },
		"405":        gone(simkite.Fault{Kind: simkite.HTTPStatus, Status: 405}),
		"410":        gone(simkite.Fault{Kind: simkite.HTTPStatus, Status: 410}),
		"421":        gone(simkite.Fault{Kind: simkite.HTTPStatus, Status: 421}),
		"a web page": gone(simkite.Fault{Kind: simkite.HTTPStatus, Status: 200, Body: "<html>moved</html>"}),
		"a hang":     gone(simkite.Fault{Kind: simkite.AnswerLost}),
	}
	for name, refuse := range ways {
		for _, later := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, later %v", name, later), func(t *testing.T) {
				inFakeTimeWith(t, 10*time.Hour, simkite.Options{CheckUserAgent: true}, func(w *fakeTimeSystem) {
					if !later {
						refuse(w.system)
					}
					w.start()
					p, r := w.person(asha, "Asha"), w.person(ravi, "Ravi")
					p.login(ashaUser)
					if later {
						refuse(w.system)
					}
					p.ask("/holdings", headline(ashaUser))
					r.login(raviUser)
					r.ask("/holdings", headline(raviUser))
					w.restart()
					p.ask("/holdings", headline(ashaUser))
					r.ask("/holdings", headline(raviUser))
				})
			})
		}
	}
}
