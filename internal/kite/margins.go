package kite

import (
	"errors"
	"kitebot/internal/kite/wire"

	"github.com/shopspring/decimal"
)

// Margins is the answer of get_margins: the money of the two segments.
type Margins struct {
	Equity    Segment `json:"equity"`
	Commodity Segment `json:"commodity"`
}

// Segment is the money of one segment, in rupees. A segment that is not enabled
// holds no figures to show.
type Segment struct {
	Enabled   bool            `json:"enabled"`
	Net       decimal.Decimal `json:"net"` // the available margin; below zero when something is owed
	Available AvailableMargin `json:"available"`
	Used      UsedMargin      `json:"utilised"`

	Missing bool // the answer has no such segment
}

// AvailableMargin is where a segment's money comes from.
type AvailableMargin struct {
	Cash          decimal.Decimal `json:"cash"`
	Collateral    decimal.Decimal `json:"collateral"`
	IntradayPayin decimal.Decimal `json:"intraday_payin"`
	Opening       decimal.Decimal `json:"opening_balance"`
}

// UsedMargin is where a segment's money is bound. Debits is the used margin, the
// sum that Kite takes off.
type UsedMargin struct {
	Debits           decimal.Decimal `json:"debits"`
	Exposure         decimal.Decimal `json:"exposure"`
	OptionPremium    decimal.Decimal `json:"option_premium"`
	Payout           decimal.Decimal `json:"payout"`
	Span             decimal.Decimal `json:"span"`
	LiquidCollateral decimal.Decimal `json:"liquid_collateral"`
	StockCollateral  decimal.Decimal `json:"stock_collateral"`
	Delivery         decimal.Decimal `json:"delivery"`
}

// DecodeMargins reads the answer of get_margins. A segment that is absent is
// not enabled; an answer with neither, and whatever else comes, is
// [wire.KindMalformed].
func DecodeMargins(text string) (Margins, error) {
	m := Margins{Equity: Segment{Missing: true}, Commodity: Segment{Missing: true}}
	if err := wire.Object("get_margins", text, &m); err != nil {
		return Margins{}, err
	}
	if m.Equity.Missing && m.Commodity.Missing {
		return Margins{}, wire.Malformed("get_margins", errors.New("no segment"))
	}
	return m, nil
}

// Utilisation is the used part as a percentage of used and available together;
// unknown when nothing was there to use, and when Kite states a use below zero
// (money on its way in).
func (s Segment) Utilisation() Figure {
	if !s.Enabled || s.Used.Debits.IsNegative() {
		return Figure{}
	}
	return percentOf(known(s.Used.Debits), known(s.Net.Add(s.Used.Debits)))
}

// Cash is the cash balance of the enabled segments, below zero where money is
// owed. It is unknown when none is enabled: the server says so, too, when Kite
// answered it without data.
func (m Margins) Cash() Figure {
	total, known := decimal.Zero, false
	for _, s := range []Segment{m.Equity, m.Commodity} {
		if s.Enabled {
			total, known = total.Add(s.Available.Cash), true
		}
	}
	return Figure{Value: total, OK: known}
}

// AddsUp reports whether the available margin is cash + collateral − used margin, as
// Kite has it, when each is rounded to the paisa.
func (s Segment) AddsUp() bool {
	margin := s.Available.Cash.Round(2).Add(s.Available.Collateral.Round(2)).Sub(s.Used.Debits.Round(2))
	return s.Enabled && margin.Equal(s.Net.Round(2))
}
