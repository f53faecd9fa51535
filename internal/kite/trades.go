package kite

import (
	"kitebot/internal/kite/wire"
	"time"

	"github.com/shopspring/decimal"
)

// Trade is one row of get_trades or get_order_trades: a part of an order that
// was filled. The price is rupees for one unit. Texts are data from outside.
type Trade struct {
	ID         string          `json:"trade_id"`
	OrderID    string          `json:"order_id"`
	Exchange   string          `json:"exchange"`
	Symbol     string          `json:"tradingsymbol"`
	Product    string          `json:"product"`
	Side       string          `json:"transaction_type"` // "BUY", "SELL"
	Quantity   decimal.Decimal `json:"quantity"`
	Price      decimal.Decimal `json:"average_price"`
	FilledAt   time.Time       `json:"fill_timestamp"` // zero when absent, like the next
	ExchangeAt time.Time       `json:"exchange_timestamp"`

	// Missing says that the row came as null: a trade is there, and nothing is
	// known of it.
	Missing bool
}

// DecodeTrades reads the answer of get_trades, the trades of today: a list,
// where null and [] are none. A null row becomes a [Trade] that is Missing.
// A part of a list, and whatever else comes, is [wire.KindMalformed].
func DecodeTrades(text string) ([]Trade, error) { return wire.List("get_trades", text, (*Trade).check) }

// DecodeOrderTrades reads the answer of get_order_trades: the trades of one
// order, in the form of [DecodeTrades].
func DecodeOrderTrades(text string) ([]Trade, error) {
	return wire.List("get_order_trades", text, (*Trade).check)
}

func (t *Trade) check() error { return needSymbol(t.Symbol) }

// At is when the trade was made; zero when Kite does not say.
func (t Trade) At() time.Time {
	if t.FilledAt.IsZero() {
		return t.ExchangeAt
	}
	return t.FilledAt
}

// Value is quantity × price in rupees. It is known on the share exchanges and
// their derivatives only: elsewhere a quantity counts lots, whose size the
// answer does not say.
func (t Trade) Value() Figure {
	switch t.Exchange {
	case "NSE", "BSE", "NFO", "BFO":
		return known(t.Quantity.Mul(t.Price))
	default:
		return Figure{}
	}
}

// TradesNewestFirst returns the trades by their time, the newest first, those
// without a time behind, those of which nothing is known last.
func TradesNewestFirst(trades []Trade) []Trade {
	return inOrder(trades, newestFirst(len(trades), func(i int) time.Time { return trades[i].At() }, func(i int) bool { return trades[i].Missing }))
}

// TradeTotals is what trades come to.
type TradeTotals struct {
	Buys, Sells  int    // how many
	Bought, Sold Figure // Σ value of those that have one; unknown when none has
	NoValue      int    // of the buys and sells: without a value
	Other        int    // neither bought nor sold, as far as Kite says
	Missing      int    // rows that came as null
}

// TotalTrades adds trades up. Nothing is rounded.
func TotalTrades(trades []Trade) TradeTotals {
	var t TradeTotals
	var bought, sold []Trade
	for _, trade := range trades {
		switch {
		case trade.Missing:
			t.Missing++
			continue
		case trade.Side == "BUY":
			bought = append(bought, trade)
		case trade.Side == "SELL":
			sold = append(sold, trade)
		default:
			t.Other++
			continue
		}
		if !trade.Value().OK {
			t.NoValue++
		}
	}
	t.Buys, t.Sells = len(bought), len(sold)
	t.Bought, t.Sold = sum(bought, Trade.Value), sum(sold, Trade.Value)
	return t
}

// Fits reports whether a word is in the trade's symbol, or says its side.
func (t Trade) Fits(word string) bool { return contains(t.Symbol, word) || isSide(t.Side, word) }
