package chart

import "image/color"

// ink is one of the colours to draw with. The picture has a palette: every ink
// has levels shades in it, from the paper's colour to its own, so that soft
// edges need one byte to a pixel. That makes the encoding several times faster
// than with four.
type ink uint8

const levels = 16

// full is the level of an ink that covers all of a pixel.
const full = levels - 1

// The inks. There are sixteen, which fills the palette.
const (
	paper    ink = iota
	text         // titles and figures
	muted        // labels of less weight
	grid         // lines that guide the eye
	up           // rising: hollow candles, bars to the right
	down         // falling: filled candles, bars to the left
	upSoft       // volume of a rising candle
	downSoft     // volume of a falling one
	slice1       // the first of the slices' own inks, to slice8
)

// swatch returns an ink's colour. Up and down are a blue-green and an orange,
// which stay apart for every kind of colour blindness, in tint and in
// lightness. The slices' colours are light, so that the paper's colour can be
// read on each.
func swatch(k ink) color.RGBA {
	rgb := [levels]uint32{
		paper: 0x17212B, text: 0xF4F7FA, muted: 0xA9B7C6, grid: 0x2C3A48,
		up: 0x3FD0BC, down: 0xFF8A47, upSoft: 0x2A6D6C, downSoft: 0xA5643E,
		slice1: 0x7FB2E5, slice1 + 1: 0xF2D16B, slice1 + 2: 0xEE8866, slice1 + 3: 0x57C9A5,
		slice1 + 4: 0xFFAABB, slice1 + 5: 0xB7C94A, slice1 + 6: 0xC9A4E4, slice1 + 7: 0x9BE3FF,
	}[k]
	return color.RGBA{R: uint8(rgb >> 16), G: uint8(rgb >> 8), B: uint8(rgb), A: 0xFF}
}

// shareInks are the inks of an allocation, the greatest share first; the last is
// for what is taken together.
func shareInks() []ink {
	return []ink{slice1, slice1 + 1, slice1 + 2, slice1 + 3, slice1 + 4, slice1 + 5, slice1 + 6, slice1 + 7, down, muted}
}

// palette returns every ink's shades: ink k at level l is entry k×levels + l.
func palette() color.Palette {
	var p color.Palette
	from := swatch(paper)
	for k := range ink(levels) {
		to := swatch(k)
		for l := range levels {
			p = append(p, color.RGBA{R: mix(from.R, to.R, l), G: mix(from.G, to.G, l), B: mix(from.B, to.B, l), A: 0xFF})
		}
	}
	return p
}

func mix(from, to uint8, level int) uint8 {
	return uint8((int(from)*(full-level) + int(to)*level + full/2) / full)
}
