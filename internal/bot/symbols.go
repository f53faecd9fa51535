package bot

import (
	"context"
	"strings"

	"kitebot/internal/bot/view"
	"kitebot/internal/kite"
)

// resolve finds the instrument that a person means and its quote. Where that
// takes a choice, or nothing is found, it returns the reply that says so; command
// is the one that goes on once one was picked, with what went along.
//
// The order: what the person picked for these words before; then the likely
// names, all in one question; then a search.
func resolve(ctx context.Context, r *Request, typed, command, with string) (priced, *Reply, error) {
	symbol, ok := kite.ParseSymbol(typed)
	if !ok {
		return priced{}, reply(say(view.NoSuchSymbol(typed))), nil
	}
	guesses := symbol.Guesses()
	if id, picked := r.Prefs.Picks[kite.SymbolKey(typed)]; picked {
		guesses = []string{id}
	}
	quotes, at, err := r.Account.Quotes(ctx, guesses, fresh)
	if err != nil {
		return priced{}, nil, err
	}
	if q, clear := kite.Choose(guesses, quotes); clear {
		return priced{quote: q, at: at}, nil, nil
	}
	pick := view.PickView{Typed: typed, For: command, With: with}
	if !kite.Searchable(symbol.Name) {
		for _, id := range guesses {
			if _, known := quotes[id]; known { // two shares that one symbol may mean
				exchange, name, _ := strings.Cut(id, ":")
				pick.Options = append(pick.Options, kite.Instrument{ID: id, Symbol: name, Exchange: exchange})
			}
		}
		return priced{}, reply(say(view.PickSymbol(pick))), nil
	}
	return search(ctx, r, pick)
}

// pickAgain turns to another page of what matched.
func pickAgain(command, with string) Handler {
	return func(ctx context.Context, r *Request) (Reply, error) {
		page, typed := view.ParseSearchArg(r.Args)
		found, err := r.Account.Search(ctx, wordsOf(typed))
		switch {
		case err != nil:
			return Reply{}, err
		case !found.Whole():
			return inPlace(view.SearchTooMany(typed, found.Total)), nil
		}
		ranked := kite.Rank(typed, found.Found)
		if len(ranked) == 0 {
			return inPlace(view.NoSuchSymbol(typed)), nil
		}
		return inPlace(view.PickSymbol(view.PickView{Typed: typed, Options: ranked, For: command, With: with, Page: page})), nil
	}
}

// search is the last resort of resolve.
func search(ctx context.Context, r *Request, pick view.PickView) (priced, *Reply, error) {
	typed := pick.Typed
	found, err := r.Account.Search(ctx, wordsOf(typed))
	switch {
	case err != nil:
		return priced{}, nil, err
	case !found.Whole():
		return priced{}, reply(say(view.SearchTooMany(typed, found.Total))), nil
	}
	ranked := kite.Rank(typed, found.Found)
	if len(ranked) == 0 {
		return priced{}, reply(say(view.NoSuchSymbol(typed))), nil
	}
	one, clear := kite.Clear(typed, ranked)
	if !clear {
		pick.Options = ranked
		return priced{}, reply(say(view.PickSymbol(pick))), nil
	}
	p, err := priceOf(ctx, r, one.ID)
	if err != nil {
		return priced{}, nil, err
	}
	if p == nil {
		return priced{}, reply(say(view.NoQuote(one.ID))), nil
	}
	p.name = one.Name
	return *p, nil, nil
}

func reply(r Reply) *Reply { return &r }

func deref(r *Reply) Reply {
	if r == nil {
		return Reply{}
	}
	return *r
}

// The bounds of what is remembered of a person.
const (
	maxWatch = 40
	maxPicks = 100
)

// picked reads the argument of a pick button and remembers what was meant.
func (r *Request) picked() (id string, err error) {
	id, typed := view.ParsePickArg(r.Args)
	if typed == "" || !kite.IsID(id) {
		return id, nil
	}
	return id, r.Change(func(p *Prefs) {
		if p.Picks == nil || len(p.Picks) >= maxPicks {
			p.Picks = map[string]string{} // start anew rather than choose which to forget
		}
		p.Picks[typed] = id
	})
}
