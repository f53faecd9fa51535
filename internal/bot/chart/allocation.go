package chart

import (
	"cmp"
	"fmt"
	"image"
	"math"
	"slices"
)

// Slice is one part of the whole.
type Slice struct {
	Name  string
	Share float64 // percent of the whole
}

// Allocation is how a portfolio is divided. With Hide there is no total in the
// picture; shares of the whole stay.
type Allocation struct {
	Title  string
	Note   string // may be empty
	Total  string // "₹12,34,567.89", in the ring's middle; may be empty
	Count  string // "25 holdings", below the total; may be empty
	Hide   bool
	Slices []Slice // in any order; what has no share above zero is left out
}

// maxSlices is how many slices can be told apart; with more, the smallest are
// taken together in the last.
const maxSlices = 10

// Where the ring and the list of its slices are.
const (
	ringOuter = 272
	ringInner = 168
	listLeft  = 664
	listTop   = 166
	listPitch = 62
	badge     = 44 // the square with a slice's number
)

// Allocation draws a ring and, next to it, its slices by size with their shares.
// Numbers in both say which is which.
func (p *Painter) Allocation(in Allocation) ([]byte, error) {
	return p.paint(func(c *canvas) { c.allocation(in) })
}

func (c *canvas) allocation(in Allocation) {
	c.header(in.Title, in.Note, Width-2*margin)
	parts := ranked(in.Slices)
	if len(parts) == 0 {
		c.nothing("Nothing to divide yet")
		return
	}
	c.slices(parts)
	c.middle(in)
	top := listTop + (maxSlices-len(parts))*listPitch/2
	for i, s := range parts {
		c.listed(i, s, top+i*listPitch)
	}
}

// ranked returns the slices to draw, the greatest first, the rest together.
func ranked(all []Slice) []Slice {
	parts := slices.DeleteFunc(slices.Clone(all), func(s Slice) bool { return !(s.Share > 0) || s.Share > tooMuch })
	slices.SortStableFunc(parts, func(a, b Slice) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), cmp.Compare(a.Name, b.Name))
	})
	if len(parts) <= maxSlices {
		return parts
	}
	others := Slice{Name: fmt.Sprintf("%d others", len(parts)-maxSlices+1)}
	for _, s := range parts[maxSlices-1:] {
		others.Share += s.Share
	}
	return append(parts[:maxSlices-1], others)
}

// slices draws the ring, clockwise from the top. Each slice is drawn as its
// part of what all have, so that the ring is full also when they do not come to
// a hundred.
func (c *canvas) slices(parts []Slice) {
	whole := 0.0
	for _, s := range parts {
		whole += s.Share
	}
	a := arc{centre: image.Pt(margin+ringOuter, listTop+maxSlices*listPitch/2-10), inner: ringInner, outer: ringOuter}
	at := 0.0
	for i, s := range parts {
		sweep := 2 * math.Pi * s.Share / whole
		gap := min(2.0/ringOuter, sweep/4)
		if len(parts) == 1 {
			gap = 0
		}
		a.from, a.to = at+gap, at+sweep-gap
		c.ring(a, shareInks()[i])
		if middle := (ringInner + ringOuter) / 2.0; sweep*middle > badge {
			x, y := a.at(middle, at+sweep/2)
			c.text(label{face: strongFace, ink: paper, x: int(x), mid: int(y), align: centred}, fmt.Sprint(i+1))
		}
		at += sweep
	}
}

// middle says in the ring what the whole is.
func (c *canvas) middle(in Allocation) {
	const room = 2*ringInner - 60
	x, y := margin+ringOuter, listTop+maxSlices*listPitch/2-10
	if in.Hide || in.Total == "" || c.width(smallFace, in.Total) > room {
		c.text(label{face: strongFace, ink: text, x: x, mid: y, align: centred}, c.fit(strongFace, in.Count, room))
		return
	}
	face := titleFace
	for face < smallFace && c.width(face, in.Total) > room {
		face++
	}
	c.text(label{face: face, ink: text, x: x, mid: y - 24, align: centred}, in.Total)
	c.text(label{face: labelFace, ink: muted, x: x, mid: y + 30, align: centred}, c.fit(labelFace, in.Count, room))
}

// listed draws one line of the list: number, name, share.
func (c *canvas) listed(i int, s Slice, top int) {
	mid := top + badge/2
	share := percentLabel(s.Share)
	name := listLeft + badge + 18
	room := Width - margin - c.width(strongFace, share) - 20 - name
	c.pill(image.Rect(listLeft, top, listLeft+badge, top+badge), shareInks()[i], 10)
	c.text(label{face: labelFace, ink: paper, x: listLeft + badge/2, mid: mid, align: centred}, fmt.Sprint(i+1))
	c.text(label{face: strongFace, ink: text, x: Width - margin, mid: mid, align: toRight}, share)
	c.text(label{face: labelFace, ink: text, x: name, mid: mid}, c.name(labelFace, s.Name, room))
}
