package bot_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"kitebot/internal/bot"
)

var update = flag.Bool("update", false, "rewrite the golden conversations")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A conversation is a text file that reads like a chat. Its lines are of three
// kinds:
//
//	asha: /login            what a person types; "asha in a group: …" there
//	asha types 9 times: /x  at once
//	asha presses Done       a button, of the newest message that shows it
//	asha sends a sticker    or edits a message
//	* 2s pass               what happens in the world; see world below
//
// What follows a line, up to the next, is what people see of it. -update
// writes that part anew.
func TestConversations(t *testing.T) {
	files, err := filepath.Glob("testdata/conversations/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			script, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var got string
			synctest.Test(t, func(t *testing.T) { got = newChat(t).play(string(script)) })
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(script), got); diff != "" {
				t.Errorf("%s differs (-want +got):\n%s", file, diff)
			}
		})
	}
}

// play runs a script and returns it with what people saw.
func (c *chat) play(script string) string {
	c.open()
	defer c.close()
	var out strings.Builder
	for line := range strings.Lines(script) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "#"):
			out.WriteString(line + "\n\n")
		case isStep(line):
			c.step(line)
			synctest.Wait()
			seen := c.tidy(c.phone.Log())
			if seen == "" {
				seen = "(nothing)\n"
			}
			out.WriteString(line + "\n\n" + seen + "\n")
		}
	}
	c.checkLogs()
	return strings.TrimRight(out.String(), "\n") + "\n"
}

var (
	typed     = regexp.MustCompile(`^(\w+)( in a group)?: (.+)$`)
	repeats   = regexp.MustCompile(`^(\w+) types (\d+) times: (.+)$`)
	presses   = regexp.MustCompile(`^(\w+) presses (.+)$`)
	forges    = regexp.MustCompile(`^(\w+) forges (\S+) on #(\d+)$`)
	pastes    = regexp.MustCompile(`^(\w+) (pastes|sends) (\w+'s )?(?:the )?(first )?address( with words around it| without its state| to /login)?$`)
	unread    = regexp.MustCompile(`^(\w+) (sends a sticker|edits a message)$`)
	returns   = regexp.MustCompile(`^\* (\w+)'s browser comes back to the bot$`)
	browser   = regexp.MustCompile(`^\* (\w+)'s browser logs in as (\w+)( by the first link)?$`)
	struck    = regexp.MustCompile(`^\* (\w+) is (struck off|put on) the list$`)
	mute      = regexp.MustCompile(`^\* (\w+) (blocks|unblocks|deletes the chat with) the bot$`)
	soon      = regexp.MustCompile(`^\* (\w+)'s login will end soon$`)
	passes    = regexp.MustCompile(`^\* (\w+) pass(?:es)?$`)
	deletes   = regexp.MustCompile(`^\* (\w+) deletes #(\d+)$`)
	refs      = regexp.MustCompile(`login:done:\w+`)
	links     = regexp.MustCompile(`https://mcp\.kite\.trade/authorize\?session_id=([a-z0-9-]+)%7C[^\s,]+`)
	authorize = regexp.MustCompile(`https://mcp\.kite\.trade/authorize\?client_id=client&state=secret-state-(\d+)`)
	old       = regexp.MustCompile(`https://kite\.zerodha\.com/connect/login\S+session_id%3D`)
)

func isStep(line string) bool {
	if strings.HasPrefix(line, "* ") {
		return true
	}
	name, _, _ := strings.Cut(line, " ")
	_, known := people[strings.TrimSuffix(name, ":")]
	return known
}

// tidy replaces what is random or secret.
func (c *chat) tidy(seen string) string {
	seen = refs.ReplaceAllString(seen, "login:done:…")
	seen = links.ReplaceAllString(seen, "the login page of $1")
	seen = old.ReplaceAllString(seen, "the old login page of ")
	seen = authorize.ReplaceAllString(seen, "the login page of attempt $1")
	for name, id := range people {
		seen = strings.ReplaceAll(seen, fmt.Sprintf("to %d:", id), "to "+name+":")
		seen = strings.ReplaceAll(seen, fmt.Sprintf("bot deletes %d's", id), "bot deletes "+name+"'s")
	}
	return strings.ReplaceAll(seen, fmt.Sprintf("to %d:", group), "to the group:")
}

func (c *chat) step(line string) {
	if m := typed.FindStringSubmatch(line); m != nil {
		c.types(people[m[1]], m[2] != "", m[3])
		return
	}
	if m := repeats.FindStringSubmatch(line); m != nil {
		n, _ := strconv.Atoi(m[2])
		for range n {
			c.types(people[m[1]], false, m[3])
			synctest.Wait() // what is said about it comes in a sure order
		}
		return
	}
	if m := unread.FindStringSubmatch(line); m != nil {
		c.unread(people[m[1]], map[string]bot.Unread{"sends a sticker": bot.NoText, "edits a message": bot.Edited}[m[2]])
		return
	}
	if m := pastes.FindStringSubmatch(line); m != nil {
		c.pastes(people[m[1]], strings.TrimSuffix(m[3], "'s "), m[4] != "", strings.TrimSpace(m[5]))
		return
	}
	if m := presses.FindStringSubmatch(line); m != nil {
		message, b, ok := c.phone.Button(people[m[1]], m[2])
		if !ok || b.Data == "" {
			c.t.Errorf("%s: there is no such button to press", line)
			return
		}
		c.press(people[m[1]], message, b.Data)
		return
	}
	if m := forges.FindStringSubmatch(line); m != nil {
		message, _ := strconv.Atoi(m[3])
		c.press(people[m[1]], message, m[2])
		return
	}
	c.world(line)
}
