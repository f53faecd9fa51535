package query_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/wire"
)

// How a server is asked follows from what it offers, in all mixed states.
func TestStyleOf(t *testing.T) {
	plain, login := wire.Offer{Name: "get_holdings"}, wire.Offer{Name: "login"}
	modes := wire.Offer{Name: "portfolio", Modes: []string{"profile", "holdings"}}
	for name, test := range map[string]struct {
		offers []wire.Offer
		style  query.Style
		login  bool
	}{
		"today's":                       {[]wire.Offer{login, plain}, query.StyleTools, true},
		"with modes":                    {[]wire.Offer{modes}, query.StyleModes, false},
		"with modes and a login tool":   {[]wire.Offer{modes, login}, query.StyleModes, true},
		"both":                          {[]wire.Offer{modes, plain}, query.StyleTools, false},
		"a portfolio without modes":     {[]wire.Offer{{Name: "portfolio"}}, query.StyleUnknown, false},
		"a portfolio of something else": {[]wire.Offer{{Name: "portfolio", Modes: []string{"paintings"}}}, query.StyleUnknown, false},
		"nothing that we know":          {[]wire.Offer{{Name: "brew_tea"}, login}, query.StyleUnknown, true},
		"nothing":                       {nil, query.StyleUnknown, false},
	} {
		if got := query.StyleOf(test.offers); got != test.style || query.OffersLogin(test.offers) != test.login {
			t.Errorf("%s: style %d, login %v", name, got, query.OffersLogin(test.offers))
		}
	}
}

func TestOffered(t *testing.T) {
	offered, missing := query.Offered([]wire.Offer{
		{Name: "portfolio", Modes: []string{"holdings", "profile"}}, {Name: "orders", Modes: []string{"list", "place"}}, {Name: "get_ltp"}, {Name: "place_order"},
	})
	var names []string
	for _, t := range offered {
		names = append(names, t.Name)
	}
	if diff := cmp.Diff([]string{"get_profile", "get_holdings", "get_orders"}, names); diff != "" {
		t.Errorf("offered (-want +got):\n%s", diff)
	}
	if want := len(query.ReadTools()) - len(offered); len(missing) != want {
		t.Errorf("%d are missing, want %d", len(missing), want)
	}
	offered, missing = query.Offered([]wire.Offer{{Name: "get_holdings"}})
	if len(offered) != 1 || len(missing) != 14 { // alerts and the session's status are no tools of today's
		t.Errorf("%d offered, %d missing", len(offered), len(missing))
	}
}
