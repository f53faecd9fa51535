package kite_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/kite"
)

// How a server is asked follows from what it offers, in all mixed states.
func TestStyleOf(t *testing.T) {
	plain, login := kite.Offer{Name: "get_holdings"}, kite.Offer{Name: "login"}
	modes := kite.Offer{Name: "portfolio", Modes: []string{"profile", "holdings"}}
	for name, test := range map[string]struct {
		offers []kite.Offer
		style  kite.Style
		login  bool
	}{
		"today's":                       {[]kite.Offer{login, plain}, kite.StyleTools, true},
		"with modes":                    {[]kite.Offer{modes}, kite.StyleModes, false},
		"with modes and a login tool":   {[]kite.Offer{modes, login}, kite.StyleModes, true},
		"both":                          {[]kite.Offer{modes, plain}, kite.StyleTools, false},
		"a portfolio without modes":     {[]kite.Offer{{Name: "portfolio"}}, kite.StyleUnknown, false},
		"a portfolio of something else": {[]kite.Offer{{Name: "portfolio", Modes: []string{"paintings"}}}, kite.StyleUnknown, false},
		"nothing that we know":          {[]kite.Offer{{Name: "brew_tea"}, login}, kite.StyleUnknown, true},
		"nothing":                       {nil, kite.StyleUnknown, false},
	} {
		if got := kite.StyleOf(test.offers); got != test.style || kite.OffersLogin(test.offers) != test.login {
			t.Errorf("%s: style %d, login %v", name, got, kite.OffersLogin(test.offers))
		}
	}
}

func TestOffered(t *testing.T) {
	offered, missing := kite.Offered([]kite.Offer{
		{Name: "portfolio", Modes: []string{"holdings", "profile"}}, {Name: "orders", Modes: []string{"list", "place"}}, {Name: "get_ltp"}, {Name: "place_order"},
	})
	var names []string
	for _, t := range offered {
		names = append(names, t.Name)
	}
	if diff := cmp.Diff([]string{"get_profile", "get_holdings", "get_orders"}, names); diff != "" {
		t.Errorf("offered (-want +got):\n%s", diff)
	}
	if want := len(kite.ReadTools()) - len(offered); len(missing) != want {
		t.Errorf("%d are missing, want %d", len(missing), want)
	}
	offered, missing = kite.Offered([]kite.Offer{{Name: "get_holdings"}})
	if len(offered) != 1 || len(missing) != 14 { // alerts and the session's status are no tools of today's
		t.Errorf("%d offered, %d missing", len(offered), len(missing))
	}
}
