package kite

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"time"

	"kitebot/internal/sim/kite/sample"
)

// nextOrder is an Order as the rewrite answers it, with two keys more: the fields here stand after, or instead of,
// those of the Order.
type nextOrder struct {
	sample.Order
	MarketProtection float64  `json:"market_protection"`
	Tag              string   `json:"tag"`
	Tags             []string `json:"tags"`
	GUID             string   `json:"guid"`
}

// nextOrders adds what the rewrite adds. Only an order that was placed has a GUID.
func nextOrders(orders []sample.Order) []nextOrder {
	var out []nextOrder
	for _, o := range orders {
		n := nextOrder{Order: o, Tag: o.Tag, Tags: o.Tags}
		if o.OrderID != "" {
			n.GUID = "G" + o.OrderID
		}
		out = append(out, n)
	}
	return out
}

// nextGTT is a GTT as the rewrite answers it.
type nextGTT struct {
	sample.GTT
	Orders []nextOrder    `json:"orders"`
	Meta   sample.GTTMeta `json:"meta"`
}

func nextGTTs(a *sample.Account) []nextGTT {
	var out []nextGTT
	for _, g := range a.GTTs {
		out = append(out, nextGTT{GTT: g, Orders: nextOrders(g.Orders), Meta: g.Meta})
	}
	return out
}

// funds are all there are, never in pages.
func funds(a *sample.Account) []sample.MFHolding {
	return append([]sample.MFHolding{}, a.MFHoldings...)
}

// runNextSearch looks through the instruments of the morning. It needs no login. What it finds comes in another order
// each time.
func runNextSearch(_ context.Context, s *Server, c *call) answer {
	found, complaint := s.lookUp(c.args)
	if complaint != "" {
		return errorAnswer("%s", complaint)
	}
	rand.Shuffle(len(found), func(i, j int) { found[i], found[j] = found[j], found[i] })
	out := map[string]any{"meta": map[string]any{"instrument_data_source": "bod_instruments", "live_quote_enriched": false}}
	var rows []sample.Listing
	switch page := paginate(found, c.args).(type) {
	case paged[sample.Listing]:
		rows, out["pagination"] = page.Data, page.Pagination
	case []sample.Listing:
		rows = page
	}
	data := []map[string]any{}
	for _, l := range rows {
		data = append(data, searchRow(l.Instrument, c.args.text("verbosity", "compact")))
	}
	out["data"] = data
	return jsonAnswer(out)
}

// lookUp finds instruments by text or by the number of an exchange.
func (s *Server) lookUp(a args) (found []sample.Listing, complaint string) {
	if a.text("search_mode", "search") != "get_by_exch_token" {
		return s.search(a)
	}
	if complaint = a.require("exchange", "exch_token"); complaint != "" {
		return nil, complaint
	}
	for _, l := range s.market.Listings {
		if l.Exchange == a.text("exchange", "") && l.ExchangeToken == uint32(a.integer("exch_token")) {
			found = append(found, l)
		}
	}
	if len(found) == 0 {
		return nil, "Instrument not found"
	}
	return found, ""
}

// searchRow is an instrument as far as it is asked for. Only "compact", the default, leaves fields out.
func searchRow(i sample.Instrument, verbosity string) map[string]any {
	if verbosity == "compact" {
		return map[string]any{
			"id": i.ID, "instrument_token": i.InstrumentToken, "tradingsymbol": i.Tradingsymbol, "exchange": i.Exchange,
			"name": i.Name, "instrument_type": i.InstrumentType, "segment": i.Segment, "lot_size": i.LotSize, "active": i.Active,
		}
	}
	raw, err := json.Marshal(i)
	if err != nil {
		panic("kite: an instrument that is no JSON: " + err.Error()) // the simulator's own fault
	}
	var keys map[string]json.RawMessage
	_ = json.Unmarshal(raw, &keys) // it is an object
	row := map[string]any{}
	for name, value := range keys {
		row[name] = value
	}
	return row
}

// runSessionStatus describes the grant behind the bearer. It does not ask Kite: a login that Kite has dropped long ago
// still counts as authenticated.
func runSessionStatus(ctx context.Context, s *Server, c *call) answer {
	status := map[string]any{"session_id": c.grant, "authenticated": false, "terminated": true, "status": "logged_out"}
	err := s.withLock(ctx, func(now time.Time) {
		g := s.next.grants[c.grant]
		if g == nil {
			return
		}
		label, authenticated, expired, until := "not_authenticated", false, false, ""
		if g.login != nil {
			label, authenticated, expired = "expired", now.Before(g.expiresAt), now.After(g.expiresAt)
			until = g.expiresAt.UTC().Format(time.RFC3339)
		}
		if authenticated {
			label = "authenticated"
		}
		status = map[string]any{
			"session_id": g.id, "authenticated": authenticated, "terminated": false, "status": label,
			"created_at": g.createdAt.UTC().Format(time.RFC3339), "expires_at": g.expiresAt.UTC().Format(time.RFC3339),
			"kite_session_expires_at": until, "kite_session_expired": expired,
		}
	})
	if err != nil {
		return errorAnswer("unable to determine current session")
	}
	return jsonAnswer(status)
}

// runSessionLogout ends the grant. Kite does not learn of it: its own token stays valid.
func runSessionLogout(ctx context.Context, s *Server, c *call) answer {
	status := "already_logged_out"
	err := s.withLock(ctx, func(time.Time) {
		if s.next.grants[c.grant] != nil {
			delete(s.next.grants, c.grant)
			status = "logged_out"
		}
	})
	if err != nil {
		return errorAnswer("Failed to logout current session")
	}
	return jsonAnswer(map[string]any{"success": true, "session_id": c.grant, "status": status})
}

// runAlerts answers all alerts, one, or those of some ids. It is the only tool that repeats what Kite says when it
// refuses, and so the only one that distinguishes a dropped login from a failure.
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
			histories[one.UUID] = []any{}
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
		answer["history"] = []any{}
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
