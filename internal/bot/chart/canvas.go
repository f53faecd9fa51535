package chart

import (
	"bytes"
	"image"
	"image/draw"
	"image/png"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/vector"
)

// canvas is one picture under the brush, with everything that drawing needs,
// to be used again and again by one goroutine at a time.
type canvas struct {
	img     *image.Paletted
	faces   [faceCount]font.Face
	fonts   *fonts
	glyphs  sfnt.Buffer
	raster  *vector.Rasterizer
	mask    image.Alpha // what raster draws into
	out     bytes.Buffer
	encoder *png.EncoderBuffer
}

func newCanvas(f *fonts) (*canvas, error) {
	c := &canvas{
		img:    image.NewPaletted(image.Rect(0, 0, Width, Height), palette()),
		fonts:  f,
		raster: vector.NewRasterizer(0, 0),
	}
	for i := range c.faces {
		face, err := f.face(faceName(i))
		if err != nil {
			return nil, err
		}
		c.faces[i] = face
	}
	return c, nil
}

func (c *canvas) clearImage() { clear(c.img.Pix) }

// dab puts an ink on a pixel. A soft edge over another ink blends with the
// paper instead, which sets it off; over its own ink it never thins.
func (c *canvas) dab(at int, k ink, level uint8) {
	old := c.img.Pix[at]
	if level == 0 || ink(old/levels) == k && old%levels >= level {
		return
	}
	c.img.Pix[at] = uint8(k)*levels + level
}

// cut takes ink off a pixel, so that the paper's colour shows: letters on a
// coloured ground.
func (c *canvas) cut(at int, level uint8) {
	old := c.img.Pix[at]
	c.img.Pix[at] = old - old%levels + min(old%levels, full-level)
}

// box fills the pixels of r.
func (c *canvas) box(r image.Rectangle, k ink) {
	r = r.Intersect(c.img.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := c.img.Pix[y*Width+r.Min.X : y*Width+r.Max.X]
		for x := range row {
			row[x] = uint8(k)*levels + full
		}
	}
}

// frame draws the border of r, thick pixels wide, inside of r, and clears what
// it surrounds.
func (c *canvas) frame(r image.Rectangle, k ink, thick int) {
	c.box(r, k)
	if inner := r.Inset(thick); !inner.Empty() {
		c.box(inner, paper)
	}
}

// dashes draws a broken horizontal line, thick pixels wide.
func (c *canvas) dashes(x0, x1, y, thick int, k ink) {
	const dash, gap = 12, 10
	for x := x0; x < x1; x += dash + gap {
		c.box(image.Rect(x, y-thick/2, min(x+dash, x1), y-thick/2+thick), k)
	}
}

// pill fills r with round corners.
func (c *canvas) pill(r image.Rectangle, k ink, radius int) {
	radius = min(radius, r.Dx()/2, r.Dy()/2)
	w, h, q := float32(r.Dx()), float32(r.Dy()), float32(radius)
	const bend = 0.5523 // a quarter circle as a Bézier curve
	b := q * (1 - bend)
	c.raster.Reset(r.Dx(), r.Dy())
	c.raster.MoveTo(q, 0)
	c.raster.LineTo(w-q, 0)
	c.raster.CubeTo(w-b, 0, w, b, w, q)
	c.raster.LineTo(w, h-q)
	c.raster.CubeTo(w, h-b, w-b, h, w-q, h)
	c.raster.LineTo(q, h)
	c.raster.CubeTo(b, h, 0, h-b, 0, h-q)
	c.raster.LineTo(0, q)
	c.raster.CubeTo(0, b, b, 0, q, 0)
	c.raster.ClosePath()
	c.fill(r.Min, k)
}

// arc is a piece of a ring: angles in radians, clockwise from the top.
type arc struct {
	centre       image.Point
	inner, outer float64
	from, to     float64
}

// at returns the point of a ring's plane at a distance and an angle.
func (a arc) at(radius, angle float64) (x, y float64) {
	return float64(a.centre.X) + radius*math.Sin(angle), float64(a.centre.Y) - radius*math.Cos(angle)
}

// ring fills a piece of a ring.
func (c *canvas) ring(a arc, k ink) {
	const step = math.Pi / 180 // an edge of many sides, a hundredth of a pixel off
	sides := max(1, int(math.Ceil((a.to-a.from)/step)))
	outline := make([][2]float64, 0, 2*sides+2)
	for i := range sides + 1 {
		x, y := a.at(a.outer, a.from+(a.to-a.from)*float64(i)/float64(sides))
		outline = append(outline, [2]float64{x, y})
	}
	for i := sides; i >= 0; i-- {
		x, y := a.at(a.inner, a.from+(a.to-a.from)*float64(i)/float64(sides))
		outline = append(outline, [2]float64{x, y})
	}
	c.polygon(outline, k)
}

// polygon fills what an outline surrounds.
func (c *canvas) polygon(outline [][2]float64, k ink) {
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, p := range outline {
		x0, y0, x1, y1 = min(x0, p[0]), min(y0, p[1]), max(x1, p[0]), max(y1, p[1])
	}
	corner := image.Pt(int(math.Floor(x0)), int(math.Floor(y0)))
	c.raster.Reset(int(math.Ceil(x1))-corner.X, int(math.Ceil(y1))-corner.Y)
	for i, p := range outline {
		x, y := float32(p[0]-float64(corner.X)), float32(p[1]-float64(corner.Y))
		if i == 0 {
			c.raster.MoveTo(x, y)
		} else {
			c.raster.LineTo(x, y)
		}
	}
	c.raster.ClosePath()
	c.fill(corner, k)
}

// fill puts what the rasterizer holds onto the canvas, its corner at a point.
func (c *canvas) fill(corner image.Point, k ink) {
	size := c.raster.Bounds()
	if need := size.Dx() * size.Dy(); cap(c.mask.Pix) < need {
		c.mask.Pix = make([]uint8, need)
	}
	c.mask.Pix, c.mask.Stride, c.mask.Rect = c.mask.Pix[:size.Dx()*size.Dy()], size.Dx(), size
	c.raster.DrawOp = draw.Src
	c.raster.Draw(&c.mask, size, image.Opaque, image.Point{})
	c.stencil(&c.mask, size.Add(corner), image.Point{}, func(at int, level uint8) { c.dab(at, k, level) })
}

// stencil calls put for every pixel of r where the mask, from its point mp on,
// lets ink through.
func (c *canvas) stencil(mask *image.Alpha, r image.Rectangle, mp image.Point, put func(at int, level uint8)) {
	visible := r.Intersect(c.img.Rect)
	for y := visible.Min.Y; y < visible.Max.Y; y++ {
		row := mask.Pix[mask.PixOffset(mp.X+visible.Min.X-r.Min.X, mp.Y+y-r.Min.Y):]
		for x := range visible.Dx() {
			if level := (int(row[x]) + 8) / 17; level > 0 { // 255 is 15×17
				put(y*Width+visible.Min.X+x, uint8(level))
			}
		}
	}
}
