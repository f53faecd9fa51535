package main

import (
	"cmp"
	"regexp"
	"strings"
)

// meetingOrder is the order in which a person meets the commands.
var meetingOrder = strings.Fields(`start login portfolio holdings positions orders trades funds mf gtt profile quote quotes watch
	chart allocation movers search hide show settings tools tool status logout forget help admin`)

// met are the samples that a person usually meets of commands without a golden
// file of their own name; they come first.
var met = []string{"start_out", "start_in", "login_link_today", "login_done", "status_in", "logout_done", "help_commands"}

// goldenKinds are first words of golden files' names that are no command: the
// command that the message belongs to, and what it is there.
var goldenKinds = map[string]struct{ command, what string }{
	"answer":      {"tool", "answer"},
	"card":        {"holdings", "card"},
	"depth":       {"quote", "market depth"},
	"hidden":      {"hide", ""},
	"mutualfunds": {"mf", ""},
	"no":          {"quote", "no"}, // no_such_symbol
	"ops":         {"admin", "operation"},
	"order":       {"orders", ""}, // order_card
	"paste":       {"login", "pasted address"},
	"pick":        {"search", "choice"},
	"restart":     {"status", "after a restart"},
	"shown":       {"show", ""},
	"warning":     {"settings", "warning"},
}

// commandOf is the command that a golden file's message answers: the first word
// of the file's name, or what that stands for.
func commandOf(name string) string {
	first, rest, _ := strings.Cut(name, "_")
	if first == "csv" { // a button of the lists
		return commandOf(rest)
	}
	if kind, ok := goldenKinds[first]; ok {
		return kind.command
	}
	return first
}

// written is how words of golden files' names are written.
var written = map[string]string{
	"mtf": "MTF", "mf": "MF", "t1": "T1", "oauth": "OAuth", "oco": "OCO", "id": "ID", "page1": "page 1", "page2": "page 2", "page3": "page 3",
}

// titleOf says in words what a golden file shows of its command.
func titleOf(name string) string {
	first, rest, _ := strings.Cut(name, "_")
	what := goldenKinds[first].what
	if first == "csv" {
		what, rest = "CSV file", strings.TrimPrefix(rest, strings.SplitN(rest, "_", 2)[0])
	}
	words := strings.Fields(what + " " + strings.ReplaceAll(rest, "_", " "))
	if len(words) == 0 {
		return "Usual"
	}
	for i, word := range words {
		words[i] = cmp.Or(written[word], word)
	}
	words[0] = strings.ToUpper(words[0][:1]) + words[0][1:]
	return strings.Join(words, " ")
}

var extremeWord = regexp.MustCompile(`_(hostile|tricky|huge|odd|null|foreign|strange|long)(_|$)`)

// extreme reports whether a golden file shows what a person hardly ever meets:
// texts that attack the chat, and more or stranger data than an account has.
func extreme(name string) bool { return extremeWord.MatchString(name) }
