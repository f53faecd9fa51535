package chart

import (
	"cmp"
	"fmt"
	"image"
	"math"
	"slices"
)

// Move is what one holding did in a day.
type Move struct {
	Name    string
	Percent float64 // for the length of the bar
	Label   string  // the same in writing: "+1.24%"
	Amount  string  // "+₹1,234.50"; may be empty
}

// Movers are the winners and losers of a day. With Hide there are no amounts
// in the picture, and nothing in it depends on them.
type Movers struct {
	Title string
	Note  string // may be empty
	Hide  bool
	Rows  []Move // in any order; what is not a number is left out
}

// maxMovers is how many rows a phone can show.
const maxMovers = 10

// Where the rows are.
const (
	moversTop    = 158
	moversBottom = 752
	widestRow    = 76
	columnGap    = 28
	widestName   = 300
	slimmestBars = 140
)

// Movers draws a bar for each holding, winners to the right and losers to the
// left, the best first. Of more than ten it shows the best and the worst.
func (p *Painter) Movers(in Movers) ([]byte, error) {
	return p.paint(func(c *canvas) { c.movers(in) })
}

func (c *canvas) movers(in Movers) {
	rows, all := extremes(in.Rows)
	if in.Hide {
		for i := range rows {
			rows[i].Amount = ""
		}
	}
	note := in.Note
	if all > len(rows) {
		note = fmt.Sprintf("The best and the worst of %d holdings, in percent", all)
		if in.Note != "" {
			note = in.Note + " · " + note
		}
	}
	c.header(in.Title, note, Width-2*margin)
	if len(rows) == 0 {
		c.nothing("Nothing to compare")
		return
	}
	l := c.columns(rows)
	height := len(rows) * l.pitch
	top := (moversTop + moversBottom - height) / 2
	c.box(image.Rect(l.zero-1, top, l.zero+1, top+height), muted)
	for i, m := range rows {
		c.move(l, m, top+i*l.pitch)
	}
}

// extremes returns the rows to show, the best first, and how many there were:
// half the room for each side, and what one leaves free for the other.
func extremes(all []Move) (rows []Move, count int) {
	rows = slices.DeleteFunc(slices.Clone(all), func(m Move) bool { return !(math.Abs(m.Percent) < tooMuch) })
	slices.SortStableFunc(rows, func(a, b Move) int {
		return cmp.Or(cmp.Compare(b.Percent, a.Percent), cmp.Compare(a.Name, b.Name))
	})
	count = len(rows)
	if count <= maxMovers {
		return rows, count
	}
	losers := 0
	for _, m := range rows {
		if m.Percent < 0 {
			losers++
		}
	}
	worst := min(losers, max(maxMovers/2, maxMovers-(count-losers)))
	return append(rows[:maxMovers-worst], rows[count-worst:]...), count
}

// columns is where the parts of a row are.
type columns struct {
	nameRoom int
	zero     int     // where the bars begin
	unit     float64 // pixels for one percent
	percents int     // right end of the percentages
	pitch    int
}

// columns gives the words what they need and the bars the rest. Both sides of
// zero have the same scale.
func (c *canvas) columns(rows []Move) columns {
	names, percents, amounts := 0, 0, 0
	worst, best := 0.0, 0.0
	for _, m := range rows {
		names = max(names, min(c.width(labelFace, m.Name), widestName))
		percents = max(percents, min(c.width(strongFace, m.Label), widestFigure))
		amounts = max(amounts, min(c.width(labelFace, m.Amount), widestFigure))
		worst, best = min(worst, m.Percent), max(best, m.Percent)
	}
	l := columns{percents: Width - margin, pitch: min(widestRow, (moversBottom-moversTop)/len(rows))}
	if amounts > 0 {
		l.percents -= amounts + columnGap
	}
	barsEnd := l.percents - percents - columnGap
	l.nameRoom = min(names, barsEnd-slimmestBars-columnGap-margin)
	barsStart := margin + l.nameRoom + columnGap
	const least = 1 // percent across: small moves shall look small
	l.unit = float64(barsEnd-barsStart) / max(best-worst, least)
	l.zero = barsStart + int(math.Round(-worst*l.unit))
	return l
}

// move draws one row.
func (c *canvas) move(l columns, m Move, top int) {
	mid := top + l.pitch/2
	ink := trendInk(cmp.Compare(m.Percent, 0))
	c.text(label{face: labelFace, ink: text, x: margin, mid: mid}, c.name(labelFace, m.Name, l.nameRoom))
	c.text(label{face: strongFace, ink: ink, x: l.percents, mid: mid, align: toRight}, c.figure(strongFace, m.Label, widestFigure))
	c.text(label{face: labelFace, ink: muted, x: Width - margin, mid: mid, align: toRight}, c.figure(labelFace, m.Amount, widestFigure))
	if m.Percent == 0 {
		return
	}
	end := l.zero + int(math.Round(m.Percent*l.unit))
	const least = 5 // what moved at all can be seen
	if m.Percent > 0 {
		end = max(end, l.zero+least)
	} else {
		end = min(end, l.zero-least)
	}
	height := min(l.pitch*6/10, 40)
	bar := image.Rect(l.zero, mid-height/2, end, mid+height/2) // in order, whichever side
	c.pill(bar, ink, 6)
}
