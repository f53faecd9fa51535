package bot

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"kitebot/internal/bot/view"
	"kitebot/internal/kite"
)

// maxQuotes is how many symbols one message may name: more do not fit into one.
const maxQuotes = 200

func quotesCommand() Command {
	return Command{
		Name: "quotes", Usage: "/quotes SYMBOLS", Summary: "several prices at once: infy, tcs, nifty",
		Run: func(ctx context.Context, r *Request) (Reply, error) {
			m, err := quotesMessage(ctx, r, r.namedSymbols(r.Args))
			return say(m), err
		},
		Actions: map[string]Action{"refresh": {Ack: "Refreshing…", Run: func(ctx context.Context, r *Request) (Reply, error) {
			var words []named
			for _, id := range view.ParseQuotesArg(r.Args) {
				words = append(words, named{id, []string{id}})
			}
			m, err := quotesMessage(ctx, r, words)
			return inPlace(m), err
		}}},
	}
}

func quotesMessage(ctx context.Context, r *Request, words []named) (view.Message, error) {
	v := view.QuotesView{Native: r.Prefs.Native, AsOf: r.Now}
	ids, quotes, at, err := priceOfEach(ctx, r, words)
	if err != nil {
		return view.Message{}, err
	}
	if len(ids) > 0 {
		v.Rows, v.AsOf = view.RowsOf(ids, quotes), at
	}
	return view.Quotes(v), nil
}

// named is a symbol as it was typed, and the instruments that it can mean, the
// likeliest first; none when it can be no symbol.
type named struct {
	word    string
	guesses []string
}

// namedSymbols reads symbols with commas or spaces between. What was picked
// before for a name holds.
func (r *Request) namedSymbols(text string) []named {
	words := strings.FieldsFunc(text, func(c rune) bool { return c == ',' || c == ';' || c == '\n' })
	if len(words) == 1 {
		if s, ok := kite.ParseSymbol(text); !ok || !kite.IsIndex(s.String()) { // "bank nifty" is one
			words = strings.Fields(text)
		}
	}
	var all []named
	for _, w := range words[:min(len(words), maxQuotes)] {
		n := named{word: strings.TrimSpace(w)}
		if s, ok := kite.ParseSymbol(w); ok {
			n.guesses = s.Guesses()
		}
		if picked, there := r.Prefs.Picks[kite.SymbolKey(w)]; there {
			n.guesses = []string{picked}
		}
		all = append(all, n)
	}
	return all
}

// priceOfEach asks for everything that the words can mean in one question, and
// returns what each does mean: the likeliest that Kite knows. A word that it
// knows nothing by stays as it was typed.
func priceOfEach(ctx context.Context, r *Request, words []named) (ids []string, quotes map[string]kite.Quote, at time.Time, err error) {
	var ask []string
	for _, w := range words {
		ask = append(ask, w.guesses...)
	}
	if len(ask) > 0 {
		if quotes, at, err = r.Account.Prices(ctx, ask, fresh); err != nil {
			return nil, nil, at, err
		}
	}
	for _, w := range words {
		id := w.word
		for _, guess := range slices.Backward(w.guesses) {
			if _, known := quotes[guess]; known {
				id = guess
			}
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, quotes, at, nil
}

func watchCommand() Command {
	return Command{
		Name: "watch", Usage: "/watch SYMBOLS", Summary: "your watch list; symbols after it go onto the list",
		Run: func(ctx context.Context, r *Request) (Reply, error) {
			if r.Args != "" {
				return watchAdd(ctx, r)
			}
			return watchList(ctx, r, 1, fresh, false, say)
		},
		Actions: map[string]Action{
			"page":    {Run: watchPage(browsing, false)},
			"refresh": {Ack: "Refreshing…", Run: watchPage(fresh, false)},
			"edit":    {Run: watchPage(browsing, true)},
			"remove": {Run: func(ctx context.Context, r *Request) (Reply, error) {
				err := r.Change(func(p *Prefs) {
					p.Watch = slices.DeleteFunc(p.Watch, func(id string) bool { return id == r.Args })
				})
				if err != nil {
					return Reply{}, err
				}
				return watchList(ctx, r, 1, browsing, true, inPlace)
			}},
		},
	}
}

func watchPage(maxAge time.Duration, edit bool) Handler {
	return func(ctx context.Context, r *Request) (Reply, error) {
		page, err := strconv.Atoi(r.Args)
		if err != nil {
			page = 1
		}
		return watchList(ctx, r, page, maxAge, edit, inPlace)
	}
}

// watchList shows the list. An empty one asks nobody.
func watchList(ctx context.Context, r *Request, page int, maxAge time.Duration, edit bool, as func(view.Message) Reply) (Reply, error) {
	v := view.QuotesView{Watch: true, Edit: edit && len(r.Prefs.Watch) > 0, Page: page, Native: r.Prefs.Native, AsOf: r.Now}
	if len(r.Prefs.Watch) > 0 {
		quotes, at, err := r.Account.Prices(ctx, r.Prefs.Watch, maxAge)
		if err != nil {
			return Reply{}, err
		}
		v.Rows, v.AsOf = view.RowsOf(r.Prefs.Watch, quotes), at
	}
	return as(view.Quotes(v)), nil
}

// watchAdd puts the symbols that Kite knows onto the list.
func watchAdd(ctx context.Context, r *Request) (Reply, error) {
	ids, quotes, _, err := priceOfEach(ctx, r, r.namedSymbols(r.Args))
	if err != nil {
		return Reply{}, err
	}
	var known, unknown []string
	for _, id := range ids {
		if _, there := quotes[id]; there {
			known = append(known, id)
		} else {
			unknown = append(unknown, id)
		}
	}
	var added []string
	full := false
	err = r.Change(func(p *Prefs) {
		for _, id := range known {
			switch {
			case slices.Contains(p.Watch, id):
			case len(p.Watch) >= maxWatch:
				full = true
			default:
				p.Watch, added = append(p.Watch, id), append(added, id)
			}
		}
	})
	if err != nil {
		return Reply{}, err
	}
	return say(view.WatchAdded(added, unknown, full, maxWatch)), nil
}
