package bot_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/bot/chart"
	"kitebot/internal/kite/query"
	"kitebot/internal/kite/wire"
)

// FuzzCallback presses buttons with any data, as any person. It is harmless or
// what one of our buttons does: there is never a panic, always an answer that
// Telegram takes, in the presser's own chat, and nothing of another person.
func FuzzCallback(f *testing.F) {
	for i, data := range callbackSeeds(f) {
		f.Add(data, byte(i))
	}
	painter, err := chart.New(1)
	if err != nil {
		f.Fatal(err)
	}
	names := []string{"asha", "ravi", "meera", "mallory", "omar"}
	f.Fuzz(func(t *testing.T, data string, n byte) {
		if data == "" || len(data) > 64 {
			return // Telegram's limits
		}
		who := names[int(n)%len(names)]
		synctest.Test(t, func(t *testing.T) { pressAnything(t, painter, who, data) })
	})
}

// callbackSeeds are all buttons of the golden conversations, and some that no
// bot of ours ever made.
func callbackSeeds(f *testing.F) []string {
	files, err := filepath.Glob("testdata/conversations/*.txt")
	if err != nil || len(files) == 0 {
		f.Fatalf("no conversations: %v", err)
	}
	seen := map[string]bool{}
	all := []string{
		":", "::", "holdings", "holdings:", "holdings:page:", "holdings:page:-1", "holdings:page:99999999999999999999", "holdings:card:<b>&", "login:use:AB1234",
		"login:use:CD5678", "login:drop:AB1234", "login:done:", "admin:block:11:1", "admin:approve:66:1", "admin:block:99", "admin:page:\x00", "forget:yes:ravi",
		"watch:remove:NSE:INFY", "quote:open:\xff\xfe", "chart:range:NSE:INFY:9Y", "search:pick:₹₹₹₹₹₹₹₹₹₹₹₹₹₹₹", "tool:again:get_profile", "tool:again:place_order {}",
		"settings:again:tables native", "start:run", "logout:again:x", "orders:card:1:../../x", "\n", "holdings:run:\u202e",
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\[ [^\]\n]* → ([a-z]+:[^\],\n]+?)(?:, [a-z]+)? \]`).FindAllStringSubmatch(string(text), -1) {
			if !seen[m[1]] && !strings.Contains(m[1], "…") {
				seen[m[1]] = true
				all = append(all, m[1])
			}
		}
	}
	return all
}

func pressAnything(t *testing.T, painter *chart.Painter, who, data string) {
	c := newChatWith(t, painter)
	c.open()
	defer c.close()
	c.logIn("asha", "AB1234")
	c.logIn("ravi", "CD5678")
	c.says("meera", "/start")
	tries, acks := c.phone.Counts()
	c.press(people[who], 1, data)
	c.elapse(90 * time.Second) // longer than any command may take
	seen := c.phone.Log()
	toastOnly := strings.HasSuffix(data, ":cancel")
	letIn := who != "meera" && who != "mallory" // the others get silence at times, and never an acknowledgement
	if tried, acked := c.phone.Counts(); letIn && (tried == tries && !toastOnly || acked != acks+1) || !letIn && acked != acks {
		t.Errorf("%s presses %q: %d messages, %d acknowledgements", who, data, tried-tries, acked-acks)
	}
	if c.logs.Len() > 0 && strings.Contains(c.logs.String(), "panic") {
		t.Errorf("%s presses %q: there was a panic:\n%s", who, data, c.logs.String())
	}
	c.checkSeen(who, data, seen)
	for _, call := range c.kite.Calls() {
		if tool, _, _ := strings.Cut(call, " "); !readsOnly(tool) {
			t.Errorf("%s presses %q: Kite is asked to %s", who, data, call)
		}
	}
	if left, err := c.data.Unanswered(c.id); err != nil || len(left) > 0 {
		t.Errorf("%s presses %q: it is left unanswered: %v", who, data, err)
	}
}

// readsOnly reports whether a call at Kite changes nothing but the session.
func readsOnly(tool string) bool {
	reads := slices.ContainsFunc(query.ReadTools(), func(t query.Tool) bool { return t.Name == tool })
	return reads || tool == "login" || tool == "DELETE" || tool == wire.ListTools
}

// ownMarks are figures and names that only one person may see.
var ownMarks = map[string][]string{
	"asha": {"AB1234", "63,021", "OLDCO"},
	"ravi": {"CD5678", "RAVI0"},
}

// checkSeen looks at what all people saw of one person's press.
func (c *chat) checkSeen(who, data, seen string) {
	c.t.Helper()
	for block := range strings.SplitSeq(seen, "bot to ") {
		chat, _, found := strings.Cut(block, ":")
		if !found || strings.HasPrefix(block, "toast") {
			continue
		}
		if own := fmt.Sprint(people[who]); chat != own && who != "omar" {
			c.t.Errorf("%s presses %q: %s sees\n%s", who, data, chat, block)
		}
		for owner, marks := range ownMarks {
			for _, mark := range marks {
				if strings.Contains(block, mark) && chat != fmt.Sprint(people[owner]) && !strings.Contains(data, mark) {
					c.t.Errorf("%s presses %q: %s sees %q\n%s", who, data, chat, mark, block)
				}
			}
		}
	}
}
