package app_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"kitebot/internal/app"
	simkite "kitebot/internal/sim/kite"
	simtg "kitebot/internal/sim/telegram"
)

func TestLoginThenHoldingsOverAWebhook(t *testing.T) {
	w := newWorld(t, simkite.Options{})
	f := newFront(w)
	w.startWith(f.hooked(w))
	p := w.person(asha, "Asha")
	p.login(ashaUser)
	h := p.ask("/holdings", headline(ashaUser))
	p.press(h, "2/3")
	p.waitText(0, "Page 2 of 3")
	w.delivered()
	w.end()
	for _, method := range []string{"getUpdates", "deleteWebhook"} {
		if n, _ := w.calls(method); n != 0 {
			t.Errorf("%d calls of %s", n, method)
		}
	}
	for _, c := range w.tg.Calls() {
		if secret := c.Params["secret_token"]; c.Method == "setWebhook" && (len(secret) < 26 || strings.Contains(w.logText(), secret)) {
			t.Errorf("the secret %q is weak, or in the log", secret)
		}
	}
	p.Send("/holdings") // nobody is there, and the webhook is still set
	w.startWith(f.hooked(w))
	p.waitText(int(h.ID)+1, headline(ashaUser))
}

// Fifty updates of ten people, and a restart in the middle of them: five answers
// each, and not one more.
func TestARestartInTheMiddleOfDeliveries(t *testing.T) {
	w := newWorld(t, simkite.Options{})
	f := newFront(w)
	w.startWith(f.hooked(w))
	var people []person
	for i := range int64(10) {
		people = append(people, w.person(100+i, fmt.Sprint("P", i)))
	}
	sent := 0
	send := func(rounds int) {
		for range rounds {
			for _, p := range people {
				p.Send([]string{"/help", "/Help"}[sent%2]) // the same twice may be answered once
			}
			sent++
		}
	}
	send(2)
	people[3].waitText(0, "What I can do")
	w.end()
	send(1)
	w.startWith(f.hooked(w))
	send(2)
	for _, p := range people {
		p.waitCount(5, "What I can do")
	}
	w.delivered()
	w.end()
	for _, p := range people {
		if n := p.count("What I can do"); n != 5 {
			t.Errorf("person %d has %d answers", p.ID, n)
		}
	}
}

// From polling to a webhook and back needs the setting and nothing else, and
// whatever is sent while nobody is there is answered by the next.
func TestSwitchingBetweenPollingAndAWebhook(t *testing.T) {
	w := newWorld(t, simkite.Options{})
	f := newFront(w)
	p := w.person(asha, "Asha")
	w.start()
	p.login(ashaUser)
	for round := range 4 {
		w.end()
		p.Send("/holdings")
		p.Send("/help")
		if round%2 == 0 {
			w.startWith(f.hooked(w))
		} else {
			w.start()
		}
		p.waitCount(round+1, headline(ashaUser))
		p.waitCount(round+1, "What I can do")
	}
	for _, method := range []string{"setWebhook", "deleteWebhook"} {
		if _, n := w.calls(method); n != 2 {
			t.Errorf("%s was done %d times, want 2", method, n)
		}
	}
	w.end()
	if n := p.count(headline(ashaUser)); n != 4 {
		t.Errorf("%d answers to 4 questions", n)
	}
	if strings.Contains(w.logText(), "level=ERROR") {
		t.Errorf("something went wrong:\n%s", w.logText())
	}
}

// A process that is killed when the update is in its journal, and before
// Telegram or the person heard of it: it is delivered again, and answered once.
func TestKilledBetweenTakingAndAnswering(t *testing.T) {
	w := newWorld(t, simkite.Options{})
	f := newFront(w)
	t.Setenv("WEBHOOK_URL", f.url)
	t.Setenv("WEBHOOK_ADDR", f.inside)
	kill := w.startChild()
	p := w.person(asha, "Asha")
	p.login(ashaUser)
	w.delivered()
	over := make(chan struct{})
	w.kite.Inject(simkite.Fault{Kind: simkite.Delay, Tool: "get_holdings", Times: 1, Until: over})
	killed := make(chan struct{})
	f.beforeTheNextAnswer(func() { kill(); close(killed) })
	p.Send("/holdings")
	<-killed
	close(over)
	if n := w.tg.Queue(); n != 1 {
		t.Errorf("Telegram has %d updates left, want the one it was told nothing about", n)
	}
	w.startWith(f.hooked(w))
	p.waitText(0, headline(ashaUser))
	w.delivered()
	p.ask("/help", "What I can do")
	if n := p.count(headline(ashaUser)); n != 1 {
		t.Errorf("%d answers to one question:\n%v", n, p.Chat())
	}
}

// The bot is ready once Telegram knows where to deliver.
func TestReadinessWithAWebhook(t *testing.T) {
	w := newWorld(t, simkite.Options{})
	c := newFront(w).hooked(w)
	c.HTTPAddr, c.HTTPAsked = freeAddress(t), true
	w.tg.Inject(simtg.Fault{Method: "setWebhook", Status: http.StatusBadGateway, Body: "<html>", Times: -1})
	w.startWith(c)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err := w.tg.WaitCalls(ctx, func(calls []simtg.Call) bool {
		return slices.ContainsFunc(calls, func(c simtg.Call) bool { return c.Method == "setWebhook" })
	})
	if err != nil {
		t.Fatal(err)
	}
	if status, text := ready(t, c.HTTPAddr); status != http.StatusServiceUnavailable || !strings.Contains(text, "the webhook is not set yet") {
		t.Errorf("before it is set: %d %q", status, text)
	}
	w.tg.ClearFaults()
	w.person(asha, "Asha").ask("/help", "What I can do")
	if status, text := ready(t, c.HTTPAddr); status != http.StatusOK {
		t.Errorf("once it is set: %d %q", status, text)
	}
}

func TestAWebhookAddressThatIsTaken(t *testing.T) {
	w := newWorld(t, simkite.Options{})
	f := newFront(w)
	l, err := net.Listen("tcp", f.inside)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	err = app.Run(t.Context(), f.hooked(w), app.Options{})
	if setting, ok := errors.AsType[*app.SettingError](err); !ok || setting.Name != "WEBHOOK_ADDR" {
		t.Errorf("the start ends with %v", err)
	}
}
