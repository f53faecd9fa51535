package kite_test

import (
	"testing"
	"time"

	"kitebot/internal/kite"
)

func TestDecodeGTTs(t *testing.T) {
	got, err := kite.DecodeGTTs(`[{"id":31337,"user_id":"ZZ0001","type":"two-leg","created_at":"2026-09-12T13:25:16+05:30","updated_at":"2026-09-13T13:25:16+05:30","expires_at":"0001-01-01T00:00:00Z","status":"triggered",` +
		`"condition":{"exchange":"NSE","tradingsymbol":"RAIN","last_price":100,"trigger_values":[98.5,103.7]},"orders":[{"order_id":"","tradingsymbol":"RAIN","transaction_type":"SELL","quantity":7,"price":98,"tags":null},null],"meta":{"rejection_reason":"no \u003cmargin\u003e"}},` +
		`{"status":"active","condition":{"tradingsymbol":"B"},"orders":null},null]`)
	if err != nil {
		t.Fatal(err)
	}
	g := got[0]
	if g.Type != "two-leg" || g.Active() || !got[1].Active() || !got[2].Missing || g.Rejection != "no <margin>" || g.Symbol != "RAIN" || g.Exchange != "NSE" ||
		!g.UpdatedAt.Equal(time.Date(2026, 9, 13, 7, 55, 16, 0, time.UTC)) {
		t.Errorf("GTTs %+v", got)
	}
	if len(g.Triggers) != 2 || len(g.Orders) != 2 || g.Orders[0].Side != "SELL" || !g.Orders[0].Quantity.Equal(dec("7")) || !g.Orders[1].Missing {
		t.Errorf("legs %+v", g)
	}
	expect(t, "away", kite.TriggerDistance(g.Triggers[0], kite.Figure{Value: dec("100"), OK: true}), "-1.5")
	expect(t, "away of nothing", kite.TriggerDistance(dec("5"), kite.Figure{}), "")
	if sorted := kite.GTTsByStatus(got); sorted[0].Symbol != "B" || !sorted[2].Missing || !g.OCO() || got[1].OCO() {
		t.Errorf("by status %+v", sorted)
	}
}
