package app_test

import (
	"fmt"
	"strings"
)

// The words of docs/reliability.md that do not come from what ran.
const (
	pageIntro = `# What people see when something fails

<!-- written by go test ./internal/app -run TestFaultMatrix -update; do not edit -->

Kite, Telegram, networks and computers fail. This page says what a person sees then, and what becomes of their login. Nobody wrote it by
hand: each cell was played by the real program against both simulators, in a bubble in which hours pass in milliseconds, and the test fails
when a cell no longer happens as it is written here.

**One rule stands behind all of it: only Kite’s server and the person end a login.** Whatever else fails, the login is kept. The one exception
is a login that somebody else took over: the bot ends it before a figure is shown.

The columns are moments:

`
	pageWords = `
A cell says what the person sees and how soon, then what became of the login. *Login kept* means that /holdings afterwards is answered with the
right figures, without a new login. *New login* means that the bot asked for one, that it worked, and that the account was shown after it.
*Silence* means that nothing came while the fault lasted, which is two minutes if nothing else is said. When the bot is told to stop, it is gone
within 8 seconds in every case. In no cell is a figure wrong, or another person’s.
`
	kiteIntro = "The Kite MCP server, the way to it, and Kite behind it. The server says “Failed to execute …” for an ended login, a rate limit and an outage alike, " +
		"so the bot asks again before it says anything, and says that it does not know."
	telegramIntro = "Telegram, the way to it, and what people do there. The login is never concerned; the question is whether each answer arrives, and once."
	ourIntro      = "The bot’s own process, its file and its machine."
	fullIntro     = "What the person does, what they see, in the bot’s words (the first line or two), and its buttons. An arrow is what comes next; " +
		"what always follows when all is well is left out."
)

// transcript is all of a table, for its golden file: every step, every word.
func (r *result) transcript(tab table) string {
	var b strings.Builder
	for _, f := range tab.faults {
		fmt.Fprintf(&b, "== %s\n", f.name)
		for _, m := range moments() {
			if why, never := f.never[m.name]; never {
				fmt.Fprintf(&b, "\n-- %s: never: %s\n", m.name, why)
				continue
			}
			o := r.cells[spot{f.name, m.name}]
			fmt.Fprintf(&b, "\n-- %s: %s\n", m.name, o.short(m.name))
			for _, st := range o.steps {
				o.write(&b, st)
			}
			for _, w := range o.warnings {
				fmt.Fprintf(&b, "! %s\n", w)
			}
		}
		fmt.Fprintln(&b)
	}
	return b.String()
}

func (o outcome) write(b *strings.Builder, st *step) {
	fmt.Fprintf(b, "> %s\n", st.did)
	if st.browser != "" {
		fmt.Fprintf(b, "  browser: %s\n", st.browser)
	}
	for _, s := range st.saw {
		edit := "new"
		if s.edit {
			edit = "edit"
		}
		fmt.Fprintf(b, "  %s, %s: %s %s\n", o.when(s.after), edit, s.text, s.labels)
	}
}
