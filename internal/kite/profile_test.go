package kite_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/kite"
)

func TestDecodeProfile(t *testing.T) {
	text := `{"user_id":"QX7788","user_name":"Asha \u0026 Rao","user_shortname":"Asha","avatar_url":"","user_type":"individual",` +
		`"email":"asha@example.com","broker":"ZERODHA","meta":{"demat_consent":"consent"},"products":["CNC","MTF"],"order_types":["MARKET"],"exchanges":["NSE","BSE"]}`
	got, err := kite.DecodeProfile(text)
	if err != nil {
		t.Fatal(err)
	}
	want := kite.Profile{
		UserID: "QX7788", UserName: "Asha & Rao", Email: "asha@example.com", Broker: "ZERODHA",
		Exchanges: []string{"NSE", "BSE"}, Products: []string{"CNC", "MTF"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("profile (-want +got):\n%s", diff)
	}
	if id := got.Identity(); id != (kite.Identity{UserID: "QX7788", Name: "Asha & Rao"}) {
		t.Errorf("Identity = %+v", id)
	}
}

// A name is a text of anybody's making, and ends up in messages, records and
// questions: it is one line of visible characters, and not long.
func TestNamesAreCleanedAndBounded(t *testing.T) {
	long := strings.Repeat("न", 64)
	for name, want := range map[string]string{
		`Asha \u0026 Rao`: "Asha & Rao", `  Asha\n\tRao  `: "Asha Rao", `\u202eoaR\u202c Asha`: "oaR Asha", `A\u200bs\u0000h\u2066a\ufeff`: "Asha",
		long: long, long + "X": long, strings.Repeat(`\u200b`, 5000) + "Asha": "Asha", `\u202e`: "",
	} {
		p, err := kite.DecodeProfile(`{"user_id":"QX7788","user_name":"` + name + `","user_shortname":"` + name + `"}`)
		if err != nil || p.UserName != want || p.Identity().Name != want {
			t.Errorf("%.40q is kept as %q, %v", name, p.UserName, err)
		}
	}
}
