package main

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	simkite "kitebot/internal/sim/kite"
	simtg "kitebot/internal/sim/telegram"
)

const ashaUser = "MK4021"

// realKite is a Kite of its own, to which a demo is pointed by -kite as to the
// real one.
func realKite(t *testing.T) (k *simkite.Server, flags []string) {
	t.Helper()
	return realKiteOf(t, simkite.Today)
}

func realKiteOf(t *testing.T, version simkite.Version) (k *simkite.Server, flags []string) {
	t.Helper()
	k = simkite.New(simkite.Options{Version: version})
	s := httptest.NewServer(k)
	k.SetBaseURL(s.URL)
	t.Cleanup(func() { k.Close(); s.CloseClientConnections(); s.Close() })
	return k, []string{"-kite", s.URL + "/sse", "-login-hosts", "127.0.0.1"}
}

func TestOfferLogout(t *testing.T) {
	for _, c := range []struct {
		about, typed string
		stays        bool
		says         string
	}{
		{"yes", "y\n", false, "Asha: You are logged out at Kite"},
		{"Yes", "  Yes \n", false, "Asha: You are logged out at Kite"},
		{"just Enter", "\n", false, "Asha: You are logged out at Kite"},
		{"a terminal that is gone", "", false, "Asha: You are logged out at Kite"},
		{"no", "n\n", true, "The login stays open at Kite"},
		{"something else", "later\n", true, "The login stays open at Kite"},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel() // each waits for the bot to notice the login
			kite, flags := realKite(t)
			d := start(t, strings.NewReader(c.typed), flags...)
			d.login(t, kite)
			d.stop()
			if stays := loggedIn(kite); stays != c.stays {
				t.Errorf("logged in at Kite afterwards: %v, want %v", stays, c.stays)
			}
			out := d.console.String()
			if !strings.Contains(out, "Log out of Kite before the demo forgets the login?") || !strings.Contains(out, c.says) {
				t.Errorf("it printed %q, want the question and %q", out, c.says)
			}
			if strings.Contains(out, "Ravi") {
				t.Errorf("it printed %q, although Ravi never wrote to the bot", out)
			}
			for _, v := range kite.Violations() {
				t.Errorf("towards Kite: %s", v)
			}
		})
	}
}

// Where nobody confirms the logout in time, the terminal says so instead of
// claiming anything.
func TestLogoutWithoutAnAnswer(t *testing.T) {
	tg := simtg.New(simtg.Options{Token: "1000001:nobody-takes-these-updates-in-0000000"})
	defer tg.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out strings.Builder
	asha := tg.User(11, "Asha")
	logout(ctx, asha, &out)
	if !strings.HasPrefix(out.String(), "Asha: Kite did not confirm the logout in time.") {
		t.Errorf("it printed %q", out.String())
	}
	if asha.Last().Text != "/logout" {
		t.Errorf("the last message is %q", asha.Last().Text)
	}
}

func loggedIn(k *simkite.Server) bool {
	for _, s := range k.Sessions() {
		if s.Account == ashaUser {
			return true
		}
	}
	return false
}

// login logs Asha, the first person of the page, in to Kite, and returns when
// the bot has told her so.
func (d *running) login(t *testing.T, k *simkite.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	person := d.people(ctx, t)[0]
	said := d.listen(ctx, t, person)
	d.send(ctx, t, person, "/login")
	said("Log in to Kite")
	if status, body := k.CompleteLogin(ctx, k.LoginLinks()[0], ashaUser); status != http.StatusOK {
		t.Fatalf("login page: %d %s", status, body)
	}
	said("Logged in as")
}

// people asks the page who there is, by id.
func (d *running) people(ctx context.Context, t *testing.T) (ids []int64) {
	t.Helper()
	answer := d.get(ctx, t, "api/people")
	defer answer.Body.Close()
	var people []struct{ ID int64 }
	if err := json.NewDecoder(answer.Body).Decode(&people); err != nil || len(people) == 0 {
		t.Fatalf("people: %v, %v", people, err)
	}
	for _, p := range people {
		ids = append(ids, p.ID)
	}
	return ids
}

// listen follows a person's chat; the returned func waits until something in
// it holds a text.
func (d *running) listen(ctx context.Context, t *testing.T, person int64) (said func(text string)) {
	t.Helper()
	stream := d.get(ctx, t, "api/events?person="+strconv.FormatInt(person, 10))
	t.Cleanup(func() { stream.Body.Close() })
	lines := bufio.NewScanner(stream.Body)
	lines.Buffer(nil, 1<<20)
	return func(text string) {
		t.Helper()
		for lines.Scan() {
			if strings.Contains(lines.Text(), text) {
				return
			}
		}
		t.Fatalf("the chat ended (%v) without %q", lines.Err(), text)
	}
}

func (d *running) get(ctx context.Context, t *testing.T, path string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, d.page+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return ok(t, r)
}

func (d *running) send(ctx context.Context, t *testing.T, person int64, text string) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"person": person, "text": text})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.page+"api/send", strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	ok(t, r).Body.Close()
}

// ok sends a request that has to be answered with 200.
func ok(t *testing.T, r *http.Request) *http.Response {
	t.Helper()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s", r.Method, r.URL.Path, answer.Status)
	}
	return answer
}
