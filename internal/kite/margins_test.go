package kite_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"kitebot/internal/kite"
)

const margins = `{"equity":{"enabled":true,"net":75000.5,"available":{"adhoc_margin":1,"cash":2,"collateral":3,"intraday_payin":4,"live_balance":5,"opening_balance":6},` +
	`"utilised":{"debits":25000.5,"exposure":7,"m2m_realised":8,"m2m_unrealised":-9,"option_premium":10,"payout":11,"span":12,"holding_sales":13,"turnover":14,"liquid_collateral":15,"stock_collateral":16,"delivery":17}},` +
	`"commodity":{"enabled":false,"net":99}}`

func TestDecodeMargins(t *testing.T) {
	got, err := kite.DecodeMargins(margins)
	if err != nil {
		t.Fatal(err)
	}
	want := kite.Margins{
		Equity: kite.Segment{Enabled: true, Net: dec("75000.5"),
			Available: kite.AvailableMargin{Cash: dec("2"), Collateral: dec("3"), IntradayPayin: dec("4"), Opening: dec("6")},
			Used: kite.UsedMargin{Debits: dec("25000.5"), Exposure: dec("7"), OptionPremium: dec("10"), Payout: dec("11"),
				Span: dec("12"), LiquidCollateral: dec("15"), StockCollateral: dec("16"), Delivery: dec("17")}},
		Commodity: kite.Segment{Net: dec("99")},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(decimal.Decimal.Equal)); diff != "" {
		t.Errorf("margins (-want +got):\n%s", diff)
	}
	expect(t, "cash", got.Cash(), "2")
	expect(t, "utilisation", got.Equity.Utilisation(), "25.00024999750002500")
}

func TestUtilisation(t *testing.T) {
	for name, c := range map[string]struct {
		net, used, want string
		enabled         bool
	}{
		"not enabled": {"1", "1", "", false}, "nothing there": {"0", "0", "", true}, "nothing used": {"10", "0", "0", true}, "all used": {"0", "10", "100", true},
		"owed": {"-10", "110", "110", true}, "money on its way": {"10", "-5", "", true},
	} {
		s := kite.Segment{Enabled: c.enabled, Net: dec(c.net), Used: kite.UsedMargin{Debits: dec(c.used)}}
		expect(t, name, s.Utilisation(), c.want)
	}
}

func TestAddsUp(t *testing.T) {
	for name, c := range map[string]struct {
		net, cash, collateral, used string
		want                        bool
	}{
		"as Kite has it": {"99725.05000000002", "245431.6", "0", "145706.55", true}, "collateral": {"412310.47", "286204.12", "244871.9", "118765.55", true},
		"owed": {"-2318.34", "-1318.34", "0", "1000", true}, "a paisa off": {"10.01", "10", "0", "0", false},
		"less than a paisa off, but not as shown": {"0.008", "20.004", "20.004", "40", false},
	} {
		s := kite.Segment{Enabled: true, Net: dec(c.net), Available: kite.AvailableMargin{Cash: dec(c.cash), Collateral: dec(c.collateral)}, Used: kite.UsedMargin{Debits: dec(c.used)}}
		if got := s.AddsUp(); got != c.want {
			t.Errorf("%s: adds up %v", name, got)
		}
	}
}

func book(t *testing.T, text string) kite.PositionTotals {
	t.Helper()
	p, err := kite.DecodePositions(text)
	if err != nil {
		t.Fatal(err)
	}
	return kite.TotalPositions(p)
}
