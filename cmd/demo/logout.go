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

// offerLogout ends the real logins, if the person wants that: by /logout, like
// everybody else. Somebody who never wrote to the bot has none.
func (d *demo) offerLogout(in io.Reader, out io.Writer) {
	fmt.Fprint(out, "\nLog out of Kite before the demo forgets the login? [Y/n] ")
	answer, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && answer == "" {
		answer = "y" // nobody there to ask: the safe answer
		fmt.Fprintln(out)
	}
	if a := strings.ToLower(strings.TrimSpace(answer)); a != "" && a != "y" && a != "yes" {
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

// logout sends /logout as the person and prints the bot's answer.
func logout(ctx context.Context, p *simtg.User, out io.Writer) {
	asked := p.Last().ID
	p.Send("/logout")
	var answer string
	err := p.Wait(ctx, func(chat []simtg.Message) bool {
		for _, m := range chat {
			if m.FromBot && m.ID > asked && isOver(m.Text) {
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

// isOver recognises the answers to /logout after which no login is left.
func isOver(text string) bool {
	return strings.Contains(text, "logged out at Kite") || strings.Contains(text, "logged out of Kite") || strings.Contains(text, "not logged in")
}
