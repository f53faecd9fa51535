package kite

import (
	"cmp"
	"slices"

	"github.com/shopspring/decimal"
)

// Open reports whether anything of the position is held or owed. What is not
// open was closed today.
func (p Position) Open() bool { return p.Quantity != 0 }

// Ref is a short name for the position, by which [Book.ByRef] finds it in a later
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
// it is unknown: nothing tells which came first.
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

// Book is an account's net positions with what they come to.
type Book struct {
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
func (b Book) ByRef(ref string) (Position, bool) {
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
func TotalPositions(p Positions) Book {
	b := Book{Missing: p.Missing}
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

// sum adds up the figures that are known. It is unknown when there are rows and
// none of them has one; of no rows it is 0.
func sum[T any](rows []T, figure func(T) Figure) Figure {
	total, ok := decimal.Zero, len(rows) == 0
	for _, row := range rows {
		if f := figure(row); f.OK {
			total, ok = total.Add(f.Value), true
		}
	}
	if !ok {
		return Figure{}
	}
	return known(total)
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
