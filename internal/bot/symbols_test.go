package bot_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"kitebot/internal/bot/account"
)

// What was picked for a word before contracts were no longer remembered is asked again.
func TestAnOldContractIsNotTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t)
		c.open()
		defer c.close()
		c.logIn("asha", "AB1234")
		c.kite.Market(market(""))
		if err := c.prefs.SavePrefs(people["asha"], account.Prefs{Picks: map[string]string{"GOLD": "MCX:GOLDPETAL26NOVFUT", "TWIN": "BSE:TWIN"}}); err != nil {
			t.Fatal(err)
		}
		if seen := c.says("asha", "gold"); !strings.Contains(seen, "Several match “gold”") {
			t.Errorf("gold: %s", seen)
		}
		if seen := c.says("asha", "twin"); !strings.Contains(seen, "TWIN ₹12.00") {
			t.Errorf("twin: %s", seen)
		}
	})
}

// What one typed message asks of Kite at most, whatever it finds there: words that
// match too much, nothing, or several.
func TestATypedMessageIsBounded(t *testing.T) {
	many := strings.TrimSuffix(strings.Repeat("zz%d, ", 40), ", ")
	for i := range 40 {
		many = strings.Replace(many, "%d", fmt.Sprint("word", i), 1)
	}
	tests := []struct {
		typed          string
		quotes, search int
	}{
		{"infy", 1, 0},
		{"nifty", 1, 0},
		{"lt", 1, 0},
		{"/chart infy 3M", 0, 0},
		{"/quote tatasteel ltd", 2, 7},
		{"/search tata", 0, 7},
		{"/search finnifty", 0, 7},
		{"/quote power tata", 2, 7},
		{"/quotes " + many, 2, 3 * 7},
		{"/watch " + many, 2, 3 * 7},
		{"500325", 0, 0},
		{"hello there", 0, 0},
	}
	for _, flood := range []string{"", "tata", "everything"} {
		for _, tt := range tests {
			t.Run(flood+" "+tt.typed[:min(24, len(tt.typed))], func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c := newChat(t)
					c.open()
					defer c.close()
					c.logIn("asha", "AB1234")
					c.kite.Market(market(flood))
					c.kite.Calls()
					c.says("asha", tt.typed)
					quotes, search := 0, 0
					for _, call := range c.kite.Calls() {
						switch tool, _, _ := strings.Cut(call, " "); tool {
						case "get_quotes", "get_ohlc":
							quotes++
						case "search_instruments":
							search++
						}
					}
					if quotes > tt.quotes || search > tt.search {
						t.Errorf("%d quotes and %d searches, want %d and %d at most", quotes, search, tt.quotes, tt.search)
					}
				})
			})
		}
	}
}
