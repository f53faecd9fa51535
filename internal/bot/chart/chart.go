// Package chart draws the pictures: values in, a PNG of 1200×800 out. It is
// pure: no context, no clock, no I/O, and the same values give the same bytes.
//
// A picture is looked at on a phone, where its 1200 pixels are about seven
// centimetres, and Telegram makes a JPEG of it. So letters are at least 26
// pixels high, lines that matter two or three wide, and the paper is opaque: a
// dark slate that sits well in a light and in a dark chat, where transparency
// would become black or white as the client likes.
//
// Nothing is shown by colour alone: a rising candle is hollow and a falling one
// is filled, bars point to their side, slices have numbers.
package chart

import (
	"fmt"
	"image/png"
)

// The size of every picture, in pixels.
const (
	Width  = 1200
	Height = 800
)

// margin is what stays free at the left and the right.
const margin = 36

// The middles of the two lines that every picture begins with.
const (
	titleMid = 62
	noteMid  = 118
)

// Painter draws pictures. It may be used by many goroutines at once.
type Painter struct {
	fonts *fonts
	slots chan *canvas // as many as may draw at once; nil until first used
}

// New returns a painter that draws at most parallel pictures at a time (at
// least one); who comes when all are busy waits the few milliseconds. Its
// memory is about three megabytes for each, made when first needed and then
// used again. An error means that the embedded fonts are broken.
func New(parallel int) (*Painter, error) {
	f, err := parseFonts()
	if err != nil {
		return nil, err
	}
	p := &Painter{fonts: f, slots: make(chan *canvas, max(1, parallel))}
	for range cap(p.slots) {
		p.slots <- nil
	}
	return p, nil
}

// paint lends a clean canvas to draw and returns what was drawn as a PNG.
func (p *Painter) paint(draw func(*canvas)) ([]byte, error) {
	c := <-p.slots
	defer func() { p.slots <- c }()
	if c == nil {
		fresh, err := newCanvas(p.fonts)
		if err != nil {
			return nil, err
		}
		c = fresh
	}
	c.clearImage()
	draw(c)
	return c.png()
}

// png encodes the canvas. With one byte to a pixel, fast compression makes the
// files small enough.
func (c *canvas) png() ([]byte, error) {
	c.out.Reset()
	e := png.Encoder{CompressionLevel: png.BestSpeed, BufferPool: c}
	if err := e.Encode(&c.out, c.img); err != nil {
		return nil, fmt.Errorf("encoding a picture: %w", err)
	}
	return append([]byte(nil), c.out.Bytes()...), nil
}

// Get and Put keep the encoder's own buffers from one picture to the next.
func (c *canvas) Get() *png.EncoderBuffer  { return c.encoder }
func (c *canvas) Put(b *png.EncoderBuffer) { c.encoder = b }

// header draws a picture's title, which has a width to keep to, and its note
// below.
func (c *canvas) header(title, note string, width int) {
	face := titleFace
	if c.width(face, title) > width {
		face = strongFace
	}
	c.text(label{face: face, ink: text, x: margin, mid: titleMid}, c.fit(face, title, width))
	c.text(label{face: labelFace, ink: muted, x: margin, mid: noteMid}, c.fit(labelFace, note, Width-2*margin))
}

// nothing draws the sentence of a picture that has nothing to show.
func (c *canvas) nothing(sentence string) {
	c.text(label{face: strongFace, ink: muted, x: Width / 2, mid: Height / 2, align: centred}, sentence)
}
