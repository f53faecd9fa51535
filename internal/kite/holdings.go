package kite

import (
	"errors"
	"time"

	"github.com/shopspring/decimal"
)

// Holding is one row of get_holdings. Prices are rupees for one share, counts
// are shares. Texts are data from outside. Kite's own percentages are not read,
// and its P&L only checks the figures, which are worked out here.
type Holding struct {
	Symbol   string // "INFY"; a series may follow a dash: "SGBMAY30-GB"
	Exchange string // "NSE", "BSE"
	ISIN     string
	Token    int64  // instrument token
	Product  string // "CNC"

	Quantity           int64 // shares that can be sold, see Shares for T1
	T1Quantity         int64 // bought, not yet delivered
	RealisedQuantity   int64
	UsedQuantity       int64
	AuthorisedQuantity int64
	OpeningQuantity    int64
	CollateralQuantity int64 // pledged; not part of Quantity
	CollateralType     string
	AuthorisedDate     time.Time // zero when absent
	Discrepancy        bool      // Kite says that its average price is not reliable

	Price        decimal.Decimal
	AveragePrice decimal.Decimal
	LastPrice    decimal.Decimal // 0 when Kite has none
	ClosePrice   decimal.Decimal // the day before; 0 when Kite has none
	PnL          decimal.Decimal // as Kite states it, see [Holding.Mismatched]

	MTF MTF

	// Missing says that the row came as null: a holding is there, and nothing
	// is known of it. It is kept so that the count of holdings stays true.
	Missing bool
}

// MTF is the part of a holding bought with borrowed money (margin trading
// facility). Its shares are not in Holding.Quantity.
type MTF struct {
	Quantity      int64
	UsedQuantity  int64
	AveragePrice  decimal.Decimal
	Value         decimal.Decimal // what was paid: average price × quantity
	InitialMargin decimal.Decimal
}

// DecodeHoldings reads the answer of get_holdings: a list, where null and []
// are an empty account. A paginated answer is taken only when it is the whole
// list, because a part of it would add up to a wrong total. Numbers are exact.
// A null row becomes a [Holding] that is Missing. Whatever else comes is
// [KindMalformed].
func DecodeHoldings(text string) ([]Holding, error) {
	holdings, err := wholeList(text, (*wireHolding).holding)
	if err != nil {
		return nil, malformed("get_holdings", err)
	}
	return holdings, nil
}

// wireHolding is a row as the server writes it.
type wireHolding struct {
	Symbol             string  `json:"tradingsymbol"`
	Exchange           string  `json:"exchange"`
	ISIN               string  `json:"isin"`
	Token              count   `json:"instrument_token"`
	Product            string  `json:"product"`
	Quantity           count   `json:"quantity"`
	T1Quantity         count   `json:"t1_quantity"`
	RealisedQuantity   count   `json:"realised_quantity"`
	UsedQuantity       count   `json:"used_quantity"`
	AuthorisedQuantity count   `json:"authorised_quantity"`
	OpeningQuantity    count   `json:"opening_quantity"`
	CollateralQuantity count   `json:"collateral_quantity"`
	CollateralType     string  `json:"collateral_type"`
	AuthorisedDate     moment  `json:"authorised_date"`
	Discrepancy        bool    `json:"discrepancy"`
	Price              amount  `json:"price"`
	AveragePrice       amount  `json:"average_price"`
	LastPrice          amount  `json:"last_price"`
	ClosePrice         amount  `json:"close_price"`
	PnL                amount  `json:"pnl"`
	MTF                wireMTF `json:"mtf"`
}

type wireMTF struct {
	Quantity      count  `json:"quantity"`
	UsedQuantity  count  `json:"used_quantity"`
	AveragePrice  amount `json:"average_price"`
	Value         amount `json:"value"`
	InitialMargin amount `json:"initial_margin"`
}

func (w *wireHolding) holding() (Holding, error) {
	switch {
	case w == nil:
		return Holding{Missing: true}, nil
	case w.Symbol == "":
		return Holding{}, errors.New("a row without a symbol")
	}
	return Holding{
		Symbol: w.Symbol, Exchange: w.Exchange, ISIN: w.ISIN, Token: int64(w.Token), Product: w.Product,
		Quantity: int64(w.Quantity), T1Quantity: int64(w.T1Quantity),
		RealisedQuantity: int64(w.RealisedQuantity), UsedQuantity: int64(w.UsedQuantity),
		AuthorisedQuantity: int64(w.AuthorisedQuantity), OpeningQuantity: int64(w.OpeningQuantity),
		CollateralQuantity: int64(w.CollateralQuantity), CollateralType: w.CollateralType,
		AuthorisedDate: w.AuthorisedDate.Time, Discrepancy: w.Discrepancy,
		Price: w.Price.Decimal, AveragePrice: w.AveragePrice.Decimal,
		LastPrice: w.LastPrice.Decimal, ClosePrice: w.ClosePrice.Decimal, PnL: w.PnL.Decimal,
		MTF: MTF{
			Quantity: int64(w.MTF.Quantity), UsedQuantity: int64(w.MTF.UsedQuantity),
			AveragePrice: w.MTF.AveragePrice.Decimal, Value: w.MTF.Value.Decimal, InitialMargin: w.MTF.InitialMargin.Decimal,
		},
	}, nil
}
