package kite_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kitebot/internal/sim/kite/sample"
)

func TestAlerts(t *testing.T) {
	w := newNext(t)
	p := w.enter("MK4021")
	mine := sample.AccountOf("MK4021").Alerts
	ids := make([]string, len(mine))
	for i, a := range mine {
		ids[i] = `"` + a.UUID + `"`
	}
	type many struct{ Alerts []sample.Alert }
	for more, want := range map[string][]sample.Alert{
		"":                                mine,
		`"uuids":[]`:                      mine,
		`"uuids":` + ids[0]:               mine, // a plain text is no list
		`"status":"enabled"`:              mine[:2],
		`"status":"disabled"`:             mine[2:],
		`"status":"deleted"`:              {},
		`"type":"ato"`:                    {},
		`"type":"simple","history":false`: mine,
		`"uuids":[` + ids[2] + `,` + ids[0] + `],"status":"deleted"`: {mine[0], mine[2]},
		`"uuids":["a","b"]`: nil,
	} {
		if diff := cmp.Diff(want, decode[many](t, p.call("alerts", "get", more)).Alerts); diff != "" {
			t.Errorf("%s:\n%s", more, diff)
		}
	}
	expect(t, p.call("alerts", "get", `"uuids":["a","b"],"history":true`), `{"alerts":null}`, false)
	expect(t, p.call("alerts", "get", `"uuids":["a"]`), "Failed to get alert a: Alert not found", true)
	expect(t, w.enter("NK0001").call("alerts", "get", `"history":true`), `{"alerts":[]}`, false)
	one := p.call("alerts", "get", `"uuids":[`+ids[0]+`]`).text
	const order = "type user_id uuid name status disabled_reason lhs_attribute lhs_exchange lhs_tradingsymbol operator rhs_type rhs_attribute rhs_exchange rhs_tradingsymbol rhs_constant alert_count created_at updated_at"
	if got := keys(t, strings.TrimPrefix(one, `{"alert":`)); got != order || !strings.Contains(one, `"name":"Reliance \u003c 1,300 \u0026 falling"`) {
		t.Errorf("one: %s", one)
	}
	w.clean()
}
