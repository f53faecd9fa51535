package kite

import (
	"cmp"
	"context"
	"math/rand/v2"
	"strings"
	"time"

	"kitebot/internal/sim/kite/sample"
)

// How many instruments Kite takes in one request.
const (
	maxQuotes = 500
	maxPrices = 1000
)

// dateForm is the only form of a date that get_historical_data takes, read as Indian time.
const dateForm = "2006-01-02 15:04:05"

// quoteTool is a tool whose answer is an object keyed by what was asked; what Kite does not know is absent.
func quoteTool[T any](most int, needsOne bool, pick func(l sample.Listing, now time.Time) T) runner {
	return func(ctx context.Context, s *Server, c *call) answer {
		if complaint := c.args.require("instruments"); complaint != "" {
			return errorAnswer("%s", complaint)
		}
		ids := c.args.texts("instruments")
		if needsOne && len(ids) == 0 {
			return errorAnswer("At least one instrument must be specified")
		}
		a, instead, ok := s.accountForCall(ctx, c)
		if !ok {
			return instead
		}
		if a == nil {
			return answer{text: "null"}
		}
		if len(ids) == 0 && c.mode == "" || len(ids) > most {
			return errorAnswer("%s", c.failure) // Kite refuses the request; to the rewrite it answers one for nothing
		}
		out := map[string]T{}
		for _, id := range ids {
			if l, known := s.market.ByID[id]; known {
				out[id] = pick(l, s.opts.Now())
			}
		}
		return jsonAnswer(out)
	}
}

func runQuotes(ctx context.Context, s *Server, c *call) answer {
	return quoteTool(maxQuotes, false, sample.Listing.Quote)(ctx, s, c)
}

func runLTP(ctx context.Context, s *Server, c *call) answer {
	return quoteTool(maxPrices, true, func(l sample.Listing, _ time.Time) sample.LTPQuote {
		return sample.LTPQuote{InstrumentToken: l.InstrumentToken, LastPrice: l.LastPrice}
	})(ctx, s, c)
}

func runOHLC(ctx context.Context, s *Server, c *call) answer {
	return quoteTool(maxPrices, true, func(l sample.Listing, now time.Time) sample.OHLCQuote {
		return sample.OHLCQuote{InstrumentToken: l.InstrumentToken, LastPrice: l.LastPrice, OHLC: l.DayOHLC(now)}
	})(ctx, s, c)
}

// runHistoricalData answers candles. Kite refuses an unknown token or interval, a span that ends before it begins and
// one that is longer than the interval allows.
func runHistoricalData(ctx context.Context, s *Server, c *call) answer {
	if complaint := c.args.require("instrument_token", "from_date", "to_date", "interval"); complaint != "" {
		return errorAnswer("%s", complaint)
	}
	from, err := time.ParseInLocation(dateForm, c.args.text("from_date", ""), sample.IST())
	if err != nil {
		return errorAnswer("Failed to parse from_date, use format YYYY-MM-DD HH:MM:SS")
	}
	to, err := time.ParseInLocation(dateForm, c.args.text("to_date", ""), sample.IST())
	if err != nil {
		return errorAnswer("Failed to parse to_date, use format YYYY-MM-DD HH:MM:SS")
	}
	a, instead, ok := s.accountForCall(ctx, c)
	if !ok {
		return instead
	}
	if a == nil {
		return answer{text: "null"}
	}
	l, known := s.market.ByToken[uint32(c.args.integer("instrument_token"))]
	every, ok := sample.IntervalByName(c.args.text("interval", ""))
	if !known || !ok || to.Before(from) || to.Sub(from) > every.MaxSpan {
		return instead
	}
	return jsonAnswer(l.Candles(every, from, to, s.opts.Now()))
}

// runSearch needs no login and leaves the registry alone. What it finds comes in another order each time, so that a
// page of it is a random part.
func runSearch(_ context.Context, s *Server, c *call) answer {
	listings, complaint := s.search(c.args)
	if complaint != "" {
		return errorAnswer("%s", complaint)
	}
	var found []sample.Instrument
	for _, l := range listings {
		found = append(found, l.Instrument)
	}
	rand.Shuffle(len(found), func(i, j int) { found[i], found[j] = found[j], found[i] })
	return jsonAnswer(paginate(found, c.args))
}

// search finds what contains a text, or all contracts on an underlying.
func (s *Server) search(a args) (found []sample.Listing, complaint string) {
	if complaint := a.require("query"); complaint != "" {
		return nil, complaint
	}
	query, field := a.text("query", ""), a.text("filter_on", "id")
	match := func(l sample.Listing) bool {
		return strings.Contains(strings.ToLower(searchField(l, field)), strings.ToLower(query))
	}
	if field == "underlying" {
		exchange, underlying, both := strings.Cut(query, ":")
		if strings.Contains(underlying, ":") {
			return nil, "Invalid query format, specify exch:underlying, where exchange is BFO/NFO"
		}
		if !both {
			exchange, underlying = "NFO", query
		}
		match = func(l sample.Listing) bool { return l.Exchange == exchange && l.Name == underlying }
	}
	for _, l := range s.market.Listings {
		if match(l) {
			found = append(found, l)
		}
	}
	return found, ""
}

// searchField returns what a search looks at; a field that does not exist means the id.
func searchField(l sample.Listing, name string) string {
	byName := map[string]string{"name": l.Name, "tradingsymbol": l.Tradingsymbol, "isin": l.ISIN}
	if v, ok := byName[name]; ok {
		return v
	}
	return cmp.Or(l.ID, l.Tradingsymbol)
}
