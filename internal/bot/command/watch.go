package command

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"kitebot/internal/bot/account"
	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/marketdata"
	"kitebot/internal/kite"
	"kitebot/internal/kite/symbol"
)

func quotesCommand() Command {
	return Command{
		Name: "quotes", Usage: "/quotes SYMBOLS", Summary: "several prices at once: infy, tcs, nifty",
		Run: func(ctx context.Context, r *Request) (Reply, error) {
			m, err := quotesMessage(ctx, r, symbol.Readings(r.Args))
			return Say(m), err
		},
		Actions: map[string]Action{"refresh": {Ack: "Refreshing…", Run: func(ctx context.Context, r *Request) (Reply, error) {
			m, err := quotesMessage(ctx, r, symbol.ReadingsOf(marketdata.ParseQuotesArg(r.Args)))
			return inPlace(m), err
		}}},
	}
}

func quotesMessage(ctx context.Context, r *Request, said []symbol.Reading) (view.Message, error) {
	v := marketdata.QuotesView{Native: r.Prefs.Native, AsOf: r.Now}
	meant, err := priceEach(ctx, r, said)
	if err != nil {
		return view.Message{}, err
	}
	if !meant.at.IsZero() {
		v.AsOf = meant.at
	}
	v.Rows, v.Unclear = marketdata.QuoteRows(slices.Concat(meant.ids, meant.unknown), meant.quotes), meant.unclear
	return marketdata.Quotes(v), nil
}

// resolved is what several words mean.
type resolved struct {
	ids              []string // instruments that Kite knows, each once
	quotes           map[string]kite.Quote
	at               time.Time // zero: nothing was asked
	unclear, unknown []string  // words
}

// maxSearched is how many of several words are searched for.
const maxSearched = 3

// priceEach finds what each of several symbols means, as /quote would, but for
// asking back: all that they can mean is one question, and the first few of which
// Kite knows nothing by that are searched for.
func priceEach(ctx context.Context, r *Request, said []symbol.Reading) (m resolved, err error) {
	var words []candidates
	var ask []string
	for _, s := range said[:min(len(said), maxQuotes)] {
		whole, parts := r.candidatesOf(s.Typed), r.candidatesEach(s.Parts)
		for _, w := range append(parts, whole) {
			ask = append(ask, w.guesses...)
		}
		words = append(words, whole)
	}
	if len(ask) > 0 {
		if m.quotes, m.at, err = r.Account.Prices(ctx, withoutRepeats(ask[:min(len(ask), maxAsked)]), fresh); err != nil {
			return resolved{}, err
		}
	}
	switch {
	case len(ask) == 0:
		m.quotes = map[string]kite.Quote{}
	case m.quotes == nil: // an answer without any data
		for _, w := range words {
			m.ids = append(m.ids, append(w.guesses, w.word)[0])
		}
		return m, nil
	}
	for i, w := range words {
		parts := r.candidatesEach(said[i].Parts)
		_, each := chosenEach(parts, m.quotes)
		if _, whole := kite.Choose(w.guesses, m.quotes); !whole && (each || len(said) == 1 && slices.ContainsFunc(parts, m.knows)) {
			m.sort(parts...)
			continue
		}
		m.sort(w)
	}
	return m, m.search(ctx, r)
}

// maxAsked is how many instruments one question may name.
const maxAsked = 500

func (m *resolved) knows(w candidates) bool {
	return slices.ContainsFunc(w.guesses, func(id string) bool { _, there := m.quotes[id]; return there })
}

// sort puts words where they belong, by what Kite knows.
func (m *resolved) sort(words ...candidates) {
	for _, w := range words {
		switch q, clear := kite.Choose(w.guesses, m.quotes); {
		case clear && (w.index || !q.IsIndex() || len(words) == 1):
			m.ids = withoutRepeats(append(m.ids, q.ID))
		case m.knows(w):
			m.unclear = append(m.unclear, w.word)
		default:
			m.unknown = append(m.unknown, w.word)
		}
	}
}

// search looks for what is unknown so far.
func (m *resolved) search(ctx context.Context, r *Request) error {
	var unknown, found []string
	for i, word := range m.unknown {
		if i >= maxSearched {
			unknown = append(unknown, word)
			continue
		}
		all, err := r.Account.Search(ctx, word)
		if err != nil {
			return err
		}
		one, clear := symbol.Unambiguous(word, symbol.Rank(word, all.Found))
		switch {
		case clear && !all.More:
			found = append(found, one.ID)
		case len(all.Found) > 0 || all.More:
			m.unclear = append(m.unclear, word)
		default:
			unknown = append(unknown, word)
		}
	}
	m.unknown = unknown
	if found = withoutRepeats(found); len(found) == 0 {
		return nil
	}
	more, at, err := r.Account.Prices(ctx, found, fresh)
	if err != nil {
		return err
	}
	m.ids, m.at = withoutRepeats(append(m.ids, found...)), at
	maps.Copy(m.quotes, more)
	return nil
}

func watchCommand() Command {
	return Command{
		Name: "watch", Usage: "/watch SYMBOLS", Summary: "your watch list; symbols after it go onto the list",
		Run: func(ctx context.Context, r *Request) (Reply, error) {
			if r.Args != "" {
				return watchAdd(ctx, r)
			}
			return watchList(ctx, r, 1, fresh, false, Say)
		},
		Actions: map[string]Action{
			"page":    {Run: watchPage(browsing, false)},
			"refresh": {Ack: "Refreshing…", Run: watchPage(fresh, false)},
			"edit":    {Run: watchPage(browsing, true)},
			"remove": {Run: func(ctx context.Context, r *Request) (Reply, error) {
				page := marketdata.WatchPage(slices.Index(r.Prefs.Watch, r.Args))
				err := r.Change(func(p *account.Prefs) {
					p.Watch = slices.DeleteFunc(p.Watch, func(id string) bool { return id == r.Args })
				})
				if err != nil {
					return Reply{}, err
				}
				return watchList(ctx, r, page, browsing, true, inPlace)
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

// watchList shows the list. An empty one asks Kite nothing.
func watchList(ctx context.Context, r *Request, page int, maxAge time.Duration, edit bool, as func(view.Message) Reply) (Reply, error) {
	v := marketdata.QuotesView{Watch: true, Edit: edit && len(r.Prefs.Watch) > 0, Page: page, Native: r.Prefs.Native, AsOf: r.Now}
	if len(r.Prefs.Watch) > 0 {
		quotes, at, err := r.Account.Prices(ctx, r.Prefs.Watch, maxAge)
		if err != nil {
			return Reply{}, err
		}
		v.Rows, v.AsOf = marketdata.QuoteRows(r.Prefs.Watch, quotes), at
	}
	return as(marketdata.Quotes(v)), nil
}

// watchAdd puts the symbols that Kite knows onto the list.
func watchAdd(ctx context.Context, r *Request) (Reply, error) {
	meant, err := priceEach(ctx, r, symbol.Readings(r.Args))
	if err != nil {
		return Reply{}, err
	}
	var added, there []string
	full := false
	err = r.Change(func(p *account.Prefs) {
		for _, id := range meant.ids {
			switch {
			case slices.Contains(p.Watch, id):
				there = append(there, id)
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
	return Say(marketdata.WatchAdded(added, there, meant.unknown, meant.unclear, full, maxWatch)), nil
}
