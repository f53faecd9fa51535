package command_test

import (
	"slices"
	"strings"
	"testing"

	"kitebot/internal/bot/command"
	"kitebot/internal/kite/symbol"
)

// What people type without a slash, and the command that it comes to; "" is talk.
func TestPhraseBook(t *testing.T) {
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
	for _, b := range book {
		if got := read(public(), b.typed); got != b.want {
			t.Errorf("%q comes to %q, want %q", b.typed, got, b.want)
		}
	}
	if got := read(command.All(), "admin"); got != "/admin" {
		t.Errorf("an operator's word comes to %q", got)
	}
}

// public are the commands of people who are no operators.
func public() command.List {
	return slices.DeleteFunc(command.All(), func(c command.Command) bool { return c.Admin })
}

// read reads a plain message as the command that it comes to; "" for talk.
func read(l command.List, typed string) string {
	name, args := l.Read(typed)
	if name == "" {
		return ""
	}
	return strings.TrimSpace("/" + name + " " + args)
}

// A command's word wins over a symbol, and the symbol can be asked for.
func TestCommandsAreNotShadowed(t *testing.T) {
	for _, cmd := range public() {
		for _, typed := range []string{cmd.Name, strings.ToUpper(cmd.Name)} {
			if got := read(public(), typed); got != "/"+cmd.Name {
				t.Errorf("%q comes to %q", typed, got)
			}
		}
		if name, args, _ := command.Parse("/quote "+cmd.Name, "kite_bot"); name != "quote" || args != cmd.Name {
			t.Errorf("/quote %s is read as %s %s", cmd.Name, name, args)
		}
	}
}

func TestNearestCommand(t *testing.T) {
	for typed, want := range map[string]string{
		"holding": "holdings", "positons": "positions", "Qoute": "quote", "hold": "holdings", "port": "portfolio", "setings": "settings",
		"balance": "funds", "loguot": "logout", "adnin": "", "teleport": "", "x": "", "": "", "transfer": "", "quotess": "quotes", "wtach": "watch",
	} {
		if got := public().Nearest(typed); got != want {
			t.Errorf("/%s is near %q, want %q", typed, got, want)
		}
	}
	if got := command.All().Nearest("adnin"); got != "admin" {
		t.Errorf("of an operator it is near %q", got)
	}
}

// A command ends where Telegram ends it.
func TestCommandEnds(t *testing.T) {
	for text, want := range map[string]string{
		"/quote\u00a0infy": "quote infy", "/quote\u2009infy": "quote infy", "/quote\tinfy": "quote infy", "/quote\ninfy": "quote infy", "/quote, infy": "quote infy",
		"/quote:infy": "quote infy", "/holdings.": "holdings ", "/holdings!": "holdings ", "/holdings…": "holdings ", "/holdings_x": "holdings_x ", "/quote-m&m": "quote -m&m",
		"/quote@kite_bot,infy": "quote infy", "/quote@KITE_BOT\u00a0infy": "quote infy", "\ufeff/holdings": "holdings ", "/quote m&m": "quote m&m", "/": " ", "/хелп": " ",
		"/holdings@other": " ",
	} {
		name, args, _ := command.Parse(text, "kite_bot")
		if got := name + " " + args; got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
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
		for _, r := range symbol.Readings(typed) {
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

// FuzzCommandText: whatever is typed is a command with a name of ours, or none.
func FuzzCommandText(f *testing.F) {
	for _, text := range []string{
		"/holdings", "/HOLDINGS@Kite_Bot 2", "/quote  m&m ", "/quote\nINFY", "/", "//", "/@kite_bot", "/a@b@c d", "/start@other_bot x", "hello /help",
		" /help", "/\x00", "/хелп ₹", "/tool get_ltp {\"instruments\":[\"NSE:INFY\"]}", "/a\n@kite_bot", "/İ", "\xff/help",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		name, args, addressed := command.Parse(text, "kite_bot")
		switch {
		case name == "" && (addressed && !strings.Contains(strings.ToLower(text), "/@kite_bot")):
			t.Errorf("%q: a command without a name, for us", text)
		case strings.ContainsAny(name, " \n@"), name != strings.ToLower(name):
			t.Errorf("%q: the name is %q", text, name)
		case args != strings.TrimSpace(args):
			t.Errorf("%q: the arguments are %q", text, args)
		case name != "" && !strings.HasPrefix(strings.TrimSpace(text), "/"):
			t.Errorf("%q: %q without a slash", text, name)
		}
		again, args2, addressed2 := command.Parse("/"+name+" "+args, "kite_bot")
		if name != "" && (again != name || args2 != args || addressed2) {
			t.Errorf("%q reads as %q %q, and that as %q %q", text, name, args, again, args2)
		}
	})
}
