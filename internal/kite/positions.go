package kite

import (
	"cmp"
	"kitebot/internal/kite/wire"
	"slices"

	"github.com/shopspring/decimal"
)

// Position is one row of get_positions. Prices are rupees for one unit, counts
// are units (shares, or lots on the commodity and currency exchanges). Texts
// are data from outside.
type Position struct {
	Symbol   string `json:"tradingsymbol"` // "INFY", "NIFTY26NOVFUT"
	Exchange string `json:"exchange"`      // "NSE", "NFO", "MCX"
	Product  string `json:"product"`       // "CNC", "MIS", "NRML"

	Quantity          int64           `json:"quantity"` // below zero: sold short; 0: closed today
	OvernightQuantity int64           `json:"overnight_quantity"`
	Multiplier        decimal.Decimal `json:"multiplier"` // what one unit is worth of its price; 1 for shares

	AveragePrice decimal.Decimal `json:"average_price"`
	ClosePrice   decimal.Decimal `json:"close_price"` // the day before; 0 when Kite has none
	LastPrice    decimal.Decimal `json:"last_price"`  // 0 when Kite has none
	PnL          decimal.Decimal `json:"pnl"`         // Kite's own: realised and unrealised
	M2M          decimal.Decimal `json:"m2m"`         // Kite's own: what the day changed

	// All that makes up the position.
	BuyQuantity  int64           `json:"buy_quantity"`
	BuyPrice     decimal.Decimal `json:"buy_price"`
	BuyValue     decimal.Decimal `json:"buy_value"`
	SellQuantity int64           `json:"sell_quantity"`
	SellPrice    decimal.Decimal `json:"sell_price"`
	SellValue    decimal.Decimal `json:"sell_value"`

	// Today's part of it.
	DayBuyQuantity  int64           `json:"day_buy_quantity"`
	DayBuyValue     decimal.Decimal `json:"day_buy_value"`
	DaySellQuantity int64           `json:"day_sell_quantity"`
	DaySellValue    decimal.Decimal `json:"day_sell_value"`

	Missing bool // the row came as null; [Positions] has none of these
}

// Positions is the answer of get_positions. Kite has two lists, the day's
// trades and the net positions; the server joins them into one, the day before
// the net, without saying where one ends.
type Positions struct {
	Net []Position // what is held, or was closed today: the one to show
	// Missing counts the rows that came as null: whose they are is not known.
	Missing int
}

// DecodePositions reads the answer of get_positions: a list, where null and []
// are none. Of the rows with the same exchange, symbol and product, the last is
// the net position and those before it are the day's, because the day comes
// first. Where rows came as null, a single row of something that was traded
// today may be the day's and is not believed. A part of a list, and whatever
// else comes, is [wire.KindMalformed].
func DecodePositions(text string) (Positions, error) {
	rows, err := wire.List("get_positions", text, func(p *Position) error { return needSymbol(p.Symbol) })
	if err != nil {
		return Positions{}, err
	}
	last, times, gaps := map[positionKey]int{}, map[positionKey]int{}, false
	for i := range rows {
		row := &rows[i]
		gaps = gaps || row.Missing
		last[row.key()] = i
		times[row.key()]++
	}
	var p Positions
	for i := range rows {
		switch row := &rows[i]; {
		case row.Missing:
			p.Missing++
		case gaps && times[row.key()] == 1 && row.tradedToday():
			p.Missing++ // its net row may be the one that came as null
		case last[row.key()] == i: // those before it are the day's: the same trades once more
			p.Net = append(p.Net, *row)
		}
	}
	return p, nil
}

type positionKey struct{ exchange, symbol, product string }

func (p *Position) key() positionKey { return positionKey{p.Exchange, p.Symbol, p.Product} }

// tradedToday reports whether the row can be one of the day's.
func (p *Position) tradedToday() bool { return p.DayBuyQuantity != 0 || p.DaySellQuantity != 0 }

// Open reports whether anything of the position is held or owed. What is not
// open was closed today.
func (p Position) Open() bool { return p.Quantity != 0 }

// Ref is a short name for the position, by which [PositionTotals.ByRef] finds it in a later
// answer: "NFO:NIFTY26NOVFUT:NRML", or a hash where that does not fit in a button.
func (p Position) Ref() string { return plainOrHash(p.Exchange + ":" + p.Symbol + ":" + p.Product) }

// Profit is the position's P&L in rupees, as Kite states it: the field pnl of
// the net row, which holds the multiplier and what part sales realised. It is
// unknown for an open position without a last price, since Kite then reckons
// with a price of 0.
func (p Position) Profit() Figure { return p.ifReckoned(p.PnL) }

// DayProfit is what the day changed, as Kite states it: the field m2m of the
// net row. For a position opened today it is the P&L; for one carried over it
// starts from the close before.
func (p Position) DayProfit() Figure { return p.ifReckoned(p.M2M) }

func (p Position) ifReckoned(stated decimal.Decimal) Figure {
	if p.Open() && !p.LastPrice.IsPositive() {
		return Figure{}
	}
	return known(stated)
}

// Percent is the P&L without amounts: as a percentage of what the position was
// entered for, by purchase or, where it is short, by sale. So it has the sign of the
// P&L, of which a part may be realised. Of a position that was opened and closed today
// it is unknown: it is not known which came first.
func (p Position) Percent() Figure {
	way := p.Quantity
	if way == 0 {
		way = p.OvernightQuantity
	}
	switch {
	case way > 0:
		return percentOf(p.Profit(), known(p.BuyValue))
	case way < 0:
		return percentOf(p.Profit(), known(p.SellValue))
	default:
		return Figure{}
	}
}

// PositionTotals is an account's net positions with what they come to.
type PositionTotals struct {
	Open   []Position // the best P&L first, those without a price behind
	Closed []Position // today; the best P&L first

	Profit       Figure // Σ pnl of all; unknown when there are rows and none has one
	OpenProfit   Figure // Σ pnl of the open ones
	ClosedProfit Figure // Σ pnl of the closed ones
	Day          Figure // Σ m2m of all

	Unpriced int // open positions without a price: in none of the sums
	Missing  int // rows that came as null: in none of the sums
}

// ByRef finds the position that [Position.Ref] named so.
func (b PositionTotals) ByRef(ref string) (Position, bool) {
	for _, p := range slices.Concat(b.Open, b.Closed) {
		if p.Ref() == ref {
			return p, true
		}
	}
	return Position{}, false
}

// TotalPositions works out what positions come to. Only net rows count: the
// day's rows are the same trades a second time. Kite's own pnl and m2m are
// added up, nothing is computed from prices, nothing is rounded.
func TotalPositions(p Positions) PositionTotals {
	b := PositionTotals{Missing: p.Missing}
	for _, position := range byProfit(p.Net) {
		if position.Open() {
			b.Open = append(b.Open, position)
		} else {
			b.Closed = append(b.Closed, position)
		}
		if !position.Profit().OK {
			b.Unpriced++
		}
	}
	all := slices.Concat(b.Open, b.Closed)
	b.Profit, b.Day = sum(all, Position.Profit), sum(all, Position.DayProfit)
	b.OpenProfit, b.ClosedProfit = sum(b.Open, Position.Profit), sum(b.Closed, Position.Profit)
	if len(all) == 0 && b.Missing > 0 {
		b.Profit, b.Day, b.OpenProfit, b.ClosedProfit = Figure{}, Figure{}, Figure{}, Figure{}
	}
	return b
}

// byProfit sorts the best first, those without a P&L behind.
func byProfit(positions []Position) []Position {
	sorted := slices.Clone(positions)
	slices.SortStableFunc(sorted, func(a, b Position) int {
		pa, pb := a.Profit(), b.Profit()
		return cmp.Or(trueFirst(pa.OK, pb.OK), pb.Value.Cmp(pa.Value), cmp.Compare(a.Symbol, b.Symbol))
	})
	return sorted
}

// Fits reports whether a word is in the position's symbol, or says its product,
// or that it is open or closed.
func (p Position) Fits(word string) bool {
	return contains(p.Symbol, word) || p.Product == word || word == "OPEN" && p.Quantity != 0 || word == "CLOSED" && p.Quantity == 0
}
