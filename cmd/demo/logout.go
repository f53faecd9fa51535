package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	simtg "kitebot/internal/sim/telegram"
)

// logoutTime bounds how long the end waits for Kite.
const logoutTime = 45 * time.Second

// offerLogout ends the logins at the real Kite, if the person at the terminal wants that: by /logout in the chat of
// every user who ever wrote to the bot.
func (d *demo) offerLogout(in io.Reader, out io.Writer) {
	if !wantsLogout(in, out) {
		fmt.Fprintln(out, "The login stays open at Kite until it ends by itself, at about 06:00 IST at the latest.")
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), logoutTime)
	defer cancel()
	for _, p := range d.tg.Users() {
		if len(p.Chat()) > 0 {
			logout(ctx, p, out)
		}
	}
}

// wantsLogout asks at the terminal. One that is gone means yes, the safe answer.
func wantsLogout(in io.Reader, out io.Writer) bool {
	fmt.Fprint(out, "\nLog out of Kite before the demo forgets the login? [Y/n] ")
	answer, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && answer == "" {
		fmt.Fprintln(out)
		return true
	}
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "" || answer == "y" || answer == "yes"
}

// logout sends /logout as the person and prints the bot's answer.
func logout(ctx context.Context, p *simtg.User, out io.Writer) {
	asked := p.Last().ID
	p.Send("/logout")
	var answer string
	err := p.Wait(ctx, func(chat []simtg.Message) bool {
		for _, m := range chat {
			if m.FromBot && m.ID > asked && confirmsLogout(m.Text) {
				answer, _, _ = strings.Cut(m.Text, "\n")
				return true
			}
		}
		return false
	})
	if err != nil {
		fmt.Fprintf(out, "%s: Kite did not confirm the logout in time. The login ends by itself, at about 06:00 IST at the latest.\n", p.FirstName)
		return
	}
	fmt.Fprintf(out, "%s: %s\n", p.FirstName, answer)
}

// confirmsLogout recognises the answers to /logout after which no login is left.
func confirmsLogout(text string) bool {
	return strings.Contains(text, "logged out at Kite") || strings.Contains(text, "logged out of Kite") || strings.Contains(text, "not logged in")
}
