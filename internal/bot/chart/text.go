package chart

import (
	_ "embed" // the font files
	"fmt"
	"image"
	"strings"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

//go:embed fonts/Roboto-Medium.ttf
var robotoMedium []byte

//go:embed fonts/Roboto-Bold.ttf
var robotoBold []byte

// faceName is one of the sizes of letters.
type faceName uint8

const (
	titleFace  faceName = iota // bold, 48 pixels
	strongFace                 // bold, 34
	labelFace                  // medium, 30
	smallFace                  // medium, 26
	faceCount
)

// fonts are the parsed font files, which every canvas shares. A face of them
// keeps buffers of its own and belongs to one canvas.
type fonts struct{ medium, bold *sfnt.Font }

func parseFonts() (*fonts, error) {
	medium, err := opentype.Parse(robotoMedium)
	if err != nil {
		return nil, fmt.Errorf("parsing the medium font: %w", err)
	}
	bold, err := opentype.Parse(robotoBold)
	if err != nil {
		return nil, fmt.Errorf("parsing the bold font: %w", err)
	}
	return &fonts{medium: medium, bold: bold}, nil
}

func (f *fonts) face(name faceName) (font.Face, error) {
	file, size := f.bold, 48.0
	switch name {
	case strongFace:
		size = 34
	case labelFace:
		file, size = f.medium, 30
	case smallFace:
		file, size = f.medium, 26
	}
	face, err := opentype.NewFace(file, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		return nil, fmt.Errorf("making a face of %g pixels: %w", size, err)
	}
	return face, nil
}

// align says which point of a text lies at its x.
type align uint8

const (
	fromLeft align = iota
	centred
	toRight
)

// label is where and how one line of text is drawn. With the paper as its ink
// it is cut out of the ground.
type label struct {
	face  faceName
	ink   ink
	x     int
	mid   int // the y of the middle of its capitals
	align align
}

// text draws one line. What the font lacks is drawn as "…".
func (c *canvas) text(l label, s string) {
	s = c.drawable(s)
	face := c.faces[l.face]
	dot := fixed.P(l.x, l.mid+face.Metrics().CapHeight.Round()/2)
	switch width := font.MeasureString(face, s); l.align {
	case centred:
		dot.X -= width / 2
	case toRight:
		dot.X -= width
	}
	put := func(at int, level uint8) { c.dab(at, l.ink, level) }
	if l.ink == paper {
		put = c.cut
	}
	before := rune(-1)
	for _, r := range s {
		if before >= 0 {
			dot.X += face.Kern(before, r)
		}
		bounds, mask, mp, advance, _ := face.Glyph(dot, r)
		if alpha, ok := mask.(*image.Alpha); ok {
			c.stencil(alpha, bounds, mp, put)
		}
		dot.X += advance
		before = r
	}
}

// width is how wide text is drawn, in whole pixels.
func (c *canvas) width(face faceName, s string) int {
	return font.MeasureString(c.faces[face], c.drawable(s)).Ceil()
}

// fit cuts text to a width and marks the cut.
func (c *canvas) fit(face faceName, s string, width int) string {
	s = c.drawable(s)
	if c.width(face, s) <= width {
		return s
	}
	runes := []rune(s)
	for n := len(runes) - 1; n > 0; n-- {
		if short := strings.TrimRight(string(runes[:n]), " …") + "…"; c.width(face, short) <= width {
			return short
		}
	}
	return ""
}

// name is fit for a name from outside, of which nothing may be left to draw.
func (c *canvas) name(face faceName, s string, width int) string {
	if s = c.fit(face, s, width); strings.TrimSpace(s) == "" {
		return "–"
	}
	return s
}

// figure returns a figure that fits a width, else only "…": part of a number
// would be another number.
func (c *canvas) figure(face faceName, s string, width int) string {
	if c.width(face, s) > width {
		return "…"
	}
	return s
}

// maxRunes bounds a line of text: more never fits on one line.
const maxRunes = 100

// drawable makes text fit to draw: one line, bounded, and "…" for a run of
// characters that the font lacks.
func (c *canvas) drawable(s string) string {
	var b strings.Builder
	runes, lacking := 0, false
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			r = ' '
		case !unicode.IsPrint(r): // controls, joiners, directions
			continue
		case unicode.Is(unicode.Mn, r) || !c.has(r):
			if lacking {
				continue
			}
			r = '…'
		}
		lacking = r == '…'
		if runes++; runes > maxRunes {
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}

// has reports whether the font has a glyph for r. Both weights have the same.
func (c *canvas) has(r rune) bool {
	glyph, err := c.fonts.medium.GlyphIndex(&c.glyphs, r)
	return err == nil && glyph != 0
}
