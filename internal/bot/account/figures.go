package account

import (
	"context"
	"time"

	"kitebot/internal/kite"
	"kitebot/internal/kite/query"
	"kitebot/internal/kite/wire"
)

// fetch asks something over the asker's session and decodes the answer, whose
// room it holds until then. It returns when Kite gave it.
func fetch[T any](ctx context.Context, a *Account, q query.Query, maxAge time.Duration, decode func(string) (T, error)) (T, time.Time, error) {
	var none T
	ctx, release := wire.DeferRelease(ctx)
	defer release()
	text, at, err := a.backend.Sessions.Fetch(ctx, a.person, q, maxAge)
	if err != nil {
		return none, time.Time{}, err
	}
	value, err := decode(text)
	if err != nil {
		a.backend.Sessions.Discard(a.person, q) // the next try is to get another answer
		return none, time.Time{}, err
	}
	return value, at, nil
}

// Holdings asks for the account's holdings. Those whose P&L at Kite does not bear
// out how their shares are counted are reported.
func (a *Account) Holdings(ctx context.Context, maxAge time.Duration) ([]kite.Holding, time.Time, error) {
	all, at, err := fetch(ctx, a, query.Holdings(), maxAge, kite.DecodeHoldings)
	if a.backend.Mismatches != nil {
		a.backend.Mismatches(kite.Mismatches(all))
	}
	return all, at, err
}

// Positions asks for the account's positions.
func (a *Account) Positions(ctx context.Context, maxAge time.Duration) (kite.Positions, time.Time, error) {
	return fetch(ctx, a, query.Positions(), maxAge, kite.DecodePositions)
}

// Orders asks for today's orders.
func (a *Account) Orders(ctx context.Context, maxAge time.Duration) ([]kite.Order, time.Time, error) {
	return fetch(ctx, a, query.Orders(), maxAge, kite.DecodeOrders)
}

// OrderHistory asks for the steps of one order.
func (a *Account) OrderHistory(ctx context.Context, id string, maxAge time.Duration) ([]kite.Order, time.Time, error) {
	return fetch(ctx, a, query.OrderHistory(id), maxAge, kite.DecodeOrderHistory)
}

// OrderTrades asks for the trades of one order.
func (a *Account) OrderTrades(ctx context.Context, id string, maxAge time.Duration) ([]kite.Trade, time.Time, error) {
	return fetch(ctx, a, query.OrderTrades(id), maxAge, kite.DecodeOrderTrades)
}

// Trades asks for today's trades.
func (a *Account) Trades(ctx context.Context, maxAge time.Duration) ([]kite.Trade, time.Time, error) {
	return fetch(ctx, a, query.Trades(), maxAge, kite.DecodeTrades)
}

// Margins asks for the account's funds.
func (a *Account) Margins(ctx context.Context, maxAge time.Duration) (kite.Margins, time.Time, error) {
	return fetch(ctx, a, query.Margins(), maxAge, kite.DecodeMargins)
}

// MutualFunds asks for the account's mutual funds.
func (a *Account) MutualFunds(ctx context.Context, maxAge time.Duration) ([]kite.MutualFund, time.Time, error) {
	return fetch(ctx, a, query.MutualFunds(), maxAge, kite.DecodeMutualFunds)
}

// GTTs asks for the orders that wait for a price.
func (a *Account) GTTs(ctx context.Context, maxAge time.Duration) ([]kite.GTT, time.Time, error) {
	return fetch(ctx, a, query.GTTs(), maxAge, kite.DecodeGTTs)
}

// Profile asks who the account belongs to.
func (a *Account) Profile(ctx context.Context, maxAge time.Duration) (kite.Profile, time.Time, error) {
	return fetch(ctx, a, query.Profile(), maxAge, kite.DecodeProfile)
}

// Quotes asks for the prices of instruments, "NSE:INFY"; unknown ones are absent.
func (a *Account) Quotes(ctx context.Context, ids []string, maxAge time.Duration) (map[string]kite.Quote, time.Time, error) {
	return fetch(ctx, a, query.Quotes(ids), maxAge, kite.DecodeQuotes)
}

// Prices asks for the day's prices only: less than Quotes, and lighter for Kite.
func (a *Account) Prices(ctx context.Context, ids []string, maxAge time.Duration) (map[string]kite.Quote, time.Time, error) {
	return fetch(ctx, a, query.OHLC(ids), maxAge, kite.DecodeOHLC)
}

// Candles asks for the history of an instrument.
func (a *Account) Candles(ctx context.Context, token int64, w kite.Window, maxAge time.Duration) (kite.Candles, time.Time, error) {
	return fetch(ctx, a, query.Candles(token, w), maxAge, kite.DecodeCandles)
}

// Tools asks what the server offers.
func (a *Account) Tools(ctx context.Context, maxAge time.Duration) ([]wire.Offer, error) {
	offers, _, err := fetch(ctx, a, query.ToolList(), maxAge, wire.DecodeOffers)
	return offers, err
}

// Ask asks what was typed, and returns the answer as it came.
func (a *Account) Ask(ctx context.Context, q query.Query, maxAge time.Duration) (string, time.Time, error) {
	return fetch(ctx, a, q, maxAge, func(text string) (string, error) { return text, nil })
}
