package marketdata

import (
	"fmt"
	"strings"
	"time"

	"kitebot/internal/bot/view"
	"kitebot/internal/kite"
	"kitebot/internal/kite/symbol"
	"kitebot/internal/market"
)

// ChartView is a chart of one instrument. It holds nothing of the account.
type ChartView struct {
	Quote   kite.Quote // of now; without a price the last candle stands in
	Name    string     // of the company; "" when not known
	Range   kite.Range
	Rows    []kite.Candle // those in the picture
	LeftOut int           // rows of Kite's answer without prices
	Photo   []byte        // the picture
	AsOf    time.Time
}

// Chart renders a picture with its caption: the quote's first line, and what
// the range came to. Without a candle it is a text that says so.
func Chart(v ChartView) view.Message {
	if len(v.Rows) == 0 {
		return noCandles(v)
	}
	lines := []string{chartLine(v)}
	if sub := subtitle(v.Quote.ID, v.Name); sub != "" {
		lines = append(lines, sub)
	}
	lines = append(lines, rangeLine(v))
	if v.LeftOut > 0 {
		lines = append(lines, view.Plural(v.LeftOut, "candle", "candles")+" had no prices and "+view.IsAre(v.LeftOut)+" left out.")
	}
	lines = append(lines, pricesAsOf(v.AsOf, v.Quote.ID))
	return view.Message{HTML: strings.Join(lines, "\n"), Photo: v.Photo, Buttons: chartButtons(v)}
}

// chartLine is the quote's line. When there is no quote it says the last price
// of the picture, and of when that is.
func chartLine(v ChartView) string {
	if v.Quote.Priced() {
		return quoteLine(v.Quote, v.AsOf)
	}
	last := v.Rows[len(v.Rows)-1]
	when := last.Time.In(market.IST()).Format("2 Jan 2006")
	if v.Range == kite.Day1 || v.Range == kite.Days5 || v.Range == kite.Month1 {
		when = view.DayTime(last.Time) + " IST"
	}
	return fmt.Sprintf("<b>%s %s</b> · last candle, %s", view.Escape(view.InstrumentName(v.Quote.ID, v.AsOf)), view.FormatOfQuote(v.Quote).Price(last.Close), when)
}

// Change is what the range came to in percent: of a single day the quote's, from
// the close before, and of a longer one from the first open to the last close.
func (v ChartView) Change() kite.Figure {
	if v.Range == kite.Day1 {
		return v.Quote.ChangePercent()
	}
	_, percent := kite.Growth(v.Rows)
	return percent
}

// rangeLine is what the range came to, and between which prices. A single day has
// its change in the line above.
func rangeLine(v ChartView) string {
	line := view.Escape(string(v.Range))
	if percent := v.Change(); v.Range != kite.Day1 && percent.OK {
		line += " " + view.PercentOf(percent)
	}
	low, high := kite.Extremes(v.Rows)
	return view.Join(line, view.FormatOfQuote(v.Quote).Span(low.Value, high.Value))
}

func noCandles(v ChartView) view.Message {
	lines := []string{
		fmt.Sprintf("<b>No trades of %s in %s</b>", view.Escape(view.InstrumentName(v.Quote.ID, v.AsOf)), view.Escape(string(v.Range))),
		"Kite has no candles for that range: it may be new, or not traded. Try a longer range.",
	}
	if v.LeftOut > 0 {
		lines = append(lines, view.Plural(v.LeftOut, "candle", "candles")+" had no prices.")
	}
	return view.Message{HTML: strings.Join(lines, "\n"), Buttons: chartButtons(v)}
}

// chartButtons change the range of the same picture; the one that is shown is
// marked.
func chartButtons(v ChartView) [][]view.Button {
	id := v.Quote.ID
	var ranges []view.Button
	for _, r := range kite.Ranges() {
		text := string(r)
		if r == v.Range {
			text = "• " + text
		}
		ranges = append(ranges, view.InstrumentButton(text, "chart:range:"+string(r)+":", id)...)
	}
	refresh := view.InstrumentButton("Refresh", "chart:refresh:"+string(v.Range)+":", id)
	return nonEmptyRows(ranges, append(view.InstrumentButton("Quote", "quote:open:", id), refresh...))
}

// ParseChartArg splits the argument of a chart's button, "6M:NSE:INFY", into
// range and instrument. false: it is none.
func ParseChartArg(arg string) (r kite.Range, id string, ok bool) {
	text, id, _ := strings.Cut(arg, ":")
	r, ok = kite.ParseRange(text)
	return r, id, ok && symbol.IsID(id)
}

// ChartUsage answers /chart without a symbol.
func ChartUsage() view.Message {
	return view.Text("<b>A chart of what?</b>\nWrite the symbol after the command, and how far back if you like (1D 5D 1M 6M 1Y 5Y):\n<code>/chart infy</code>\n<code>/chart bank nifty 5D</code>")
}

// NoSuchRange answers a range that charts do not have, such as 3M, with those that
// they have.
func NoSuchRange(said, symbol string) view.Message {
	names := make([]string, len(kite.Ranges()))
	var draw []view.Button
	for i, r := range kite.Ranges() {
		names[i] = string(r)
		draw = append(draw, view.PressIfFits(names[i], "chart:again:"+view.Clean(symbol)+" "+names[i])...)
	}
	return view.Text(fmt.Sprintf("<b>I have no chart for %s</b>\nI draw %s.", view.Escape(said), strings.Join(names, ", ")), draw...)
}

// OneChart answers several symbols: a picture shows one.
func OneChart(words []string, r kite.Range) view.Message {
	const most = 8
	var draw []view.Button
	for _, word := range words[:min(len(words), most)] {
		draw = append(draw, view.PressIfFits(view.Fit(view.Clean(word), 20), "chart:again:"+view.Clean(word)+" "+string(r))...)
	}
	return view.Message{HTML: "<b>A chart shows one symbol. Which one?</b>", Buttons: view.ButtonRows(draw, 2)}
}
