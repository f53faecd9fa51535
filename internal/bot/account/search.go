package account

import (
	"cmp"
	"context"
	"strconv"
	"strings"
	"time"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/symbol"
	"kitebot/internal/kite/wire"
	"kitebot/internal/panics"
)

// keepFound is how old what was found may be: instruments do not change within it.
const keepFound = time.Minute

// Search looks for instruments by what was typed, in their symbols and in the names
// of companies at the same time; an ISIN or a number of BSE by itself. The ranking is
// ours and takes all matches, so that it asks how many there are first: of more than
// [symbol.MaxMatches] it returns those of the shares and indices that begin so, if it
// can. What is not [symbol.Searchable] matches nothing. It asks seven
// questions at most (TestATypedMessageIsBounded).
func (a *Account) Search(ctx context.Context, typed string) (symbol.Matches, error) {
	word := strings.TrimSpace(typed)
	switch code, err := strconv.ParseInt(word, 10, 64); {
	case symbol.IsISIN(word):
		return a.matching(ctx, query.ISIN(strings.ToUpper(word)))
	case err == nil && symbol.IsBSECode(word):
		found, err := a.matching(ctx, query.BSECode(code))
		if wire.KindOf(err) == wire.KindBadArgument { // there is none
			return symbol.Matches{}, nil
		}
		return found, err
	}
	wanted, ok := symbol.ParseSearch(typed)
	if !ok {
		return symbol.Matches{}, nil
	}
	var symbols, names symbol.Matches
	var noSymbols, noNames error
	panicked := panics.Parallel(
		func() { symbols, noSymbols = a.manyMatching(ctx, "id", wanted.InSymbols()) },
		func() { names, noNames = a.manyMatching(ctx, "name", wanted.InNames()) },
	)
	if err := cmp.Or(panicked, session.LoginError(noSymbols, noNames), noSymbols, noNames); err != nil {
		return symbol.Matches{}, err
	}
	all := wanted.Filter(symbols.Merge(names))
	if index := wanted.Index(); index != "" && !all.Has(index) {
		more, err := a.matching(ctx, query.Instruments(index, "id"))
		return all.Merge(wanted.Filter(more)), err
	}
	if single := wanted.LikeliestWord(); single != "" && len(all.Found) == 0 {
		more, err := a.manyMatching(ctx, "name", []string{single})
		return wanted.Filter(more), err
	}
	if beginning := wanted.IndexPrefix(); beginning != "" && len(all.Found) == 0 {
		more, err := a.matching(ctx, query.Instruments(beginning, "id"))
		return wanted.Filter(more), err
	}
	return all, nil
}

// manyMatching looks for a text in a field; where too many have it, for the closer
// texts behind it.
func (a *Account) manyMatching(ctx context.Context, field string, texts []string) (symbol.Matches, error) {
	all, err := a.matching(ctx, query.Count(texts[0], field))
	if err != nil || all.Complete() {
		return all, err
	}
	if all.Total <= symbol.MaxMatches {
		return a.matching(ctx, query.Instruments(texts[0], field))
	}
	all = symbol.Matches{More: true}
	for _, closer := range texts[1:] {
		some, err := a.matching(ctx, query.Instruments(closer, field))
		if err != nil {
			return symbol.Matches{}, err
		}
		if some.Complete() {
			all = all.Merge(some)
		}
	}
	return all, nil
}

func (a *Account) matching(ctx context.Context, q query.Query) (symbol.Matches, error) {
	found, _, err := fetch(ctx, a, q, keepFound, symbol.DecodeInstruments)
	return found, err
}
