package statement_test

import (
	"testing"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/statement"
	"kitebot/internal/bot/view/viewtest"
)

func TestPicturesGolden(t *testing.T) {
	portfolio := decode(t, `[{"tradingsymbol":"INFY","exchange":"NSE","quantity":2,"average_price":90,"last_price":100,"close_price":99,"day_change":1}]`)
	for name, m := range map[string]view.Message{
		"allocation_one":  statement.Allocation(statement.PictureView{Portfolio: portfolio, Photo: viewtest.PNG(1200, 800, 40), AsOf: noon()}),
		"allocation_none": statement.Allocation(statement.PictureView{AsOf: noon()}),
		"movers_one":      statement.Movers(statement.PictureView{Portfolio: portfolio, Photo: viewtest.PNG(1200, 800, 40), AsOf: noon()}),
		"movers_hidden":   statement.Movers(statement.PictureView{Portfolio: portfolio, Photo: viewtest.PNG(1200, 800, 40), AsOf: noon(), Hide: true}),
		"movers_none":     statement.Movers(statement.PictureView{AsOf: noon()}),
	} {
		t.Run(name, func(t *testing.T) {
			golden(t, name, m)
		})
	}
}
