package kite

import "context"

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
		return jsonAnswer(map[string]any{"alert": Alert{}})
	case a == nil:
		return jsonAnswer(map[string]any{"alerts": nil})
	case len(uuids) == 1:
		return s.oneAlert(a, c, failure)
	}
	found := a.alertsLike(c.args.text("status", ""), c.args.text("type", ""))
	if len(uuids) > 1 {
		found = a.alertsOf(uuids)
	}
	answer := map[string]any{"alerts": found}
	if c.args.boolean("history") && len(found) > 0 {
		histories := map[string]any{}
		for _, one := range found {
			histories[one.UUID] = s.book.history(one)
		}
		answer["histories"] = histories
	}
	return jsonAnswer(answer)
}

// oneAlert answers the alert of one id.
func (s *Server) oneAlert(a *Account, c *call, failure string) answer {
	found := a.alertsOf(c.args.texts("uuids"))
	if len(found) == 0 {
		return errorAnswer("%sAlert not found", failure)
	}
	answer := map[string]any{"alert": found[0]}
	if c.args.boolean("history") {
		answer["history"] = s.book.history(found[0])
	}
	return jsonAnswer(answer)
}
