package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// errUsage answers any other request.
var errUsage = errors.New("usage: bot [run | config | healthcheck [ready] | backup FILE | restore FILE | version | help]; bot help tells more")

// command is one thing the program does, as its help tells it.
type command struct{ name, file, short, more string }

func (c command) usage() string { return strings.TrimSpace(c.name + " " + c.file) }

// commands are all of them, in the order of the help.
func commands() []command {
	return []command{
		{"run", "", "run the bot; bot alone does the same",
			"It runs until SIGTERM or an interrupt and is gone within 8 seconds; no one is logged out by it.\n" +
				"Of bad settings it names all, a line each, and does not start. Its last words have the form of the log (LOG_FORMAT)."},
		{"config", "", "print every setting, and where it is from",
			"A line for each setting: what holds, and whether it comes from the environment, a file or is the default.\n" +
				"Secrets are dots. A bad setting has its line with what is wrong, and the exit code is 1 then.\n" +
				"Variables that look like a misspelt setting are named at the end, without their values; so they are at each start.\n" +
				"Nothing is started, opened or asked."},
		{"healthcheck", "[ready]", "ask the running bot whether it is alive, or how its parts are",
			"It asks over the socket next to STORE_PATH or, where there is none, on HTTP_ADDR. It needs no other setting.\n" +
				"The exit code is 0 when the bot is alive, also while Kite or Telegram is away: a restart would not help then.\n" +
				"With ready it prints what /readyz says, a line for each part, and the exit code is 0 when people are served,\n" +
				"also where a part is degraded, such as a Kite that fails. What was not asked yet is no trouble."},
		{"backup", "FILE", "write a copy of the store, also of a bot that runs",
			"FILE must not be there yet; - is the standard output. The copy is examined before it gets its name.\n" +
				"It is sealed with the key of the store: without that key it is of no use, so keep both, apart.\n" +
				"It needs STORE_PATH, and STORE_KEY where that is set."},
		{"restore", "FILE", "put a copy in the place of the store",
			"No bot may run meanwhile. FILE is examined first; - is the standard input. The store that was there is kept aside.\n" +
				"It needs STORE_PATH, and the key that the copy was sealed with as STORE_KEY or STORE_KEY_OLD."},
		{"version", "", "print the version", ""},
		{"help", "[COMMAND]", "print this, or more about a command", ""},
	}
}

// help writes the help, of one command or of the program.
func help(w io.Writer, name string) error {
	all := commands()
	if i := slices.IndexFunc(all, func(c command) bool { return c.name == name }); i >= 0 {
		_, err := fmt.Fprintf(w, "usage: bot %s\n\n%s.\n%s", all[i].usage(), all[i].short, withNewline(all[i].more))
		return err
	}
	var b strings.Builder
	b.WriteString("usage: bot [COMMAND]\n\nThe Telegram bot through which a person reads their Zerodha Kite account.\n\n")
	for _, c := range all {
		fmt.Fprintf(&b, "  %-19s  %s\n", c.usage(), c.short)
	}
	b.WriteString("\nSettings come from the environment: docs/settings.md lists them, and bot config shows those in force.\n" +
		"Exit codes: 0 it was done; 1 it was not, and what is printed says why; 2 the command was not understood.\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func withNewline(text string) string {
	if text == "" {
		return ""
	}
	return text + "\n"
}
