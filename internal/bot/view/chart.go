package view

import (
	"fmt"
	"strings"
	"time"

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
func Chart(v ChartView) Message {
	if len(v.Rows) == 0 {
		return noCandles(v)
	}
	lines := []string{chartLine(v)}
	if sub := subtitle(v.Quote.ID, v.Name); sub != "" {
		lines = append(lines, sub)
	}
	lines = append(lines, rangeLine(v))
	if v.LeftOut > 0 {
		lines = append(lines, many(v.LeftOut, "candle", "candles")+" had no prices and "+isAre(v.LeftOut)+" left out.")
	}
	lines = append(lines, pricesAsOf(v.AsOf, v.Quote.ID))
	return Message{HTML: strings.Join(lines, "\n"), Photo: v.Photo, Buttons: chartButtons(v)}
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
		when = dayTime(last.Time) + " IST"
	}
	return fmt.Sprintf("<b>%s %s</b> · last candle, %s", escape(nameOf(v.Quote.ID, v.AsOf)), unitOfQuote(v.Quote).price(last.Close), when)
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
	line := escape(string(v.Range))
	if percent := v.Change(); v.Range != kite.Day1 && percent.OK {
		line += " " + PercentOf(percent)
	}
	return join(line, unitOfQuote(v.Quote).span(kite.Low(v.Rows).Value, kite.High(v.Rows).Value))
}

func noCandles(v ChartView) Message {
	lines := []string{
		fmt.Sprintf("<b>No trades of %s in %s</b>", escape(nameOf(v.Quote.ID, v.AsOf)), escape(string(v.Range))),
		"Kite has no candles for that range: it may be new, or not traded. Try a longer range.",
	}
	if v.LeftOut > 0 {
		lines = append(lines, many(v.LeftOut, "candle", "candles")+" had no prices.")
	}
	return Message{HTML: strings.Join(lines, "\n"), Buttons: chartButtons(v)}
}

// chartButtons change the range of the same picture; the one that is shown is
// marked.
func chartButtons(v ChartView) [][]Button {
	id := v.Quote.ID
	var ranges []Button
	for _, r := range kite.Ranges() {
		text := string(r)
		if r == v.Range {
			text = "• " + text
		}
		ranges = append(ranges, idButton(text, "chart:range:"+string(r)+":", id)...)
	}
	refresh := idButton("Refresh", "chart:refresh:"+string(v.Range)+":", id)
	return notEmpty(ranges, append(idButton("Quote", "quote:open:", id), refresh...))
}

// ParseChartArg splits the argument of a chart's button, "6M:NSE:INFY", into
// range and instrument. false: it is none.
func ParseChartArg(arg string) (r kite.Range, id string, ok bool) {
	text, id, _ := strings.Cut(arg, ":")
	r, ok = kite.ParseRange(text)
	return r, id, ok && symbol.IsID(id)
}

// ChartUsage answers /chart without a symbol.
func ChartUsage() Message {
	return Message{HTML: "<b>A chart of what?</b>\nWrite the symbol after the command, and how far back if you like (1D 5D 1M 6M 1Y 5Y):\n<code>/chart infy</code>\n<code>/chart bank nifty 5D</code>"}
}

// NoSuchRange answers a range that charts do not have, such as 3M, with those that
// they have.
func NoSuchRange(said, symbol string) Message {
	names := make([]string, len(kite.Ranges()))
	var draw []Button
	for i, r := range kite.Ranges() {
		names[i] = string(r)
		if data := "chart:again:" + clean(symbol) + " " + names[i]; len(data) <= maxData {
			draw = append(draw, Button{Text: names[i], Data: data})
		}
	}
	return Message{
		HTML:    fmt.Sprintf("<b>I have no chart for %s</b>\nI draw %s.", escape(said), strings.Join(names, ", ")),
		Buttons: notEmpty(draw),
	}
}

// OneChart answers several symbols: a picture shows one.
func OneChart(words []string, r kite.Range) Message {
	const most = 8
	var draw []Button
	for _, word := range words[:min(len(words), most)] {
		if data := "chart:again:" + clean(word) + " " + string(r); len(data) <= maxData {
			draw = append(draw, Button{Text: fit(clean(word), 20), Data: data})
		}
	}
	return Message{HTML: "<b>A chart shows one symbol. Which one?</b>", Buttons: rowsOf(draw, 2)}
}
