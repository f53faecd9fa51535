package kite

import (
	"errors"

	"github.com/shopspring/decimal"
)

// Margins is the answer of get_margins: the money of the two segments.
type Margins struct{ Equity, Commodity Segment }

// Segment is the money of one segment, in rupees. A segment that is not enabled
// holds no figures to show.
type Segment struct {
	Enabled   bool
	Net       decimal.Decimal // the available margin; below zero when something is owed
	Available AvailableMargin
	Used      UsedMargin
}

// AvailableMargin is where a segment's money comes from.
type AvailableMargin struct{ Adhoc, Cash, Collateral, IntradayPayin, Live, Opening decimal.Decimal }

// UsedMargin is where a segment's money is bound. Debits is the used margin, the
// sum that Kite takes off.
type UsedMargin struct {
	Debits, Exposure, M2MRealised, M2MUnrealised, OptionPremium, Payout, Span,
	HoldingSales, Turnover, LiquidCollateral, StockCollateral, Delivery decimal.Decimal
}

// DecodeMargins reads the answer of get_margins. A segment that is absent is
// not enabled; an answer with neither, and whatever else comes, is
// [KindMalformed].
func DecodeMargins(text string) (Margins, error) {
	var w struct {
		Equity    *wireSegment `json:"equity"`
		Commodity *wireSegment `json:"commodity"`
	}
	if decodeInto(text, &w) != nil {
		return Margins{}, malformed("get_margins", errors.New("not margins"))
	}
	if w.Equity == nil && w.Commodity == nil {
		return Margins{}, malformed("get_margins", errors.New("no segment"))
	}
	return Margins{Equity: w.Equity.segment(), Commodity: w.Commodity.segment()}, nil
}

type wireSegment struct {
	Enabled   bool   `json:"enabled"`
	Net       amount `json:"net"`
	Available struct {
		Adhoc         amount `json:"adhoc_margin"`
		Cash          amount `json:"cash"`
		Collateral    amount `json:"collateral"`
		IntradayPayin amount `json:"intraday_payin"`
		Live          amount `json:"live_balance"`
		Opening       amount `json:"opening_balance"`
	} `json:"available"`
	Used struct {
		Debits           amount `json:"debits"`
		Exposure         amount `json:"exposure"`
		M2MRealised      amount `json:"m2m_realised"`
		M2MUnrealised    amount `json:"m2m_unrealised"`
		OptionPremium    amount `json:"option_premium"`
		Payout           amount `json:"payout"`
		Span             amount `json:"span"`
		HoldingSales     amount `json:"holding_sales"`
		Turnover         amount `json:"turnover"`
		LiquidCollateral amount `json:"liquid_collateral"`
		StockCollateral  amount `json:"stock_collateral"`
		Delivery         amount `json:"delivery"`
	} `json:"utilised"`
}

func (w *wireSegment) segment() Segment {
	if w == nil {
		return Segment{}
	}
	a, u := w.Available, w.Used
	return Segment{
		Enabled: w.Enabled, Net: w.Net.Decimal,
		Available: AvailableMargin{
			Adhoc: a.Adhoc.Decimal, Cash: a.Cash.Decimal, Collateral: a.Collateral.Decimal,
			IntradayPayin: a.IntradayPayin.Decimal, Live: a.Live.Decimal, Opening: a.Opening.Decimal,
		},
		Used: UsedMargin{
			Debits: u.Debits.Decimal, Exposure: u.Exposure.Decimal, M2MRealised: u.M2MRealised.Decimal,
			M2MUnrealised: u.M2MUnrealised.Decimal, OptionPremium: u.OptionPremium.Decimal, Payout: u.Payout.Decimal,
			Span: u.Span.Decimal, HoldingSales: u.HoldingSales.Decimal, Turnover: u.Turnover.Decimal,
			LiquidCollateral: u.LiquidCollateral.Decimal, StockCollateral: u.StockCollateral.Decimal, Delivery: u.Delivery.Decimal,
		},
	}
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
