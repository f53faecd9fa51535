package bot_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Five people ask for files of 4 MB while Telegram takes nothing. Three of the
// files are kept; the others are told to ask again.
func TestFilesOnTheirWayAreBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, c *chat) {
		const n = 5
		c.letInMany(n)
		large := "[" + strings.TrimSuffix(strings.Repeat(`"`+strings.Repeat("x", 92)+`",`, 40_000), ",") + "]"
		ask := func(i int64) {
			c.phone.Hold(1000+i, true)
			c.types(1000+i, false, "/tool search_instruments query=tata")
		}
		for i := range int64(n) {
			user := fmt.Sprintf("ZZ%04d", i)
			c.kite.Answer(user, "search_instruments", large)
			c.types(1000+i, false, "/login")
			synctest.Wait()
			c.browse(1000+i, user, false)
			time.Sleep(3 * time.Second)
			synctest.Wait()
		}
		for range 2 { // what was on its way is counted no more
			c.phone.Log()
			for i := range int64(n) {
				ask(i)
			}
			synctest.Wait()
			for i := range int64(n) {
				c.phone.Hold(1000+i, false)
			}
			synctest.Wait()
			seen := c.phone.Log()
			if files, told := strings.Count(seen, "The whole answer of"), strings.Count(seen, "Kite is getting too many requests just now."); files != 3 || told != n-3 {
				t.Errorf("%d files come, and %d people are told to ask again:\n%s", files, told, seen[:min(len(seen), 4000)])
			}
			time.Sleep(time.Minute)
		}
	})
}
