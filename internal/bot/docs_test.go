package bot_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/bot/command"
	"kitebot/internal/bot/view/viewtest"
)

const (
	commandsPage = "../../docs/commands.md"
	readme       = "../../README.md"

	beginCommands = "<!-- commands: written by go test ./internal/bot -update -->\n"
	endCommands   = "<!-- /commands -->"
)

// telling picks the reply to show where the first one that a conversation holds
// is not the one a reader wants to see: it names how that reply begins.
func telling(command string) string {
	return map[string]string{
		"holdings": "Holdings ₹",
		"status":   "Logged in as",
		"logout":   "AB1234 is logged out",
		"start":    "Hello",
		"mf":       "Mutual funds",
		"watch":    "Your watch list",
		"quote":    "INFY",
		"tool":     "get_ltp",
		"admin":    "🟢 All is well.",
	}[command]
}

// inReadme are the commands that the README names.
var inReadme = []string{"portfolio", "holdings", "positions", "orders", "quote", "watch", "chart", "hide"}

// What is said about commands is made from the list of commands and from what
// the golden conversations answer to them: docs/commands.md, and a part of the
// README. A command without a conversation has no sample and fails here.
func TestCommandsPage(t *testing.T) {
	var page, index, part strings.Builder
	index.WriteString("# Commands\n\nMade by `go test ./internal/bot -update` from the list of commands and the golden\n" +
		"conversations. Do not edit it by hand. The figures and people are made up.\n\n" +
		"| command | what for | how the reply begins |\n|---|---|---|\n")
	part.WriteString("\n| command | what for |\n|---|---|\n")
	replies := typedReplies(t)
	for _, c := range command.All() {
		sample := sampleOf(c.Name, replies)
		if sample == "" {
			t.Errorf("no conversation in testdata/conversations shows a reply to /%s", c.Name)
		}
		fmt.Fprintf(&page, "\n## /%s\n\nUsage: `%s`. In the menu: %s.\n\n```text\n%s\n```\n", c.Name, c.Usage, c.Summary, sample)
		fmt.Fprintf(&index, "| [`%s`](#%s) | %s | %s |\n", c.Usage, c.Name, c.Summary, cell(sample))
		if slices.Contains(inReadme, c.Name) {
			fmt.Fprintf(&part, "| `%s` | %s |\n", c.Usage, c.Summary)
		}
	}
	if n := strings.Count(part.String(), "\n| `/"); n != len(inReadme) {
		t.Errorf("%d commands for the README, want %d", n, len(inReadme))
	}
	compare(t, commandsPage, index.String()+typedWithoutSlash()+page.String())
	before, rest, begun := strings.Cut(read(t, readme), beginCommands)
	_, after, ended := strings.Cut(rest, endCommands)
	if !begun || !ended {
		t.Fatalf("%s lacks the lines %q and %q", readme, beginCommands, endCommands)
	}
	compare(t, readme, before+beginCommands+part.String()+"\n"+endCommands+after)
}

// cell is the first telling line of a reply, for a table.
func cell(sample string) string {
	for line := range strings.Lines(sample) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "(") {
			return strings.ReplaceAll(line, "|", "·")
		}
	}
	return sample
}

// compare says how a file differs from what it should hold, or writes it.
func compare(t *testing.T, path, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(read(t, path), want); diff != "" {
		t.Errorf("%s is out of date (-have +want); run the test with -update:\n%s", path, diff)
	}
}

// typedReply is the first message that answered a typed command.
type typedReply struct{ file, command, text string }

// typedReplies collects them from all conversations, in the order of the files.
func typedReplies(t *testing.T) []typedReply {
	t.Helper()
	files, err := filepath.Glob("testdata/conversations/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	command := regexp.MustCompile(`^\w+: /(\w+)(?: .*)?$`)
	var all []typedReply
	for _, file := range files {
		asked := ""
		for block := range strings.SplitSeq(read(t, file), "\nbot to ") {
			if head, body, _ := strings.Cut(block, "\n"); asked != "" && strings.Contains(head, ": message #") && !strings.HasSuffix(head, "becomes") {
				all = append(all, typedReply{filepath.Base(file), asked, asSeen(t, body)})
				asked = ""
			}
			for line := range strings.Lines(block) {
				if line = strings.TrimRight(line, "\n"); !isStep(line) {
					continue
				}
				asked = ""
				if m := command.FindStringSubmatch(line); m != nil {
					asked = m[1]
				}
			}
		}
	}
	return all
}

// sampleOf chooses the reply to show: the telling one where that is named, else
// the first in the command's own conversation (NAME.txt), else the first of all.
// The message with a login link is a sample of /login alone.
func sampleOf(command string, all []typedReply) string {
	fits := func(r typedReply) bool {
		return r.command == command && strings.HasPrefix(r.text, telling(command)) &&
			(command == "login" || !strings.HasPrefix(r.text, "Log in to Kite"))
	}
	own := func(r typedReply) bool { return r.file == command+".txt" && fits(r) }
	i := slices.IndexFunc(all, own)
	if i < 0 {
		i = slices.IndexFunc(all, fits)
	}
	if i < 0 {
		return ""
	}
	return all[i].text
}

var (
	shownButton = regexp.MustCompile(`\[ (.+?) → [^\]]*\]`)
	buttonRow   = regexp.MustCompile(`^\[ .+ \]$`)
)

// asSeen turns what a golden conversation holds of a message into what a person
// sees: no tags, and buttons without what they do.
func asSeen(t *testing.T, golden string) string {
	t.Helper()
	var html, buttons []string
	for line := range strings.Lines(golden) {
		line = strings.TrimRight(line, "\n")
		text, indented := strings.CutPrefix(line, "    ")
		switch {
		case line != "" && !indented, text == "(native)":
			return joined(t, html, buttons)
		case buttonRow.MatchString(text):
			buttons = append(buttons, shownButton.ReplaceAllString(text, "[ $1 ]"))
		case text != "(no forwarding, no saving)" && text != "(without a sound)":
			html = append(html, text)
		}
	}
	return joined(t, html, buttons)
}

func joined(t *testing.T, html, buttons []string) string {
	t.Helper()
	text, err := viewtest.Plain(strings.TrimSpace(strings.Join(html, "\n")))
	if err != nil {
		t.Fatalf("a golden conversation holds what Telegram refuses: %v", err)
	}
	return strings.TrimSpace(strings.TrimSpace(text) + "\n\n" + strings.Join(buttons, "\n"))
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// typedWithoutSlash is what docs/commands.md says of it.
func typedWithoutSlash() string {
	var rows strings.Builder
	for _, typed := range []string{"holdings", "balance", "orders open", "infy", "infy, tcs", "price of infy", "bse itc", "NIFTY NOV 26000 CE", "INE009A01021", "infy 1Y"} {
		name, args := command.All().Read(typed)
		fmt.Fprintf(&rows, "| `%s` | `%s` |\n", typed, strings.TrimSpace("/"+name+" "+args))
	}
	return "\n## Without a slash\n\nCommands work by their names alone, by other names that people have for them, and symbols by themselves. A command's word\n" +
		"wins over a symbol that is spelt the same; `/quote WORD` asks for that one.\n\n| typed | does |\n|---|---|\n" + rows.String()
}
