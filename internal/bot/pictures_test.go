package bot_test

import (
	"encoding/json"
	"testing"

	"kitebot/internal/bot"
	"kitebot/internal/kite"
	simkite "kitebot/internal/sim/kite"
)

// Hidden amounts do not even reach the painter.
func TestPicturesGetNoHiddenAmounts(t *testing.T) {
	text, err := json.Marshal(simkite.AccountOf("MK4021").Holdings)
	if err != nil {
		t.Fatal(err)
	}
	holdings, err := kite.DecodeHoldings(string(text))
	if err != nil {
		t.Fatal(err)
	}
	p := kite.Total(holdings)
	if all := bot.AllocationPicture(p, true); !all.Hide || all.Total != "" || len(all.Slices) == 0 {
		t.Errorf("%+v", all)
	}
	all := bot.MoversPicture(p, true)
	if !all.Hide || len(all.Rows) == 0 {
		t.Errorf("%+v", all)
	}
	for _, m := range all.Rows {
		if m.Amount != "" {
			t.Errorf("%+v", m)
		}
	}
	if open := bot.AllocationPicture(p, false); open.Total == "" || bot.MoversPicture(p, false).Rows[0].Amount == "" {
		t.Errorf("%+v", open)
	}
}
