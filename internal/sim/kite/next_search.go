package kite

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"time"

	"kitebot/internal/sim/kite/sample"
)

// runNextSearch looks through the instruments of the morning. It needs no login, unless live prices are wanted. What
// it finds comes in another order each time.
func runNextSearch(ctx context.Context, s *Server, c *call) answer {
	found, complaint := s.lookUp(c.args)
	if complaint != "" {
		return errorAnswer("%s", complaint)
	}
	rand.Shuffle(len(found), func(i, j int) { found[i], found[j] = found[j], found[i] })
	live := c.args.boolean("include_live_quote")
	answer := map[string]any{"meta": searchMeta(live)}
	var rows []sample.Listing
	switch page := paginate(found, c.args).(type) {
	case paged[sample.Listing]:
		rows, answer["pagination"] = page.Data, page.Pagination
	case []sample.Listing:
		rows = page
	}
	if live && len(rows) > 0 {
		if _, instead, ok := s.accountForCall(ctx, c); !ok {
			if c.problem != "" {
				return errorAnswer("Failed to get live quotes for search enrichment")
			}
			return instead
		}
	}
	data := []map[string]any{}
	for _, l := range rows {
		row := searchRow(l.Instrument, c.args.text("verbosity", "compact"))
		if live {
			enrich(row, l.Quote(s.opts.Now()))
		}
		data = append(data, row)
	}
	answer["data"] = data
	return jsonAnswer(answer)
}

// lookUp finds instruments by whichever way is asked for; one that does not exist means by text.
func (s *Server) lookUp(a args) (found []sample.Listing, complaint string) {
	ways := map[string]struct {
		needs []string
		fits  func(l sample.Listing) bool
	}{
		"get_by_id": {[]string{"id"}, func(l sample.Listing) bool { return l.ID == a.text("id", "") }},
		"get_by_tradingsymbol": {[]string{"exchange", "tradingsymbol"}, func(l sample.Listing) bool {
			return l.Exchange == a.text("exchange", "") && l.Tradingsymbol == a.text("tradingsymbol", "")
		}},
		"get_by_isin":       {[]string{"isin"}, func(l sample.Listing) bool { return l.ISIN == a.text("isin", "") }},
		"get_by_inst_token": {[]string{"inst_token"}, func(l sample.Listing) bool { return l.InstrumentToken == uint32(a.integer("inst_token")) }},
		"get_by_exch_token": {[]string{"exchange", "exch_token"}, func(l sample.Listing) bool {
			return l.Exchange == a.text("exchange", "") && l.ExchangeToken == uint32(a.integer("exch_token"))
		}},
	}
	way, exact := ways[a.text("search_mode", "search")]
	if !exact {
		return s.search(a)
	}
	if complaint = a.require(way.needs...); complaint != "" {
		return nil, complaint
	}
	for _, l := range s.market.Listings {
		if way.fits(l) {
			found = append(found, l)
		}
	}
	if len(found) == 0 {
		return nil, "Instrument not found"
	}
	return found, ""
}

func searchMeta(live bool) map[string]any {
	meta := map[string]any{"instrument_data_source": "bod_instruments", "live_quote_enriched": live}
	if live {
		meta["live_quote_fields"] = []string{"last_price", "lower_circuit_limit", "upper_circuit_limit", "ohlc", "timestamp"}
	}
	return meta
}

// searchRow is an instrument as far as it is asked for. Only "compact", which is what nobody asking gets, cuts it.
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

// enrich adds what a quote knows better.
func enrich(row map[string]any, q sample.FullQuote) {
	row["last_price"], row["ohlc"], row["quote_timestamp"] = q.LastPrice, q.OHLC, q.Timestamp.Format(time.RFC3339)
	row["lower_circuit_limit"], row["upper_circuit_limit"] = q.LowerCircuitLimit, q.UpperCircuitLimit
}
