package bot

import (
	"context"
	"time"

	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
)

// How old an answer may be that is handed out again, by what the person does.
const (
	fresh    = 3 * time.Second  // asks, or presses Refresh: a second tap costs nothing
	glance   = 10 * time.Second // opens a card out of a list
	browsing = time.Minute      // turns pages, sorts, goes back
)

// fetch asks a read tool over the asker's session and decodes the answer. It
// returns when Kite gave it.
func fetch[T any](ctx context.Context, a Account, tool string, args map[string]any, maxAge time.Duration, decode func(string) (T, error)) (T, time.Time, error) {
	var none T
	text, at, err := a.pool.Recall(ctx, a.person, tool, args, maxAge)
	if err != nil {
		return none, time.Time{}, err
	}
	value, err := decode(text)
	if err != nil {
		return none, time.Time{}, err
	}
	return value, at, nil
}

// Holdings asks for the account's holdings.
func (a Account) Holdings(ctx context.Context, maxAge time.Duration) ([]kite.Holding, time.Time, error) {
	return fetch(ctx, a, "get_holdings", nil, maxAge, kite.DecodeHoldings)
}

// Positions asks for the account's positions.
func (a Account) Positions(ctx context.Context, maxAge time.Duration) (kite.Positions, time.Time, error) {
	return fetch(ctx, a, "get_positions", nil, maxAge, kite.DecodePositions)
}

// Orders asks for today's orders.
func (a Account) Orders(ctx context.Context, maxAge time.Duration) ([]kite.Order, time.Time, error) {
	return fetch(ctx, a, "get_orders", nil, maxAge, kite.DecodeOrders)
}

// OrderHistory asks for the steps of one order.
func (a Account) OrderHistory(ctx context.Context, id string, maxAge time.Duration) ([]kite.Order, time.Time, error) {
	return fetch(ctx, a, "get_order_history", map[string]any{"order_id": id}, maxAge, kite.DecodeOrderHistory)
}

// OrderTrades asks for the trades of one order.
func (a Account) OrderTrades(ctx context.Context, id string, maxAge time.Duration) ([]kite.Trade, time.Time, error) {
	return fetch(ctx, a, "get_order_trades", map[string]any{"order_id": id}, maxAge, kite.DecodeOrderTrades)
}

// Trades asks for today's trades.
func (a Account) Trades(ctx context.Context, maxAge time.Duration) ([]kite.Trade, time.Time, error) {
	return fetch(ctx, a, "get_trades", nil, maxAge, kite.DecodeTrades)
}

// Margins asks for the account's funds.
func (a Account) Margins(ctx context.Context, maxAge time.Duration) (kite.Margins, time.Time, error) {
	return fetch(ctx, a, "get_margins", nil, maxAge, kite.DecodeMargins)
}

// MutualFunds asks for the account's mutual funds.
func (a Account) MutualFunds(ctx context.Context, maxAge time.Duration) ([]kite.MutualFund, time.Time, error) {
	return fetch(ctx, a, "get_mf_holdings", nil, maxAge, kite.DecodeMutualFunds)
}

// GTTs asks for the orders that wait for a price.
func (a Account) GTTs(ctx context.Context, maxAge time.Duration) ([]kite.GTT, time.Time, error) {
	return fetch(ctx, a, "get_gtts", nil, maxAge, kite.DecodeGTTs)
}

// Profile asks who the account belongs to.
func (a Account) Profile(ctx context.Context, maxAge time.Duration) (kite.Profile, time.Time, error) {
	return fetch(ctx, a, "get_profile", nil, maxAge, kite.DecodeProfile)
}

// Quotes asks for the prices of instruments, "NSE:INFY"; unknown ones are absent.
func (a Account) Quotes(ctx context.Context, ids []string, maxAge time.Duration) (map[string]kite.Quote, time.Time, error) {
	return fetch(ctx, a, "get_quotes", map[string]any{"instruments": ids}, maxAge, kite.DecodeQuotes)
}

// Prices asks for the day's prices only: less than Quotes, and lighter for Kite.
func (a Account) Prices(ctx context.Context, ids []string, maxAge time.Duration) (map[string]kite.Quote, time.Time, error) {
	return fetch(ctx, a, "get_ohlc", map[string]any{"instruments": ids}, maxAge, kite.DecodeOHLC)
}

// Candles asks for the history of an instrument.
func (a Account) Candles(ctx context.Context, token int64, w kite.Window, maxAge time.Duration) (kite.Candles, time.Time, error) {
	return fetch(ctx, a, "get_historical_data", w.Args(token), maxAge, kite.DecodeCandles)
}

// instruments is what a search found.
type instruments struct {
	found   []kite.Instrument
	leftOut int
}

// Search looks for instruments by words: in their symbols, and in the names of
// companies when no symbol has them. It asks for all at once, since the ranking
// is ours.
func (a Account) Search(ctx context.Context, query string) (found instruments, err error) {
	for _, field := range []string{"id", "name"} {
		args := map[string]any{"query": query, "filter_on": field}
		found, _, err = fetch(ctx, a, "search_instruments", args, browsing, func(text string) (instruments, error) {
			all, leftOut, err := kite.DecodeInstruments(text)
			return instruments{all, leftOut}, err
		})
		if err != nil || len(found.found) > 0 {
			break
		}
	}
	return found, err
}

// Tools asks what the server offers.
func (a Account) Tools(ctx context.Context) ([]kite.Offer, error) {
	offers, _, err := fetch(ctx, a, session.ListTools, nil, browsing, kite.DecodeOffers)
	return offers, err
}

// Tool asks a tool as it was typed, and returns the answer as it came. Only
// what kite.ParseToolCall lets through may be asked here.
func (a Account) Tool(ctx context.Context, tool kite.Tool, args map[string]any) (string, time.Time, error) {
	return fetch(ctx, a, tool.Name, args, fresh, func(text string) (string, error) { return text, nil })
}
