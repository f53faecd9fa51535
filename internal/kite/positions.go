package kite

import "github.com/shopspring/decimal"

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
	Value        decimal.Decimal `json:"value"`       // net value of what was bought and sold
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
	Day []Position // what today's trades alone come to; never to be added to Net
	// Missing counts the rows that came as null: whose they are is not known.
	Missing int
}

// DecodePositions reads the answer of get_positions: a list, where null and []
// are none. Of the rows with the same exchange, symbol and product, the last is
// the net position and those before it are the day's, because the day comes
// first. Where rows came as null, a single row of something that was traded
// today may be the day's and is not believed. A part of a list, and whatever
// else comes, is [KindMalformed].
func DecodePositions(text string) (Positions, error) {
	rows, err := wholeList(text, (*Position).check)
	if err != nil {
		return Positions{}, malformed("get_positions", err)
	}
	last, times, holes := map[positionKey]int{}, map[positionKey]int{}, false
	for i := range rows {
		row := &rows[i]
		holes = holes || row.Missing
		last[row.key()] = i
		times[row.key()]++
	}
	var p Positions
	for i := range rows {
		switch row := &rows[i]; {
		case row.Missing:
			p.Missing++
		case holes && times[row.key()] == 1 && row.tradedToday():
			p.Missing++ // its net row may be the one that came as null
		case last[row.key()] == i:
			p.Net = append(p.Net, *row)
		default:
			p.Day = append(p.Day, *row)
		}
	}
	return p, nil
}

func (p *Position) check() error {
	if p.Symbol == "" {
		return errNoSymbol
	}
	return nil
}

type positionKey struct{ exchange, symbol, product string }

func (p *Position) key() positionKey { return positionKey{p.Exchange, p.Symbol, p.Product} }

// tradedToday reports whether the row can be one of the day's.
func (p *Position) tradedToday() bool { return p.DayBuyQuantity != 0 || p.DaySellQuantity != 0 }
