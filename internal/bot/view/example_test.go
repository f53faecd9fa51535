package view_test

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"kitebot/internal/bot/view"
)

// A message with a table, as a phone shows it. The heading's ampersand comes from
// outside and is escaped; amounts have the commas of the Indian system.
func Example() {
	amount := decimal.RequireFromString("1234567.891")
	noon := time.Date(2026, 11, 12, 6, 30, 0, 0, time.UTC)

	var s view.Sheet
	s.Say("<b>"+view.Safe("M&M")+" "+view.Rupees(amount)+"</b>", view.AsOf(noon))
	s.Table(view.Table{
		Head: []string{"Share", "Value", "Day"},
		Rows: []view.Row{
			{Name: "M&M", Numbers: []string{view.Short(amount), view.Percent(decimal.RequireFromString("-0.5"))}},
			{Name: "TCS", Numbers: []string{view.Absent, view.Absent}},
		},
	})
	m := s.Message(false, [][]view.Button{{view.Press("Refresh", "shares:refresh:1")}})
	fmt.Println(m.HTML)
	// Output:
	// <b>M&amp;M ₹12,34,567.89</b>
	// 12 Nov 12:00 IST · market open
	//
	// <pre>Share  Value    Day
	// M&amp;M   12.35L −0.50%
	// TCS        –      –</pre>
}
