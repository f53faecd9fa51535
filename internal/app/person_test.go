package app_test

import (
	"context"
	"net/http"
	"strings"

	simtg "kitebot/internal/sim/telegram"
)

// person is somebody with a phone and a browser.
type person struct {
	*simtg.User
	w *world
}

func (w *world) person(id int64, name string) person { return person{w.tg.User(id, name), w} }

// waitFor waits for a message of the bot, from number `from` on, that satisfies want.
func (p person) waitFor(from int, what string, want func(simtg.Message) bool) simtg.Message {
	p.w.t.Helper()
	ctx, cancel := context.WithTimeout(p.w.t.Context(), patience)
	defer cancel()
	var found simtg.Message
	err := p.Wait(ctx, func(chat []simtg.Message) bool {
		for _, m := range chat {
			if m.FromBot && int(m.ID) > from && want(m) {
				found = m
				return true
			}
		}
		return false
	})
	if err != nil {
		p.w.t.Fatalf("no message with %s: %v\nlog:\n%s", what, err, p.w.logText())
	}
	return found
}

func (p person) waitText(from int, text string) simtg.Message {
	p.w.t.Helper()
	return p.waitFor(from, text, func(m simtg.Message) bool { return strings.Contains(m.Text, text) })
}

// ask sends a command and returns the first answer that contains text.
func (p person) ask(command, text string) simtg.Message {
	p.w.t.Helper()
	from := int(p.Last().ID)
	p.Send(command)
	return p.waitText(from, text)
}

// press presses the button of a message with this label.
func (p person) press(m simtg.Message, label string) {
	p.w.t.Helper()
	b, ok := m.Button(label)
	if !ok {
		p.w.t.Fatalf("message %s has no button %q", m, label)
	}
	if _, err := p.Press(m.ID, b.Data); err != nil {
		p.w.t.Fatal(err)
	}
}

// browse follows the login link of a message and logs in to an account.
func (p person) browse(m simtg.Message, user string) {
	p.w.t.Helper()
	b, ok := m.Button("Log in to Kite")
	if !ok || b.URL == "" {
		p.w.t.Fatalf("message %s has no login link", m)
	}
	if status, body := p.w.kite.CompleteLogin(p.w.t.Context(), b.URL, user); status != http.StatusOK {
		p.w.t.Fatalf("login page: %d %s", status, body)
	}
}

// login logs a person in, by the Done button.
func (p person) login(user string) {
	p.w.t.Helper()
	m := p.ask("/login", "Log in to Kite")
	p.browse(m, user)
	p.press(m, "Done")
	p.waitFor(int(m.ID)-1, "Logged in as", func(m simtg.Message) bool { return strings.Contains(m.Text, "("+user+")") })
}
