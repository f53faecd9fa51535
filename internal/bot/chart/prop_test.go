package chart

import (
	"bytes"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// anyFloat draws numbers that break arithmetic along with ordinary ones.
func anyFloat() *rapid.Generator[float64] {
	return rapid.OneOf(
		rapid.Float64Range(-200, 200), rapid.Float64(), rapid.Just(0.0),
		rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e-300, 9.9e12, -9.9e12, math.MaxFloat64, 100, 100 + 1e-13}),
	)
}

func anyTime(t *rapid.T) time.Time {
	return time.Unix(rapid.Int64Range(-1e11, 1e11).Draw(t, "time"), 0).UTC()
}

// Whatever the values are, they can be drawn, and something is.
func TestAnyValuesDraw(t *testing.T) {
	f, err := parseFonts()
	if err != nil {
		t.Fatal(err)
	}
	c, err := newCanvas(f)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		c.clearImage()
		anyPicture(t, c)
		if bytes.Count(c.img.Pix, []byte{0}) == len(c.img.Pix) {
			t.Fatal("the picture is blank")
		}
	})
}

func anyPicture(t *rapid.T, c *canvas) {
	f, s := anyFloat(), rapid.String()
	switch rapid.IntRange(0, 2).Draw(t, "picture") {
	case 0:
		c.candles(Candles{
			Title: "PARROT" + s.Draw(t, "title"), Last: s.Draw(t, "last"), LastPrice: f.Draw(t, "price"), Change: s.Draw(t, "change"),
			Candles: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Candle {
				return Candle{
					Time: anyTime(t), Open: f.Draw(t, "open"), High: f.Draw(t, "high"), Low: f.Draw(t, "low"), Close: f.Draw(t, "close"),
					Volume: f.Draw(t, "volume"),
				}
			}), 0, 20).Draw(t, "candles"),
		})
	case 1:
		c.allocation(Allocation{
			Title: "Allocation" + s.Draw(t, "title"), Total: s.Draw(t, "total"), Count: s.Draw(t, "count"),
			Slices: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Slice {
				return Slice{Name: s.Draw(t, "name"), Share: f.Draw(t, "share")}
			}), 0, 20).Draw(t, "slices"),
		})
	default:
		c.movers(Movers{
			Title: "Movers" + s.Draw(t, "title"), Note: s.Draw(t, "note"),
			Rows: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Move {
				return Move{Name: s.Draw(t, "name"), Percent: f.Draw(t, "percent"), Label: s.Draw(t, "label"), Amount: s.Draw(t, "amount")}
			}), 0, 20).Draw(t, "rows"),
		})
	}
}
