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
		UserID: "QX7788", UserName: "Asha & Rao", ShortName: "Asha", Email: "asha@example.com", Broker: "ZERODHA",
		Exchanges: []string{"NSE", "BSE"}, Products: []string{"CNC", "MTF"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("profile (-want +got):\n%s", diff)
	}
	if id := got.Identity(); id != (kite.Identity{UserID: "QX7788", Name: "Asha & Rao"}) {
		t.Errorf("Identity = %+v", id)
	}
}

func TestDecodeProfileRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"no data":            `{"user_id":"","user_name":"","user_shortname":"","email":"","broker":"","products":null,"exchanges":null}`,
		"null":               "null",
		"nothing":            "",
		"prose":              "Failed to execute get_profile",
		"a list":             "[]",
		"number for an id":   `{"user_id":7}`,
		"blank id":           `{"user_id":"  "}`,
		"line in the id":     `{"user_id":"QX\n1"}`,
		"endless id":         `{"user_id":"` + strings.Repeat("Q", 33) + `"}`,
		"cut off":            `{"user_id":"QX7788"`,
		"something after it": `{"user_id":"QX7788"} x`,
	} {
		t.Run(name, func(t *testing.T) {
			p, err := kite.DecodeProfile(text)
			if kite.KindOf(err) != kite.KindMalformed {
				t.Fatalf("DecodeProfile = %+v, %v, want %v", p, err, kite.KindMalformed)
			}
			if strings.Contains(err.Error(), "QX") {
				t.Errorf("error %q quotes the answer", err)
			}
		})
	}
}
