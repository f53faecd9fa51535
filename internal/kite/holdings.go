package kite

import (
	"errors"

	"github.com/shopspring/decimal"
)

// Holding is one row of get_holdings. Prices are rupees for one share, counts
// are shares. Texts are data from outside. Kite's own percentages are not read,
// and its P&L only checks the figures, which are worked out here.
type Holding struct {
	Symbol   string `json:"tradingsymbol"` // "INFY"; a series may follow a dash: "SGBMAY30-GB"
	Exchange string `json:"exchange"`      // "NSE", "BSE"
	ISIN     string `json:"isin"`
	Product  string `json:"product"` // "CNC"

	Quantity           int64 `json:"quantity"`    // shares that can be sold, see Shares for T1
	T1Quantity         int64 `json:"t1_quantity"` // bought, not yet delivered
	RealisedQuantity   int64 `json:"realised_quantity"`
	UsedQuantity       int64 `json:"used_quantity"`
	OpeningQuantity    int64 `json:"opening_quantity"`
	CollateralQuantity int64 `json:"collateral_quantity"` // pledged; not part of Quantity
	Discrepancy        bool  `json:"discrepancy"`         // Kite says that its average price is not reliable

	AveragePrice decimal.Decimal `json:"average_price"`
	LastPrice    decimal.Decimal `json:"last_price"`  // 0 when Kite has none
	ClosePrice   decimal.Decimal `json:"close_price"` // the day before; 0 when Kite has none
	PnL          decimal.Decimal `json:"pnl"`         // as Kite states it, see [Holding.Mismatched]

	MTF MTF `json:"mtf"`

	// Missing says that the row came as null: a holding is there, and nothing
	// is known of it. It is kept so that the count of holdings stays true.
	Missing bool
}

// MTF is the part of a holding bought with borrowed money (margin trading
// facility). Its shares are not in Holding.Quantity.
type MTF struct {
	Quantity     int64           `json:"quantity"`
	AveragePrice decimal.Decimal `json:"average_price"`
}

// DecodeHoldings reads the answer of get_holdings: a list, where null and []
// are an empty account. A paginated answer is taken only when it is the whole
// list, because a part of it would add up to a wrong total. Numbers are exact.
// A null row becomes a [Holding] that is Missing. Whatever else comes is
// [KindMalformed].
func DecodeHoldings(text string) ([]Holding, error) {
	holdings, err := wholeList(text, (*Holding).check)
	if err != nil {
		return nil, malformed("get_holdings", err)
	}
	return holdings, nil
}

func (h *Holding) check() error {
	if h.Symbol == "" {
		return errNoSymbol
	}
	return nil
}

var errNoSymbol = errors.New("a row without a symbol")
