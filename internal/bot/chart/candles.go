package chart

import (
	"image"
	"slices"
	"time"
)

// Candle is one period's prices, in rupees or points, and the shares traded.
type Candle struct {
	Time                   time.Time // in the zone to show, India's
	Open, High, Low, Close float64
	Volume                 float64
}

// Candles is a chart of public prices, so there is nothing in it to hide.
type Candles struct {
	Title     string // "INFY · 6M"
	Note      string // "6M high ₹1,640.00 · low ₹1,402.10"; may be empty
	Last      string // "₹1,512.40"; empty when there is none
	LastPrice float64
	Change    string // "+0.84%"; may be empty
	Trend     int    // its direction, for the colour: below, at or above zero
	Candles   []Candle
}

// The parts of the picture, from the top.
const (
	pricesTop    = 168
	pricesBottom = 590 // with volume below
	volumeTop    = 620
	panelsBottom = 730
	datesMid     = 766
)

// widestFigure is the room that a figure gets at most, in pixels. An amount of
// twelve digits fits.
const widestFigure = 400

// minPitch is how many pixels a candle needs at least. Where there are more
// candles than room, neighbours are drawn as one.
const minPitch = 3.5

// plot is the room of the candles.
type plot struct {
	left, right int
	pitch       float64 // from one candle to the next
	body        int     // width of a candle's body, odd
	prices      scale
}

// Candles draws candles with volume, dates and the last price. Nights and
// holidays take no room. What is no price (not a number, all zero) is left out.
func (p *Painter) Candles(in Candles) ([]byte, error) {
	return p.paint(func(c *canvas) { c.candles(in) })
}

func (c *canvas) candles(in Candles) {
	c.candlesHeader(in)
	rows := drawableCandles(in.Candles)
	if len(rows) == 0 {
		c.nothing("No prices in this time")
		return
	}
	area := plot{left: margin, prices: scale{top: pricesTop, bottom: panelsBottom}}
	if in.Note == "" {
		area.prices.top = noteMid
	}
	volume := slices.ContainsFunc(rows, func(row Candle) bool { return row.Volume > 0 })
	if volume {
		area.prices.bottom = pricesBottom
	}
	area.prices.lo, area.prices.hi = priceRange(rows, in)
	area.right = Width - margin - c.gutter(area.prices, in.Last)
	rows = merge(rows, int(float64(area.right-area.left)/minPitch))
	area.divide(len(rows))

	c.priceAxis(area, in)
	c.dateAxis(area, rows)
	if volume {
		c.volume(area, rows)
	}
	for i, row := range rows {
		c.candle(area, area.slot(i), row)
	}
	c.lastPrice(area, in)
}

// candlesHeader has the name at the left and the price at the right.
func (c *canvas) candlesHeader(in Candles) {
	room := Width - margin
	say := func(ink ink, s string) {
		if s != "" {
			s = c.figure(titleFace, s, widestFigure)
			c.text(label{face: titleFace, ink: ink, x: room, mid: titleMid, align: toRight}, s)
			room -= c.width(titleFace, s) + 24
		}
	}
	say(trendInk(in.Trend), in.Change)
	say(text, in.Last)
	c.header(in.Title, in.Note, room-margin)
}

func trendInk(trend int) ink {
	switch {
	case trend > 0:
		return up
	case trend < 0:
		return down
	default:
		return muted
	}
}

// divide shares the plot's width among n candles; a few stay slim.
func (a *plot) divide(n int) {
	const widest = 41
	a.pitch = float64(a.right-a.left) / float64(n)
	a.body = min(max(int(a.pitch*0.72), 3), widest) - 1 | 1
}

// slot returns the x of the middle of the candle at an index.
func (a plot) slot(i int) int { return a.left + int((float64(i)+0.5)*a.pitch) }

// candle draws one: hollow when it rose or stayed, filled when it fell.
func (c *canvas) candle(a plot, x int, row Candle) {
	wick, border := 1, 1
	switch {
	case a.body >= 11:
		wick, border = 3, 3
	case a.body >= 5:
		border = 2
	}
	ink := up
	if row.Close < row.Open {
		ink = down
	}
	least := border - 1 // a body of one price is a line
	body := image.Rect(x-a.body/2, a.prices.y(max(row.Open, row.Close)), x+a.body/2+1, a.prices.y(min(row.Open, row.Close))+1)
	body.Min.Y, body.Max.Y = body.Min.Y-least/2, max(body.Max.Y, body.Min.Y-least/2+border)
	c.box(image.Rect(x-wick/2, a.prices.y(row.High), x+wick/2+1, a.prices.y(row.Low)+1), ink)
	if ink == up {
		c.frame(body, ink, border)
	} else {
		c.box(body, ink)
	}
}

// volume draws the bars below the prices, and what the highest stands for.
func (c *canvas) volume(a plot, rows []Candle) {
	most := 0.0
	for _, row := range rows {
		most = max(most, row.Volume)
	}
	s := scale{lo: 0, hi: most, top: volumeTop, bottom: panelsBottom}
	for i, row := range rows {
		ink := upSoft
		if row.Close < row.Open {
			ink = downSoft
		}
		if x := a.slot(i); row.Volume > 0 {
			c.box(image.Rect(x-a.body/2, min(s.y(row.Volume), panelsBottom-2), x+a.body/2+1, panelsBottom), ink)
		}
	}
	c.text(label{face: smallFace, ink: muted, x: a.right + 14, mid: volumeTop + 14}, volumeLabel(most))
	c.text(label{face: smallFace, ink: muted, x: a.right + 14, mid: volumeTop + 48}, "volume")
}

const tagHeight = 46

// lastPrice draws the line of the last price over everything, and its tag.
func (c *canvas) lastPrice(a plot, in Candles) {
	if !in.hasLast() {
		return
	}
	y := a.prices.y(in.LastPrice)
	ink := trendInk(in.Trend)
	c.dashes(a.left, a.right, y, 2, ink)
	c.pill(image.Rect(a.right, y-tagHeight/2, Width-margin+16, y+tagHeight/2), ink, 8)
	c.text(label{face: labelFace, ink: paper, x: a.right + 14, mid: y}, c.figure(labelFace, in.Last, widestFigure))
}

func (in Candles) hasLast() bool { return in.Last != "" && isPrice(in.LastPrice) }

// priceAxis draws lines at round prices. One that the last price's tag covers
// goes without its figure.
func (c *canvas) priceAxis(a plot, in Candles) {
	values, step := marks(a.prices.lo, a.prices.hi, wantedMarks)
	for _, v := range values {
		y := a.prices.y(v)
		c.box(image.Rect(a.left, y, a.right, y+2), grid)
		if last := a.prices.y(in.LastPrice); in.hasLast() && y > last-tagHeight+6 && y < last+tagHeight-6 {
			continue
		}
		c.text(label{face: labelFace, ink: muted, x: a.right + 14, mid: y}, axisLabel(v, step))
	}
}

const wantedMarks = 4 // of which the tag of the last price may cover one

// gutter is the width of what stands right of the candles.
func (c *canvas) gutter(prices scale, last string) int {
	widest := max(min(c.width(labelFace, last), widestFigure), c.width(smallFace, "volume"))
	values, step := marks(prices.lo, prices.hi, wantedMarks)
	for _, v := range values {
		widest = max(widest, c.width(labelFace, axisLabel(v, step)))
	}
	return widest + 14
}

// dateAxis draws the dates that have room below the candles.
func (c *canvas) dateAxis(a plot, rows []Candle) {
	end := a.left - 20
	for _, t := range ticks(rows) {
		half := c.width(labelFace, t.label) / 2
		x := min(max(a.slot(t.at), a.left+half), a.right-half)
		if x-half < end+20 {
			continue
		}
		c.box(image.Rect(a.slot(t.at)-1, a.prices.top, a.slot(t.at)+1, panelsBottom), grid)
		c.text(label{face: labelFace, ink: muted, x: x, mid: datesMid, align: centred}, t.label)
		end = x + half
	}
}
