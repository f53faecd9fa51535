package kite

import (
	"context"
	"slices"

	"kitebot/internal/sim/kite/sample"
)

// runAlerts answers all alerts, one, or those of some ids. It is the only tool that repeats what Kite says when it
// refuses, and so the only one that tells a dropped login from trouble.
func runAlerts(ctx context.Context, s *Server, c *call) answer {
	uuids := c.args.texts("uuids")
	failure := "Failed to get alerts: "
	if len(uuids) == 1 {
		failure = "Failed to get alert " + uuids[0] + ": "
	}
	a, instead, ok := s.accountForCall(ctx, c)
	switch {
	case !ok && c.problem != "":
		return errorAnswer("%s%s", failure, c.problem)
	case !ok:
		return instead
	case a == nil && len(uuids) == 1:
		return jsonAnswer(map[string]any{"alert": sample.Alert{}})
	case a == nil:
		return jsonAnswer(map[string]any{"alerts": nil})
	case len(uuids) == 1:
		return s.oneAlert(a, c, failure)
	}
	found := alertsLike(a, c.args.text("status", ""), c.args.text("type", ""))
	if len(uuids) > 1 {
		found = alertsOf(a, uuids)
	}
	answer := map[string]any{"alerts": found}
	if c.args.boolean("history") && len(found) > 0 {
		histories := map[string]any{}
		for _, one := range found {
			histories[one.UUID] = s.market.AlertHistory(one)
		}
		answer["histories"] = histories
	}
	return jsonAnswer(answer)
}

// oneAlert answers the alert of one id.
func (s *Server) oneAlert(a *sample.Account, c *call, failure string) answer {
	found := alertsOf(a, c.args.texts("uuids"))
	if len(found) == 0 {
		return errorAnswer("%sAlert not found", failure)
	}
	answer := map[string]any{"alert": found[0]}
	if c.args.boolean("history") {
		answer["history"] = s.market.AlertHistory(found[0])
	}
	return jsonAnswer(answer)
}

// alertsLike returns the alerts of a status and of a type, where these are given.
func alertsLike(a *sample.Account, status, kind string) []sample.Alert {
	out := []sample.Alert{}
	for _, one := range a.Alerts {
		if (status == "" || one.Status == status) && (kind == "" || one.Type == kind) {
			out = append(out, one)
		}
	}
	return out
}

// alertsOf returns the alerts of those ids that exist, nil if none does.
func alertsOf(a *sample.Account, uuids []string) []sample.Alert {
	var out []sample.Alert
	for _, one := range a.Alerts {
		if slices.Contains(uuids, one.UUID) {
			out = append(out, one)
		}
	}
	return out
}
