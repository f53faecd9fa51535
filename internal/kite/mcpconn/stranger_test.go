package mcpconn

import (
	"testing"

	"kitebot/internal/kite/query"
)

// What servers list: the one of today, the one that may follow it, both of these
// without and with what the other has, and one that is none of ours.
const (
	listToday     = `[{"name":"get_holdings"},{"name":"login"},{"name":"place_order"}]`
	listNext      = `[{"name":"orders"},` + modal + `]`
	listHybrid    = `[{"name":"login"},` + modal + `]`
	listLoginless = `[{"name":"get_holdings"}]`
	listForeign   = `[{"name":"roll_dice"},{"name":"` + secret + `"}]`

	modal = `{"name":"portfolio","inputSchema":{"properties":{"mode":{"enum":["profile","holdings"]}}}}`
)

// acquainted returns a Dialer that has looked at the server, and seen that of
// today. Tests that are not about looking need not count its requests.
func acquainted(d *Dialer) *Dialer {
	d.surfaces.surface = Surface{Style: query.StyleTools, Login: true}
	return d
}

// stranger returns a Dialer to f that has not looked at it.
func (f *far) stranger(t *testing.T, path string, o Options) *Dialer {
	t.Helper()
	d := f.dialer(t, path, o)
	d.surfaces.surface = Surface{}
	return d
}
