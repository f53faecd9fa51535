package command

import (
	"context"
	"slices"
	"time"

	"kitebot/internal/bot/account"
	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/marketdata"
	"kitebot/internal/kite"
	"kitebot/internal/kite/symbol"
)

// quotedInstrument is an instrument with its quote of now.
type quotedInstrument struct {
	quote kite.Quote
	name  string
	at    time.Time
}

// priceOf asks for one instrument; nil when Kite does not know it.
func priceOf(ctx context.Context, r *Request, id string) (*quotedInstrument, error) {
	if !symbol.IsID(id) { // a forged button
		return nil, nil
	}
	quotes, at, err := r.Account.Quotes(ctx, []string{id}, fresh)
	if err != nil {
		return nil, err
	}
	q, known := quotes[id]
	if !known {
		return nil, nil
	}
	return &quotedInstrument{quote: q, at: at}, nil
}

// maxQuotes is how many symbols one message may name: more do not fit into one.
const maxQuotes = 200

// resolve finds the instrument that a person means and its quote. Where that
// takes a choice, or nothing is found, instead is the reply that says so; command
// is the one that goes on once one was picked, with what went along.
//
// The order: what the person picked for these words before; then the likely
// names, all in one question; then a search. Where each word is a symbol of its
// own, several returns them.
func resolve(ctx context.Context, r *Request, said symbol.Reading, command, with string) (found quotedInstrument, several []string, instead Reply, err error) {
	whole, parts := r.candidatesOf(said.Typed), r.candidatesEach(said.Parts)
	ask := whole.guesses
	for _, p := range parts {
		ask = append(ask, p.guesses...)
	}
	var quotes map[string]kite.Quote
	if len(ask) > 0 {
		if quotes, found.at, err = r.Account.Quotes(ctx, ask, fresh); err != nil {
			return quotedInstrument{}, nil, Reply{}, err
		}
	}
	if q, clear := kite.Choose(whole.guesses, quotes); clear {
		found.quote = q
		return found, nil, Reply{}, nil
	}
	if ids, all := chosenEach(parts, quotes); all {
		return quotedInstrument{}, ids, Reply{}, nil
	}
	pick := marketdata.PickView{Typed: said.Typed, For: command, With: with}
	if !symbol.Searchable(said.Typed) {
		for _, id := range whole.guesses {
			if _, known := quotes[id]; known { // two shares that one symbol may mean
				pick.Options = append(pick.Options, symbol.InstrumentOf(id))
			}
		}
		return quotedInstrument{}, nil, Say(r.pickOrNone(pick)), nil
	}
	found, instead, err = search(ctx, r, pick)
	return found, nil, instead, err
}

// search is the last resort of resolve.
func search(ctx context.Context, r *Request, pick marketdata.PickView) (quotedInstrument, Reply, error) {
	found, err := r.Account.Search(ctx, pick.Typed)
	switch {
	case err != nil:
		return quotedInstrument{}, Reply{}, err
	case found.TooMany():
		return quotedInstrument{}, Say(marketdata.SearchTooMany(pick.Typed)), nil
	}
	ranked := symbol.Rank(pick.Typed, found.Found)
	one, clear := symbol.Unambiguous(pick.Typed, ranked)
	if !clear || found.More && len(ranked) == 1 {
		pick.Options, pick.More = ranked, found.More
		return quotedInstrument{}, Say(r.pickOrNone(pick)), nil
	}
	p, err := priceOf(ctx, r, one.ID)
	if err != nil {
		return quotedInstrument{}, Reply{}, err
	}
	if p == nil {
		return quotedInstrument{}, Say(marketdata.NoQuote(one.ID)), nil
	}
	p.name = one.Name
	return *p, Reply{}, nil
}

// pickOrNone asks which instrument is meant, or says that there is none, and which
// command may be meant.
func (r *Request) pickOrNone(v marketdata.PickView) view.Message {
	if len(v.Options) > 0 {
		return marketdata.PickSymbol(v)
	}
	return marketdata.NoSuchSymbol(v.Typed, r.Commands.Nearest(symbol.Key(v.Typed)))
}

// pickAgain turns to another page of what matched.
func pickAgain(command, with string) Handler {
	return func(ctx context.Context, r *Request) (Reply, error) {
		page, typed := marketdata.ParseSearchArg(r.Args)
		found, err := r.Account.Search(ctx, typed)
		switch {
		case err != nil:
			return Reply{}, err
		case found.TooMany():
			return inPlace(marketdata.SearchTooMany(typed)), nil
		}
		return inPlace(r.pickOrNone(marketdata.PickView{
			Typed: typed, Options: symbol.Rank(typed, found.Found), For: command, With: with, Page: page, More: found.More,
		})), nil
	}
}

// candidates are a symbol as it was typed, and the instruments that it can mean, the
// likeliest first; none when it can be no symbol.
type candidates struct {
	word    string
	guesses []string
	index   bool // it names an index, or the exchange
}

// candidatesOf reads a symbol. What was picked before for it holds.
func (r *Request) candidatesOf(word string) candidates {
	n := candidates{word: word}
	if picked := r.pick(word); picked != "" {
		n.guesses, n.index = []string{picked}, true
	} else if s, ok := symbol.Parse(word); ok && !symbol.IsISIN(word) && !symbol.IsBSECode(word) {
		n.guesses, n.index = s.Candidates(), s.Exchange != ""
	}
	return n
}

// pick is what was picked for a word, "" for nothing. Contracts are not remembered
// any more, and those that were are past.
func (r *Request) pick(word string) string {
	id := r.Prefs.Picks[symbol.Key(word)]
	if symbol.IsContract(id) {
		return ""
	}
	return id
}

func (r *Request) candidatesEach(words []string) (all []candidates) {
	for _, w := range words[:min(len(words), maxQuotes)] {
		all = append(all, r.candidatesOf(w))
	}
	return all
}

// chosenEach returns what each of the words means; false where one is not clear, or
// there are none. The power of "reliance power" is not the index of that name.
func chosenEach(words []candidates, quotes map[string]kite.Quote) (ids []string, all bool) {
	for _, w := range words {
		q, clear := kite.Choose(w.guesses, quotes)
		if !clear || q.IsIndex() && !w.index {
			return nil, false
		}
		ids = append(ids, q.ID)
	}
	return ids, len(ids) > 0
}

// The bounds of what is remembered of a person.
const (
	maxWatch = 40
	maxPicks = 100
)

// picked reads the argument of a pick button and remembers what was meant, which the
// returned message says. A contract is not remembered: it is gone in some weeks.
func (r *Request) picked() (id string, remembered []view.Message, err error) {
	id, typed := marketdata.ParsePickArg(r.Args)
	if typed == "" || !symbol.IsID(id) || symbol.IsContract(id) || r.Prefs.Picks[typed] == id {
		return id, nil, nil
	}
	err = r.Change(func(p *account.Prefs) {
		if p.Picks == nil || len(p.Picks) >= maxPicks {
			p.Picks = map[string]string{} // start anew rather than choose which to forget
		}
		p.Picks[typed] = id
	})
	return id, []view.Message{marketdata.SymbolRemembered(typed, id)}, err
}

// unpick forgets what a word was said to mean.
func unpick(_ context.Context, r *Request) (Reply, error) {
	err := r.Change(func(p *account.Prefs) { delete(p.Picks, r.Args) })
	return inPlace(marketdata.SymbolForgotten(r.Args)), err
}

// withoutRepeats drops what repeats an earlier one.
func withoutRepeats(ids []string) (once []string) {
	for _, id := range ids {
		if !slices.Contains(once, id) {
			once = append(once, id)
		}
	}
	return once
}
