package deploy_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	simkite "kitebot/internal/sim/kite"
	"kitebot/internal/sim/kite/sample"
	simtg "kitebot/internal/sim/telegram"
)

const token = "1000001:test-token-test-token-test-token-00"

// patience bounds a failure, not a success.
const patience = 30 * time.Second

// system is both far ends on loopback, the people, and what an operator has: a
// volume and files with secrets.
type system struct {
	t        *testing.T
	kite     *simkite.Server
	tg       *simtg.Server
	kiteURL  string
	tgURL    string
	volume   string
	secrets  map[string]string // by setting, the path
	settings map[string]string
	people   []*phone
}

// newSystem has people with an account at Kite for each.
func newSystem(t *testing.T, people int) *system {
	t.Helper()
	return newSystemOf(t, normalAccounts(people))
}

// normalAccounts are of people with some holdings.
func normalAccounts(n int) []sample.Account {
	var accounts []sample.Account
	for i := range n {
		accounts = append(accounts, sample.Generate(int64(i+1), 12))
	}
	return accounts
}

// newSystemOf has a person for each of these accounts.
func newSystemOf(t *testing.T, accounts []sample.Account) *system {
	t.Helper()
	w := &system{t: t, volume: "kitebot-" + strings.ToLower(t.Name()),
		kite: simkite.New(simkite.Options{Accounts: accounts}), tg: simtg.New(simtg.Options{Token: token})}
	w.kiteURL, w.tgURL = serve(t, w.kite, w.kite.Close), serve(t, w.tg, w.tg.Close)
	w.kite.SetBaseURL(w.kiteURL)
	w.settings = map[string]string{"ALLOWED_USERS": "*", "USER_RATE": "off", "SEND_RATE": "off"}
	w.secrets = map[string]string{
		"TELEGRAM_BOT_TOKEN": secretFile(t, token),
		"STORE_KEY":          secretFile(t, "bWFkZS11cC1rZXktZm9yLXRoZS1pbWFnZS10ZXN0ISE="),
	}
	for i, a := range accounts {
		w.people = append(w.people, &phone{User: w.tg.User(int64(i+11), a.Profile.UserShortname), t: t, w: w, user: a.UserID()})
	}
	t.Cleanup(func() {
		_ = exec.Command("podman", "volume", "rm", "-f", w.volume).Run()
		for _, v := range append(w.kite.Violations(), w.tg.Violations()...) {
			t.Error(v)
		}
	})
	return w
}

func serve(t *testing.T, h http.Handler, closeAll func()) string {
	s := httptest.NewServer(h)
	t.Cleanup(func() { closeAll(); s.CloseClientConnections(); s.Close() })
	return s.URL
}

// secretFile is readable by all users, since the bot is another user in its
// container; the folder above it is not.
func secretFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "secret")
	if err := errors.Join(os.WriteFile(name, []byte(text+"\n"), 0o444), os.Chmod(name, 0o444)); err != nil {
		t.Fatal(err)
	}
	return name
}

// all lets all people do something at the same time.
func (w *system) all(do func(*phone)) {
	each(w.people, do)
	if w.t.Failed() {
		w.t.FailNow()
	}
}

// each lets some people do something at the same time.
func each(people []*phone, do func(*phone)) {
	var wg sync.WaitGroup
	for _, p := range people {
		wg.Go(func() { do(p) })
	}
	wg.Wait()
}

func (w *system) patient() context.Context {
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	w.t.Cleanup(cancel)
	return ctx
}

// phone is somebody's chat with the bot.
type phone struct {
	*simtg.User
	t        *testing.T
	w        *system
	user     string // at Kite
	loggedIn int    // the messages up to the login
	asked    int    // questions since
}

// ask sends a command and returns the first answer that contains text.
func (p *phone) ask(command, text string) simtg.Message {
	p.t.Helper()
	m, err := p.try(command, text)
	if err != nil {
		p.t.Fatal(err)
	}
	return m
}

func (p *phone) try(command, text string) (simtg.Message, error) {
	from := p.Last().ID
	p.Send(command)
	return p.wait(from, text)
}

// wait waits for a message of the bot after `from` that contains text.
func (p *phone) wait(from int64, text string) (simtg.Message, error) {
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	var found simtg.Message
	err := p.Wait(ctx, func(chat []simtg.Message) bool {
		for _, m := range chat {
			if m.FromBot && m.ID > from && strings.Contains(m.Text, text) {
				found = m
				return true
			}
		}
		return false
	})
	if err != nil {
		return found, fmt.Errorf("no message with %q: %w", text, err)
	}
	return found, nil
}
