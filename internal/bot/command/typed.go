package command

import (
	"slices"
	"strings"
	"unicode"

	"kitebot/internal/kite"
	"kitebot/internal/kite/symbol"
)

// otherNames are what people call a command besides its name, without a slash.
var otherNames = map[string]string{
	"account": "portfolio", "p&l": "portfolio", "pnl": "portfolio", "profit": "portfolio", "summary": "portfolio",
	"holding": "holdings", "my holdings": "holdings", "shares": "holdings", "stocks": "holdings",
	"position": "positions", "my positions": "positions",
	"order": "orders", "my orders": "orders", "order book": "orders", "orderbook": "orders",
	"trade": "trades", "my trades": "trades", "trade book": "trades", "tradebook": "trades",
	"balance": "funds", "cash": "funds", "fund": "funds", "margin": "funds", "margins": "funds", "money": "funds", "my funds": "funds",
	"mutual fund": "mf", "mutual funds": "mf", "gtts": "gtt", "who am i": "profile", "whoami": "profile",
	"market watch": "watch", "marketwatch": "watch", "my watchlist": "watch", "watch list": "watch", "watchlist": "watch",
	"gainers": "movers", "losers": "movers", "find": "search",
	"log in": "login", "sign in": "login", "signin": "login", "log out": "logout", "sign out": "logout", "signout": "logout",
	"commands": "help", "menu": "help",
}

// Find finds a command by its name.
func (l List) Find(name string) (Command, bool) {
	i := slices.IndexFunc(l, func(c Command) bool { return c.Name == name })
	if i < 0 {
		return Command{}, false
	}
	return l[i], true
}

// Read reads a plain message: which command it comes to, and what goes with it.
// name is "" for talk.
//
//	Holdings!           /holdings         its name, or another of its names
//	orders open         /orders open      what takes something more
//	infy 6m             /chart infy 6m
//	infy, price of tcs  /quote infy, …
//
// A command's word wins over a symbol that is spelt the same: /quote WORD asks for
// that one.
func (l List) Read(text string) (name, args string) {
	words := strings.Fields(strings.TrimRightFunc(withoutInvisible(text), isSeparator))
	whole := strings.Join(words, " ")
	if c, ok := l.called(strings.ToLower(whole)); ok {
		return c.Name, ""
	}
	if len(words) > 1 {
		rest := strings.Join(words[1:], " ")
		if c, ok := l.called(strings.ToLower(words[0])); ok && c.takes(words[1:]) {
			return c.Name, rest
		}
	}
	if symbol, ok := kite.ParseChartRequest(whole); ok {
		return "chart", symbol
	}
	if symbol.LooksLikeList(withoutInvisible(text)) {
		return "quote", strings.TrimSpace(withoutInvisible(text))
	}
	return "", ""
}

// takes reports whether words that stand behind a command go with it, rather than
// are talk: "watch out".
func (c Command) takes(words []string) bool {
	return (c.Filters || strings.Contains(c.Usage, " ")) && !slices.ContainsFunc(words, func(word string) bool {
		side := c.Filters && slices.Contains([]string{"buy", "sell", "done"}, strings.ToLower(word))
		return symbol.HasOrdinaryWord(word) && !side
	})
}

// called finds a command by its name or another of its names.
func (l List) called(words string) (Command, bool) {
	if name, ok := otherNames[words]; ok {
		words = name
	}
	return l.Find(words)
}

// Nearest names the command that a person meant who mistyped its name: it begins
// so, or at most two letters differ, and fewer than half of them. "" for none.
func (l List) Nearest(typed string) (best string) {
	const most = 2
	typed = strings.ToLower(typed)
	least := min(most, (len(typed)-1)/2) + 1
	try := func(name, command string) {
		d := EditDistance(typed, name)
		if len(typed) > 2 && strings.HasPrefix(name, typed) {
			d = min(d, 1)
		}
		if d < least || d == least && best != "" && command < best {
			best, least = command, d
		}
	}
	for _, c := range l {
		try(c.Name, c.Name)
	}
	for name, command := range otherNames {
		if _, known := l.Find(command); known {
			try(name, command)
		}
	}
	return best
}

// EditDistance is how many letters have to be put in, left out, changed or swapped
// with their neighbour to make b of a. They are ASCII.
func EditDistance(a, b string) int {
	before, row := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		next := make([]int, len(b)+1)
		next[0] = i + 1
		for j := range len(b) {
			change := row[j]
			if a[i] != b[j] {
				change++
			}
			next[j+1] = min(change, row[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}

// Parse splits "/holdings@kite_bot args". addressed: the command names
// this bot. A command for another bot is none. A name is what Telegram takes for
// one, letters, digits and underscores: it ends at anything else. Names are
// lower-cased, since phones capitalise.
func Parse(text, username string) (name, args string, addressed bool) {
	text, slash := strings.CutPrefix(strings.TrimSpace(withoutInvisible(text)), "/")
	if !slash {
		return "", "", false
	}
	name, rest := cutName(text)
	if name == "" && !strings.HasPrefix(rest, "@") {
		return "", "", false
	}
	if to, at := strings.CutPrefix(rest, "@"); at {
		to, rest = cutName(to)
		if !strings.EqualFold(to, username) {
			return "", "", false
		}
		addressed = true
	}
	return strings.ToLower(name), strings.TrimSpace(strings.TrimLeftFunc(rest, isSeparator)), addressed
}

// cutName cuts the name of a command or of a bot off a text.
func cutName(text string) (name, rest string) {
	at := strings.IndexFunc(text, func(r rune) bool {
		return r > unicode.MaxASCII || r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	if at < 0 {
		return text, ""
	}
	return text[:at], text[at:]
}

// isSeparator is what may stand between words, or behind the last.
func isSeparator(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(".,:;!?…", r) }

// withoutInvisible leaves out the characters that show nothing and take no room.
func withoutInvisible(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, text)
}
