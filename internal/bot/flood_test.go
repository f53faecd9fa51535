package bot_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

// However much one person sends, no more waits than fits, one word is said about
// it, and everything is marked as answered.
func TestAFloodIsBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, c *chat) {
		c.phone.Hold(people["asha"], true)
		for i := range int64(500) {
			c.intake(typing(100+i, people["asha"], fmt.Sprint("x", i)))
			synctest.Wait()
		}
		if left, err := c.journal.Unanswered(c.id); err != nil || len(left) > 22 { // one runs, twenty wait, one word is on its way
			t.Errorf("%d updates are held, %v", len(left), err)
		}
		c.phone.Hold(people["asha"], false)
		synctest.Wait()
		seen := c.phone.Log()
		if busy := strings.Count(seen, "have no room for more"); busy != 1 {
			t.Errorf("a flood was answered with %d polite words", busy)
		}
		var got []string
		for _, m := range unknown.FindAllStringSubmatch(seen, -1) {
			got = append(got, m[2])
		}
		if !slices.Equal(got, words("x", 21)) {
			t.Errorf("answered: %v", got)
		}
		if left, err := c.journal.Unanswered(c.id); err != nil || len(left) != 0 {
			t.Errorf("%d updates are left, %v", len(left), err)
		}
		c.intake(typing(900, people["asha"], "after"))
		synctest.Wait()
		if got := c.answers()["11"]; !slices.Equal(got, []string{"after"}) {
			t.Errorf("after the flood: %v", got)
		}
	})
}

// Everybody has a rate of their own.
func TestTheRateIsPerPerson(t *testing.T) {
	inBubble(t, func(t *testing.T, c *chat) {
		c.world("* each person may ask 3 times a minute")
		for i := range int64(10) {
			c.intake(typing(100+i, people["asha"], fmt.Sprint("x", i)))
		}
		synctest.Wait()
		c.intake(typing(200, people["ravi"], "y"))
		synctest.Wait()
		got := c.answers()
		if diff := cmp.Diff(map[string][]string{"11": words("x", 3), "22": {"y"}}, got); diff != "" {
			t.Errorf("answers (-want +got):\n%s", diff)
		}
	})
}
