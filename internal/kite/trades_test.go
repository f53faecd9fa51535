package kite_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"kitebot/internal/kite"
)

func TestDecodeTrades(t *testing.T) {
	got, err := kite.DecodeTrades(`[{"average_price":4852.5,"quantity":2,"trade_id":"77","product":"NRML","fill_timestamp":"2026-11-12T16:00:36+05:30","exchange_timestamp":"2026-11-12T16:00:35+05:30","exchange_order_id":"31","order_id":"21","transaction_type":"BUY","tradingsymbol":"GOLDPETAL26NOVFUT","exchange":"MCX","instrument_token":58424839},` +
		`{"average_price":100.5,"quantity":3,"transaction_type":"SELL","tradingsymbol":"INFY","exchange":"NSE","exchange_timestamp":"2026-11-12T17:00:36+05:30"},{"tradingsymbol":"X","exchange":"NSE"},null]`)
	if err != nil {
		t.Fatal(err)
	}
	want := kite.Trade{ID: "77", OrderID: "21", Exchange: "MCX", Symbol: "GOLDPETAL26NOVFUT", Product: "NRML", Side: "BUY",
		Quantity: dec("2"), Price: dec("4852.5"), FilledAt: time.Date(2026, 11, 12, 10, 30, 36, 0, time.UTC), ExchangeAt: time.Date(2026, 11, 12, 10, 30, 35, 0, time.UTC)}
	if diff := cmp.Diff(want, got[0], cmp.Comparer(decimal.Decimal.Equal), cmp.Comparer(time.Time.Equal)); diff != "" {
		t.Errorf("trade (-want +got):\n%s", diff)
	}
	total := kite.TotalTrades(got)
	expect(t, "bought in lots", total.Bought, "")
	expect(t, "sold", total.Sold, "301.5")
	if total.Buys != 1 || total.Sells != 1 || total.NoValue != 1 || total.Other != 1 || total.Missing != 1 {
		t.Errorf("totals %+v", total)
	}
	if newest := kite.TradesNewestFirst(got); newest[0].Symbol != "INFY" || newest[1].ID != "77" || !newest[3].Missing {
		t.Errorf("newest first %+v", newest)
	}
}
