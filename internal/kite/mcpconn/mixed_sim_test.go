package mcpconn_test

import (
	"testing"

	"kitebot/internal/kite/mcpconn"
	"kitebot/internal/kite/wire"
	sim "kitebot/internal/sim/kite"
)

// TestMixedStates: whatever state the server is found in, it is known what it wants.
func TestMixedStates(t *testing.T) {
	for name, test := range map[string]struct {
		options sim.Options
		opened  wire.Kind // KindUnknown: it is, and a login by its tool works
		name    string
	}{
		"today":                     {sim.Options{}, 0, "tools"},
		"the old links":             {sim.Options{Version: sim.Old}, 0, "tools"},
		"today without streams":     {sim.Options{NoSSE: true}, 0, "tools"},
		"today with documents":      {sim.Options{OAuthDocuments: true}, 0, "tools"},
		"today, fewer tools":        {sim.Options{NoOrderTools: true}, 0, "tools"},
		"today, other tools":        {sim.Options{OtherTools: true}, wire.KindUnknownServer, "unfamiliar"},
		"next":                      {sim.Options{Version: sim.Next}, wire.KindAuthorize, "OAuth"},
		"next, not quoted":          {sim.Options{Version: sim.Next, UnquotedMetadata: true}, wire.KindAuthorize, "OAuth"},
		"next, early":               {sim.Options{Version: sim.Next, EarlyNext: true}, wire.KindAuthorize, "OAuth"},
		"a hybrid":                  {sim.Options{Version: sim.Next, Hybrid: true}, 0, "tools with modes"},
		"nothing":                   {sim.Options{NoSSE: true, NoMCP: true}, wire.KindNotServed, "not looked at yet"},
		"next, other tools, hybrid": {sim.Options{Version: sim.Next, Hybrid: true, OtherTools: true}, wire.KindUnknownServer, "unfamiliar"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, test.options, mcpconn.Options{})
			conn, err := p.Open(t.Context())
			if wire.KindOf(err) != test.opened || (err == nil) != (test.opened == wire.KindUnknown) {
				t.Fatalf("Open: %v, want %v", err, test.opened)
			}
			if got := p.Dialer.Surface().Name(); got != test.name {
				t.Errorf("surface %q, want %q", got, test.name)
			}
			switch test.opened {
			case wire.KindUnknown:
				logIn(t, p.Server, conn, firstUser())
				wantProfile(t, conn, firstUser())
				wantProfile(t, p.Resume(held(conn.ID()), nil), firstUser())
				if err := p.End(t.Context(), held(conn.ID())); err != nil {
					t.Errorf("End: %v", err)
				}
			case wire.KindAuthorize:
				wantProfile(t, p.Resume(p.enter(t, firstUser()), nil), firstUser())
			}
		})
	}
}
