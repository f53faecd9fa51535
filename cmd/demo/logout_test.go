package main

import (
	"context"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	simkite "kitebot/internal/sim/kite"
	simtg "kitebot/internal/sim/telegram"
)

const ashaUser = "MK4021"

// realKite is a Kite of its own, to which a demo is pointed by -kite as to the real one.
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

func TestWantsLogout(t *testing.T) {
	for typed, want := range map[string]bool{
		"y\n": true, "  Yes \n": true, "\n": true, "": true, "y": true, "n\n": false, "later\n": false,
	} {
		var out strings.Builder
		if got := wantsLogout(strings.NewReader(typed), &out); got != want || !strings.Contains(out.String(), "[Y/n]") {
			t.Errorf("%q: %v, want %v; it printed %q", typed, got, want, out.String())
		}
	}
}

func TestOfferLogout(t *testing.T) {
	for typed, says := range map[string]string{"y\n": "Asha: You are logged out at Kite", "n\n": "The login stays open at Kite"} {
		t.Run(typed[:1], func(t *testing.T) {
			t.Parallel() // each waits for the bot to notice the login
			kite, flags := realKite(t)
			o, err := parse(flags, io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			d := startDemo(t, o)
			logIn(t, d.tg.Users()[0], kite, ashaUser)
			var out strings.Builder
			d.offerLogout(strings.NewReader(typed), &out)
			if stays := loggedIn(kite); stays != (typed == "n\n") {
				t.Errorf("logged in at Kite afterwards: %v", stays)
			}
			if !strings.Contains(out.String(), says) || strings.Contains(out.String(), "Ravi") {
				t.Errorf("it printed %q, want %q, and nothing about Ravi, who never wrote to the bot", out.String(), says)
			}
			for _, v := range kite.Violations() {
				t.Errorf("towards Kite: %s", v)
			}
		})
	}
}

// Where the logout is not confirmed in time, the terminal says so.
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
