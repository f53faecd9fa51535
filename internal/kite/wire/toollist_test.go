package wire_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/kite/wire"
)

func TestDecodeOffers(t *testing.T) {
	for text, want := range map[string][]wire.Offer{
		`{"tools":[{"name":"get_ltp","description":"prices","inputSchema":{}},{"name":"b"},null]}`:            {{Name: "get_ltp"}, {Name: "b"}},
		`{"tools":[{"name":"gtt","inputSchema":{"properties":{"mode":{"enum":["list","place",7]},"x":{}}}}]}`: {{Name: "gtt", Modes: []string{"list", "place"}}},
		`{"tools":[]}`:                     nil,
		`{"tools":[{"description":"no"}]}`: nil,
	} {
		got, err := wire.DecodeOffers(text)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", text, err, diff)
		}
	}
	for _, text := range []string{"", "null", "[]", "{}", `{"tools":{}}`, `{"tools":[1]}`} {
		if got, err := wire.DecodeOffers(text); wire.KindOf(err) != wire.KindMalformed {
			t.Errorf("%q: %v, %v, want malformed", text, got, err)
		}
	}
}
