package bot_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"kitebot/internal/bot"
	"kitebot/internal/kite"
)

// What people type without a slash, and the command that it comes to; "" is talk.
func TestPhraseBook(t *testing.T) {
	const asha, omar = 11, 99
	book := []struct{ typed, want string }{
		// A command by its name, or by another one.
		{"holdings", "/holdings"}, {"Portfolio", "/portfolio"}, {"HELP!", "/help"}, {"help", "/help"}, {" orders. ", "/orders"},
		{"balance", "/funds"}, {"Margins?", "/funds"}, {"p&l", "/portfolio"}, {"pnl", "/portfolio"}, {"watchlist", "/watch"},
		{"Watch List", "/watch"}, {"mutual funds", "/mf"}, {"log out", "/logout"}, {"gainers", "/movers"}, {"my orders", "/orders"},
		{"holdings\u00a0", "/holdings"}, {"\u200bholdings", "/holdings"}, {"watch\u2009list", "/watch"},
		// With something behind it.
		{"search tata power", "/search tata power"}, {"watch infy, tcs", "/watch infy, tcs"}, {"quote infy", "/quote infy"},
		{"holdings infy", "/holdings infy"}, {"Orders open", "/orders open"}, {"orders buy", "/orders buy"}, {"chart infy 1Y", "/chart infy 1Y"},
		{"watch out", ""}, {"search for me", ""}, {"help me", ""}, {"show me", ""}, {"orders please", ""},
		// Symbols.
		{"infy", "/quote infy"}, {"infy?", "/quote infy?"}, {"m&m", "/quote m&m"}, {"NSE:INFY", "/quote NSE:INFY"}, {"nse infy", "/quote nse infy"},
		{"bse itc", "/quote bse itc"}, {"bank nifty", "/quote bank nifty"}, {"infy, tcs", "/quote infy, tcs"}, {"infy tcs", "/quote infy tcs"},
		{"infy price", "/quote infy price"}, {"price of infy", "/quote price of infy"}, {"what is the share price of infy?", "/quote what is the share price of infy?"},
		{"infy ltp, tcs", "/quote infy ltp, tcs"}, {"nifty26nov26000ce", "/quote nifty26nov26000ce"}, {"BANKNIFTY26NOV58000CE", "/quote BANKNIFTY26NOV58000CE"},
		{"NIFTY NOV 26000 CE", "/quote NIFTY NOV 26000 CE"}, {"nifty nov fut", "/quote nifty nov fut"}, {"INE009A01021", "/quote INE009A01021"},
		{"BSE SENSEX SIXTY 65:35", "/quote BSE SENSEX SIXTY 65:35"},
		// Charts.
		{"infy 6M", "/chart infy 6M"}, {"1d infy", "/chart 1d infy"}, {"infy 7W", "/chart infy 7W"}, {"chart of infy", "/chart infy"},
		{"infy chart", "/chart infy"}, {"infy, tcs 1Y", "/chart infy, tcs 1Y"}, {"bank nifty 1 year", "/chart bank nifty 1 year"}, {"nifty 50 1Y", "/chart nifty 50 1Y"},
		// Talk.
		{"hello", ""}, {"thanks!", ""}, {"good morning", ""}, {"buy infy", ""}, {"back in 5 min", ""}, {"see you at 5 in the office", ""},
		{"500325", ""}, {"123456", ""}, {"👍", ""}, {"", ""}, {"?", ""}, {"price", ""}, {"what is the price", ""}, {"hello, infy", ""}, {"इन्फी", ""},
		{"admin", "/quote admin"}, // of operators
	}
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t)
		c.open()
		defer c.close()
		for _, b := range book {
			if got := c.bot.Spoken(b.typed, asha); got != b.want {
				t.Errorf("%q comes to %q, want %q", b.typed, got, b.want)
			}
		}
		if got := c.bot.Spoken("admin", omar); got != "/admin" {
			t.Errorf("an operator's word comes to %q", got)
		}
	})
}

// typedWithoutSlash is what docs/commands.md says of it.
func typedWithoutSlash(t *testing.T) string {
	var rows strings.Builder
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t)
		c.open()
		defer c.close()
		for _, typed := range []string{"holdings", "balance", "orders open", "infy", "infy, tcs", "price of infy", "bse itc", "NIFTY NOV 26000 CE", "INE009A01021", "infy 1Y"} {
			fmt.Fprintf(&rows, "| `%s` | `%s` |\n", typed, c.bot.Spoken(typed, people["asha"]))
		}
	})
	return "\n## Without a slash\n\nCommands work by their names alone, by other names that people have for them, and symbols by themselves. A command's word\n" +
		"wins over a symbol that is spelt the same; `/quote WORD` asks for that one.\n\n| typed | does |\n|---|---|\n" + rows.String()
}

// What was picked for a word before contracts were no longer remembered is asked again.
func TestAnOldContractIsNotTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t)
		c.open()
		defer c.close()
		c.logIn("asha", "AB1234")
		c.kite.Market(market(""))
		if err := c.prefs.SavePrefs(people["asha"], bot.Prefs{Picks: map[string]string{"GOLD": "MCX:GOLDPETAL26NOVFUT", "TWIN": "BSE:TWIN"}}); err != nil {
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

// A command's word wins over a symbol, and the symbol can be asked for.
func TestCommandsAreNotShadowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t)
		c.open()
		defer c.close()
		for _, cmd := range bot.Commands() {
			if cmd.Admin {
				continue
			}
			for _, typed := range []string{cmd.Name, strings.ToUpper(cmd.Name)} {
				if got := c.bot.Spoken(typed, people["asha"]); got != "/"+cmd.Name {
					t.Errorf("%q comes to %q", typed, got)
				}
			}
			if name, args, _ := bot.ParseCommand("/quote "+cmd.Name, "kite_bot"); name != "quote" || args != cmd.Name {
				t.Errorf("/quote %s is read as %s %s", cmd.Name, name, args)
			}
		}
	})
}

func TestNearestCommand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChat(t)
		c.open()
		defer c.close()
		for typed, want := range map[string]string{
			"holding": "holdings", "positons": "positions", "Qoute": "quote", "hold": "holdings", "port": "portfolio", "setings": "settings",
			"balance": "funds", "loguot": "logout", "adnin": "", "teleport": "", "x": "", "": "", "transfer": "", "quotess": "quotes", "wtach": "watch",
		} {
			if got := c.bot.Nearest(typed, people["asha"]); got != want {
				t.Errorf("/%s is near %q, want %q", typed, got, want)
			}
		}
		if got := c.bot.Nearest("adnin", people["omar"]); got != "admin" {
			t.Errorf("of an operator it is near %q", got)
		}
	})
}

// A command ends where Telegram ends it.
func TestCommandEnds(t *testing.T) {
	for text, want := range map[string]string{
		"/quote\u00a0infy": "quote infy", "/quote\u2009infy": "quote infy", "/quote\tinfy": "quote infy", "/quote\ninfy": "quote infy", "/quote, infy": "quote infy",
		"/quote:infy": "quote infy", "/holdings.": "holdings ", "/holdings!": "holdings ", "/holdings…": "holdings ", "/holdings_x": "holdings_x ", "/quote-m&m": "quote -m&m",
		"/quote@kite_bot,infy": "quote infy", "/quote@KITE_BOT\u00a0infy": "quote infy", "\ufeff/holdings": "holdings ", "/quote m&m": "quote m&m", "/": " ", "/хелп": " ",
		"/holdings@other": " ",
	} {
		name, args, _ := bot.ParseCommand(text, "kite_bot")
		if got := name + " " + args; got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
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

// Lists keep together what belongs together.
func TestReadings(t *testing.T) {
	for typed, want := range map[string]string{
		"infy": "infy", "infy tcs": "infy tcs (infy|tcs)", "infy,tcs; itc\nlt": "infy/tcs/itc/lt", "tata motors, infy": "tata motors (tata|motors)/infy",
		"NSE:NIFTY BANK": "NSE:NIFTY BANK", "infy NSE:NIFTY BANK tcs": "infy NSE:NIFTY BANK tcs (infy|NSE:NIFTY BANK|tcs)",
		"infy bank nifty": "infy bank nifty (infy|bank nifty)", "nifty next 50": "nifty next 50", "nse infy bse itc": "nse infy bse itc (nse infy|bse itc)",
		"price of infy": "infy", "infy ltp": "infy", "quote of infy, price of tcs": "infy/tcs", "“infy”?": "infy", ", ,": "", "price": "price", "": "",
	} {
		var all []string
		for _, r := range kite.Readings(typed) {
			s := r.Typed
			if r.Parts != nil {
				s += " (" + strings.Join(r.Parts, "|") + ")"
			}
			all = append(all, s)
		}
		if got := strings.Join(all, "/"); got != want {
			t.Errorf("%q reads %q, want %q", typed, got, want)
		}
	}
}
