package statement_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/statement"
	"kitebot/internal/kite"
	"kitebot/internal/market"
)

// A day's figures are of the last session that has begun: at six on Monday
// morning that is Friday's.
func TestDayOf(t *testing.T) {
	for at, want := range map[string]string{
		"2026-11-13 09:14": "Thursday", "2026-11-13 09:15": "Today", "2026-11-13 23:59": "Today",
		"2026-11-14 00:00": "Friday", "2026-11-16 06:00": "Friday", "2026-11-24 12:00": "Monday",
	} {
		moment, err := time.ParseInLocation("2006-01-02 15:04", at, market.IST())
		if err != nil {
			t.Fatal(err)
		}
		if got := view.Capital(view.SessionDay(moment.UTC())); got != want {
			t.Errorf("DayOf(%s) = %s, want %s", at, got, want)
		}
	}
}

// The exchanges of commodities and currencies keep other hours: in their evening
// nothing says that the market is closed.
func TestMarketIsNotClosedWhereOtherHoursAreKept(t *testing.T) {
	for exchange, closed := range map[string]bool{"NFO": true, "MCX": false, "CDS": false} {
		order := orderRow("1", "BUY", "X26NOVFUT", "OPEN", "09:20:00", 5, "84", "0", `"exchange":`+quote(exchange))
		orders, trades := decodeOrders(t, list(order)), decodeTrades(t, list(tradeRow("1", "BUY", "X26NOVFUT", exchange, "09:20:00", 5, "84")))
		book := decodeBook(t, list(positionRow("X26NOVFUT", exchange, "NRML", 5, "84", "85", "5", "5")))
		gtts := decodeGTTs(t, strings.ReplaceAll(list(gttRow("active", "BUY", "X26NOVFUT", 5, "1", "", "84")), `"NSE"`, quote(exchange)))
		for name, m := range map[string]view.Message{
			"orders":        statement.Orders(orders, statement.Options{AsOf: evening()}),
			"order's card":  statement.OrderCard(statement.OrderCardView{Order: orders[0], Options: statement.Options{AsOf: evening()}}),
			"trades":        statement.Trades(trades, statement.Options{AsOf: evening()}),
			"positions":     statement.Positions(book, statement.Options{AsOf: evening()}),
			"position card": statement.PositionCard(book.Open[0], statement.Options{AsOf: evening()}),
			"GTT orders":    statement.GTTs(statement.GTTsView{GTTs: gtts, Options: statement.Options{AsOf: evening()}}),
		} {
			if strings.Contains(m.HTML, "market closed") != closed {
				t.Errorf("the %s of %s:\n%s", name, exchange, m.HTML)
			}
		}
	}
}

// Commodities trade from nine, and in the evening of some holidays of the shares: then
// the day is not said to be the one before.
func TestDayOfCommoditiesIsNotTheDayBefore(t *testing.T) {
	for at, want := range map[string][2]string{
		"2026-11-13 08:59": {"Thursday", "Thursday"}, "2026-11-13 09:05": {"Thursday", "day"}, "2026-11-13 09:15": {"today", "today"},
		"2026-11-24 20:00": {"Monday", "day"}, "2026-11-14 12:00": {"Friday", "Friday"},
	} {
		moment, err := time.ParseInLocation("2006-01-02 15:04", at, market.IST())
		if err != nil {
			t.Fatal(err)
		}
		for i, exchange := range []string{"NFO", "MCX"} {
			book := decodeBook(t, list(positionRow("X26NOVFUT", exchange, "NRML", 5, "84", "85", "5", "5"), positionRow("Y26NOVFUT", exchange, "NRML", 0, "84", "85", "5", "5")))
			day, verb := want[i], "closed"
			if day == "today" {
				verb += " today"
			} else if day != "day" {
				verb += " on " + day
			}
			for name, said := range map[string][2]string{
				"positions": {statement.Positions(book, statement.Options{AsOf: moment}).HTML, " · " + day + " +₹10.00</b>\n1 open · 1 " + verb + "\n"},
				"portfolio": {statement.Overview(statement.OverviewView{Overview: kite.Overview{Positions: &book}, Options: statement.Options{AsOf: moment}}).HTML, " · positions " + day + " +₹10.00"},
				"card":      {strings.ToLower(statement.PositionCard(book.Open[0], statement.Options{AsOf: moment}).HTML), "\n" + strings.ToLower(day) + " +₹5.00"},
			} {
				if !strings.Contains(said[0], said[1]) {
					t.Errorf("%s of %s at %s has no %q:\n%s", name, exchange, at, said[1], said[0])
				}
			}
		}
	}
}

// The lines that stand in nearly every message fit on one line of a phone.
func TestEverydayLinesFitAPhone(t *testing.T) {
	const phone = 36 // characters, in the font of a message
	p := decode(t, wide())
	for _, m := range []view.Message{
		statement.Holdings(p, kite.SortByValue, statement.Options{AsOf: noon()}),
		statement.Holdings(p, kite.SortByValue, statement.Options{AsOf: evening(), Hide: true}),
	} {
		seen := 0
		for line := range strings.Lines(m.HTML) {
			if strings.Contains(line, " IST") || strings.HasPrefix(line, "Amounts") {
				seen++
				if n := utf8.RuneCountInString(strings.TrimSpace(line)); n > phone {
					t.Errorf("%d characters: %s", n, line)
				}
			}
		}
		if seen == 0 {
			t.Error("no such line")
		}
	}
}
