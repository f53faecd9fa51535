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
			ids, unknown := r.namedSymbols(r.Args)
			m, err := quotesMessage(ctx, r, ids, unknown, fresh)
			return say(m), err
		},
		Actions: map[string]Action{"refresh": {Ack: "Refreshing…", Run: func(ctx context.Context, r *Request) (Reply, error) {
			m, err := quotesMessage(ctx, r, view.ParseQuotesArg(r.Args), nil, fresh)
			return inPlace(m), err
		}}},
	}
}

func quotesMessage(ctx context.Context, r *Request, ids, unknown []string, maxAge time.Duration) (view.Message, error) {
	v := view.QuotesView{Native: r.Prefs.Native, AsOf: r.Now}
	if len(ids) > 0 {
		quotes, at, err := r.Account.Prices(ctx, ids, maxAge)
		if err != nil {
			return view.Message{}, err
		}
		v.Rows, v.AsOf = view.RowsOf(ids, quotes), at
	}
	for _, word := range unknown {
		v.Rows = append(v.Rows, view.QuoteRow{ID: word})
	}
	return view.Quotes(v), nil
}

// namedSymbols reads symbols with commas or spaces between. What was picked
// before for a name holds; else the likeliest exchange is taken. unknown is
// what can be no symbol.
func (r *Request) namedSymbols(text string) (ids, unknown []string) {
	words := strings.FieldsFunc(text, func(c rune) bool { return c == ',' || c == ';' || c == '\n' })
	if len(words) == 1 {
		words = strings.Fields(text)
		if s, ok := kite.ParseSymbol(text); ok && s.Exchange != "" {
			words = []string{text} // "bank nifty"
		}
	}
	for _, w := range words {
		s, ok := kite.ParseSymbol(w)
		if !ok {
			unknown = append(unknown, w)
			continue
		}
		id := s.Guesses()[0]
		if picked, there := r.Prefs.Picks[kite.SymbolKey(w)]; there {
			id = picked
		}
		if !slices.Contains(ids, id) && len(ids) < maxQuotes {
			ids = append(ids, id)
		}
	}
	return ids, unknown
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
	ids, unknown := r.namedSymbols(r.Args)
	var known []string
	if len(ids) > 0 {
		quotes, _, err := r.Account.Prices(ctx, ids, fresh)
		if err != nil {
			return Reply{}, err
		}
		for _, id := range ids {
			if _, there := quotes[id]; there {
				known = append(known, id)
			} else {
				unknown = append(unknown, id)
			}
		}
	}
	var added []string
	full := false
	err := r.Change(func(p *Prefs) {
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
