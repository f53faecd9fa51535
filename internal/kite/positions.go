package kite

import (
	"errors"

	"github.com/shopspring/decimal"
)

// Position is one row of get_positions. Prices are rupees for one unit, counts
// are units (shares, or lots on the commodity and currency exchanges). Texts
// are data from outside.
type Position struct {
	Symbol   string // "INFY", "NIFTY26NOVFUT"
	Exchange string // "NSE", "NFO", "MCX"
	Token    int64  // instrument token
	Product  string // "CNC", "MIS", "NRML"

	Quantity          int64 // below zero: sold short; 0: closed today
	OvernightQuantity int64
	Multiplier        decimal.Decimal // what one unit is worth of its price; 1 for shares

	AveragePrice decimal.Decimal
	ClosePrice   decimal.Decimal // the day before; 0 when Kite has none
	LastPrice    decimal.Decimal // 0 when Kite has none
	Value        decimal.Decimal // net value of what was bought and sold
	PnL          decimal.Decimal // Kite's own: realised and unrealised
	M2M          decimal.Decimal // Kite's own: what the day changed
	Unrealised   decimal.Decimal
	Realised     decimal.Decimal

	Buy, Sell       Turnover // all that makes up the position
	DayBuy, DaySell Turnover // today's part of it; without M2M
}

// Turnover is one side of a position.
type Turnover struct {
	Quantity          int64
	Price, Value, M2M decimal.Decimal
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
	const tool = "get_positions"
	rows, err := wholeList(text, (*wirePosition).kept)
	if err != nil {
		return Positions{}, malformed(tool, err)
	}
	last, times, holes := map[positionKey]int{}, map[positionKey]int{}, false
	for i, row := range rows {
		if row == nil {
			holes = true
			continue
		}
		if row.Symbol == "" {
			return Positions{}, malformed(tool, errors.New("a row without a symbol"))
		}
		last[row.key()] = i
		times[row.key()]++
	}
	var p Positions
	for i, row := range rows {
		switch {
		case row == nil:
			p.Missing++
		case holes && times[row.key()] == 1 && row.tradedToday():
			p.Missing++ // its net row may be the one that came as null
		case last[row.key()] == i:
			p.Net = append(p.Net, row.position())
		default:
			p.Day = append(p.Day, row.position())
		}
	}
	return p, nil
}

// kept is a copy of the row, which is overwritten by the next one: what a row
// means shows only when all are there.
func (w *wirePosition) kept() (*wirePosition, error) {
	if w == nil {
		return nil, nil
	}
	c := *w
	return &c, nil
}

type positionKey struct{ exchange, symbol, product string }

// wirePosition is a row as the server writes it.
type wirePosition struct {
	Symbol            string `json:"tradingsymbol"`
	Exchange          string `json:"exchange"`
	Token             count  `json:"instrument_token"`
	Product           string `json:"product"`
	Quantity          count  `json:"quantity"`
	OvernightQuantity count  `json:"overnight_quantity"`
	Multiplier        amount `json:"multiplier"`
	AveragePrice      amount `json:"average_price"`
	ClosePrice        amount `json:"close_price"`
	LastPrice         amount `json:"last_price"`
	Value             amount `json:"value"`
	PnL               amount `json:"pnl"`
	M2M               amount `json:"m2m"`
	Unrealised        amount `json:"unrealised"`
	Realised          amount `json:"realised"`

	BuyQuantity  count  `json:"buy_quantity"`
	BuyPrice     amount `json:"buy_price"`
	BuyValue     amount `json:"buy_value"`
	BuyM2M       amount `json:"buy_m2m"`
	SellQuantity count  `json:"sell_quantity"`
	SellPrice    amount `json:"sell_price"`
	SellValue    amount `json:"sell_value"`
	SellM2M      amount `json:"sell_m2m"`

	DayBuyQuantity  count  `json:"day_buy_quantity"`
	DayBuyPrice     amount `json:"day_buy_price"`
	DayBuyValue     amount `json:"day_buy_value"`
	DaySellQuantity count  `json:"day_sell_quantity"`
	DaySellPrice    amount `json:"day_sell_price"`
	DaySellValue    amount `json:"day_sell_value"`
}

// tradedToday reports whether the row can be one of the day's.
func (w *wirePosition) tradedToday() bool { return w.DayBuyQuantity != 0 || w.DaySellQuantity != 0 }

func (w *wirePosition) key() positionKey { return positionKey{w.Exchange, w.Symbol, w.Product} }

func (w *wirePosition) position() Position {
	return Position{
		Symbol: w.Symbol, Exchange: w.Exchange, Token: int64(w.Token), Product: w.Product,
		Quantity: int64(w.Quantity), OvernightQuantity: int64(w.OvernightQuantity), Multiplier: w.Multiplier.Decimal,
		AveragePrice: w.AveragePrice.Decimal, ClosePrice: w.ClosePrice.Decimal, LastPrice: w.LastPrice.Decimal,
		Value: w.Value.Decimal, PnL: w.PnL.Decimal, M2M: w.M2M.Decimal,
		Unrealised: w.Unrealised.Decimal, Realised: w.Realised.Decimal,
		Buy:     Turnover{int64(w.BuyQuantity), w.BuyPrice.Decimal, w.BuyValue.Decimal, w.BuyM2M.Decimal},
		Sell:    Turnover{int64(w.SellQuantity), w.SellPrice.Decimal, w.SellValue.Decimal, w.SellM2M.Decimal},
		DayBuy:  Turnover{Quantity: int64(w.DayBuyQuantity), Price: w.DayBuyPrice.Decimal, Value: w.DayBuyValue.Decimal},
		DaySell: Turnover{Quantity: int64(w.DaySellQuantity), Price: w.DaySellPrice.Decimal, Value: w.DaySellValue.Decimal},
	}
}
