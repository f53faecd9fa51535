package statement

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"kitebot/internal/bot/view"
	"kitebot/internal/kite"
	"kitebot/internal/market"
)

// maxCSVText bounds one cell of text from outside, in characters.
const maxCSVText = 500

// column is one column of a file, of rows of T.
type column[T any] struct {
	head string
	cell func(row T, hide bool) string
}

// csvFile writes rows as a file that a spreadsheet opens well: UTF-8 with a byte
// order mark, commas, numbers with a point and all their places, moments as
// 2026-11-23T10:00:02+05:30. A row of which nothing is known is a row of empty
// cells, so that the count of rows stays true.
func csvFile[T any](name string, opt Options, columns []column[T], rows []T, missing func(T) bool) view.Message {
	head := make([]string, len(columns))
	for i, c := range columns {
		head[i] = c.head
	}
	records := [][]string{head}
	for _, row := range rows {
		record := make([]string, len(columns))
		for i, c := range columns {
			if !missing(row) {
				record[i] = c.cell(row, opt.Hide)
			}
		}
		records = append(records, record)
	}
	var b bytes.Buffer
	b.WriteString("\ufeff")
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	_ = w.WriteAll(records) // a buffer refuses nothing
	return view.Message{
		HTML: csvCaption(name, len(rows), opt),
		File: &view.File{Name: fmt.Sprintf("%s-%s.csv", name, opt.AsOf.In(market.IST()).Format(time.DateOnly)), MIME: "text/csv", Data: b.Bytes()},
	}
}

func csvCaption(name string, rows int, opt Options) string {
	lines := []string{
		fmt.Sprintf("<b>%s</b> · %s", view.Capital(strings.ReplaceAll(name, "-", " ")), view.Plural(rows, "row", "rows")),
		view.AsOf(opt.AsOf),
	}
	if opt.Hide {
		lines = append(lines, "Amounts are left out because you have hidden them.")
	}
	return strings.Join(lines, "\n")
}

// formulaStarts begin a formula, in all their widths and heights, or hide one.
const formulaStarts = "=+-@＝＋－＠﹦﹢﹣﹫⁼⁺⁻₌₊₋−'"

// startsFormula reports whether a spreadsheet may take a text for a formula.
func startsFormula(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	return s != "" && strings.ContainsRune(formulaStarts, first)
}

// csvText makes text from outside safe for a spreadsheet: one that would be
// taken for a formula, and a long number that would lose its digits, begins
// with an apostrophe. So does what follows a semicolon, where many countries'
// spreadsheets begin a new cell.
func csvText(s string) string {
	cells := strings.Split(strings.TrimSpace(view.CleanTo(s, maxCSVText)), ";")
	for i, cell := range cells[1:] {
		if startsFormula(strings.TrimLeft(cell, ` "`)) {
			cells[i+1] = "'" + cell
		}
	}
	s = strings.Join(cells, ";")
	formula := startsFormula(s)
	long := len(s) > 15 && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsDigit(r) }) < 0
	if formula || long {
		return "'" + s
	}
	return s
}

// csvFigure is a number as it is, with all its places; empty when unknown.
func csvFigure(f kite.Figure) string {
	if !f.OK {
		return ""
	}
	return f.Value.String()
}

func csvTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(market.IST()).Format(time.RFC3339)
}

// The kinds of columns. Amounts are empty cells in privacy mode. Percentages stay
// there, but no finer than on screen: with all their places they give away the
// amounts that they come from.

// finest is how many places are left of what is no product of prices and counts:
// percentages, and the sums that Kite reckons in floats, whose noise begins far
// behind. No price has more.
const finest = 4

func textColumn[T any](head string, of func(T) string) column[T] {
	return column[T]{head, func(row T, _ bool) string { return csvText(of(row)) }}
}

func whenColumn[T any](head string, of func(T) time.Time) column[T] {
	return column[T]{head, func(row T, _ bool) string { return csvTime(of(row)) }}
}

func figureColumn[T any](head string, of func(T) kite.Figure) column[T] {
	return column[T]{head, func(row T, hide bool) string {
		if hide {
			return ""
		}
		return csvFigure(of(row))
	}}
}

func wholeColumn[T any](head string, of func(T) int64) column[T] {
	return figureColumn(head, func(row T) kite.Figure { return figureOf(decimal.NewFromInt(of(row))) })
}

func numberColumn[T any](head string, of func(T) decimal.Decimal) column[T] {
	return figureColumn(head, func(row T) kite.Figure { return figureOf(of(row)) })
}

func percentColumn[T any](head string, of func(T) kite.Figure) column[T] {
	return column[T]{head, func(row T, hide bool) string {
		f := of(row)
		if hide {
			f.Value = f.Value.Round(2)
		}
		return csvFigure(rounded(f))
	}}
}

// statedColumn is a sum in rupees as Kite states it.
func statedColumn[T any](head string, of func(T) kite.Figure) column[T] {
	return figureColumn(head, func(row T) kite.Figure { return rounded(of(row)) })
}

// rounded rounds half away from zero.
func rounded(f kite.Figure) kite.Figure { return kite.Figure{Value: f.Value.Round(finest), OK: f.OK} }

// HoldingsCSV gives out the holdings in Kite's order. Figures are of the shares
// that count, whose number is in the column shares. Figures in rupees are exact, and
// percentages are rounded to four places, half away from zero. A figure that is not
// known is an empty cell.
func HoldingsCSV(p kite.Portfolio, opt Options) view.Message {
	type h = kite.Holding
	columns := []column[h]{
		textColumn("symbol", func(x h) string { return x.Symbol }),
		textColumn("exchange", func(x h) string { return x.Exchange }),
		textColumn("isin", func(x h) string { return x.ISIN }),
		textColumn("product", func(x h) string { return x.Product }),
		wholeColumn("quantity", func(x h) int64 { return x.Quantity }),
		wholeColumn("t1_quantity", func(x h) int64 { return x.T1Quantity }),
		wholeColumn("pledged_quantity", func(x h) int64 { return x.CollateralQuantity }),
		wholeColumn("mtf_quantity", func(x h) int64 { return x.MTF.Quantity }),
		wholeColumn("shares", h.Shares),
		numberColumn("average_price", func(x h) decimal.Decimal { return x.AveragePrice }),
		figureColumn("last_price", func(x h) kite.Figure { return priceOf(x.LastPrice) }),
		figureColumn("close_price", func(x h) kite.Figure { return priceOf(x.ClosePrice) }),
		figureColumn("value", h.Value),
		figureColumn("invested", h.Invested),
		figureColumn("profit", h.Profit),
		percentColumn("profit_percent", h.ProfitPercent),
		figureColumn("day", h.Day),
		percentColumn("day_percent", h.DayPercent),
		percentColumn("share_percent", p.Share),
		figureColumn("pledged_value", h.PledgedValue),
		figureColumn("mtf_value", func(x h) kite.Figure { return x.MTFPart().Value() }),
		figureColumn("mtf_profit", func(x h) kite.Figure { return x.MTFPart().Profit() }),
	}
	return csvFile("holdings", opt, columns, p.Holdings, func(x h) bool { return x.Missing })
}

// PositionsCSV gives out the net positions, the open ones first. What Kite reckons
// itself, pnl, m2m and the values of what was bought and sold, is rounded to four
// places like the percentage.
func PositionsCSV(b kite.PositionTotals, opt Options) view.Message {
	type p = kite.Position
	columns := []column[p]{
		textColumn("symbol", func(x p) string { return x.Symbol }),
		textColumn("exchange", func(x p) string { return x.Exchange }),
		textColumn("product", func(x p) string { return x.Product }),
		textColumn("state", func(x p) string {
			if x.Open() {
				return "open"
			}
			return "closed"
		}),
		wholeColumn("quantity", func(x p) int64 { return x.Quantity }),
		wholeColumn("overnight_quantity", func(x p) int64 { return x.OvernightQuantity }),
		numberColumn("multiplier", func(x p) decimal.Decimal { return x.Multiplier }),
		numberColumn("average_price", func(x p) decimal.Decimal { return x.AveragePrice }),
		figureColumn("last_price", func(x p) kite.Figure { return priceOf(x.LastPrice) }),
		figureColumn("close_price", func(x p) kite.Figure { return priceOf(x.ClosePrice) }),
		wholeColumn("buy_quantity", func(x p) int64 { return x.BuyQuantity }),
		statedColumn("buy_value", func(x p) kite.Figure { return figureOf(x.BuyValue) }),
		wholeColumn("sell_quantity", func(x p) int64 { return x.SellQuantity }),
		statedColumn("sell_value", func(x p) kite.Figure { return figureOf(x.SellValue) }),
		statedColumn("pnl", p.Profit),
		statedColumn("m2m", p.DayProfit),
		percentColumn("percent", p.Percent),
	}
	all := append(append([]p{}, b.Open...), b.Closed...)
	return csvFile("positions", opt, columns, all, func(p) bool { return false })
}

// OrdersCSV gives out today's orders, the newest first.
func OrdersCSV(orders []kite.Order, opt Options) view.Message {
	type o = kite.Order
	columns := []column[o]{
		textColumn("order_id", func(x o) string { return x.ID }),
		textColumn("exchange_order_id", func(x o) string { return x.ExchangeID }),
		whenColumn("placed_at", o.At),
		whenColumn("exchange_at", func(x o) time.Time { return x.ExchangeAt }),
		textColumn("status", func(x o) string { return x.Status }),
		textColumn("reason", func(x o) string { return mask(opt.Hide).words(x.Reason) }),
		textColumn("side", func(x o) string { return x.Side }),
		textColumn("symbol", func(x o) string { return x.Symbol }),
		textColumn("exchange", func(x o) string { return x.Exchange }),
		textColumn("product", func(x o) string { return x.Product }),
		textColumn("type", func(x o) string { return x.Type }),
		textColumn("variety", func(x o) string { return x.Variety }),
		textColumn("validity", func(x o) string { return x.Validity }),
		numberColumn("quantity", func(x o) decimal.Decimal { return x.Quantity }),
		numberColumn("filled_quantity", func(x o) decimal.Decimal { return x.Filled }),
		numberColumn("pending_quantity", func(x o) decimal.Decimal { return x.Pending }),
		numberColumn("cancelled_quantity", func(x o) decimal.Decimal { return x.Cancelled }),
		figureColumn("price", func(x o) kite.Figure { return priceOf(x.Price) }),
		figureColumn("trigger_price", func(x o) kite.Figure { return priceOf(x.TriggerPrice) }),
		figureColumn("average_price", func(x o) kite.Figure { return priceOf(x.AveragePrice) }),
		textColumn("tag", func(x o) string { return mask(opt.Hide).words(x.Tag) }),
	}
	return csvFile("orders", opt, columns, kite.OrdersNewestFirst(orders), func(x o) bool { return x.Missing })
}

// TradesCSV gives out today's trades, the newest first.
func TradesCSV(trades []kite.Trade, opt Options) view.Message {
	type t = kite.Trade
	columns := []column[t]{
		textColumn("trade_id", func(x t) string { return x.ID }),
		textColumn("order_id", func(x t) string { return x.OrderID }),
		whenColumn("filled_at", t.At),
		textColumn("side", func(x t) string { return x.Side }),
		textColumn("symbol", func(x t) string { return x.Symbol }),
		textColumn("exchange", func(x t) string { return x.Exchange }),
		textColumn("product", func(x t) string { return x.Product }),
		numberColumn("quantity", func(x t) decimal.Decimal { return x.Quantity }),
		numberColumn("price", func(x t) decimal.Decimal { return x.Price }),
		figureColumn("value", t.Value),
	}
	return csvFile("trades", opt, columns, kite.TradesNewestFirst(trades), func(x t) bool { return x.Missing })
}

// MutualFundsCSV gives out the mutual funds, the most valuable first.
func MutualFundsCSV(totals kite.FundTotals, opt Options) view.Message {
	type f = kite.MutualFund
	columns := []column[f]{
		textColumn("fund", func(x f) string { return x.Fund }),
		textColumn("isin", func(x f) string { return x.ISIN }),
		textColumn("folio", func(x f) string { return x.Folio }),
		numberColumn("units", func(x f) decimal.Decimal { return x.Units }),
		numberColumn("average_price", func(x f) decimal.Decimal { return x.AveragePrice }),
		figureColumn("nav", func(x f) kite.Figure { return priceOf(x.LastPrice) }),
		textColumn("nav_date", func(x f) string { return x.NAVDate }),
		figureColumn("value", f.Value),
		figureColumn("invested", f.Invested),
		figureColumn("profit", f.Profit),
		percentColumn("profit_percent", f.ProfitPercent),
		percentColumn("share_percent", totals.Share),
	}
	return csvFile("mutual-funds", opt, columns, totals.Funds, func(x f) bool { return x.Missing })
}
