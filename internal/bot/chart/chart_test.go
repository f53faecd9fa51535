package chart_test

import (
	"bytes"
	"flag"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"kitebot/internal/bot/chart"
	"kitebot/internal/bot/view/viewtest"
)

var update = flag.Bool("update", false, "write the golden files")

// drawn decodes what was drawn, and fails unless it is a whole picture.
func drawn(tb testing.TB, data []byte, err error) *image.Paletted {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
	decoded, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		tb.Fatal(err)
	}
	img, ok := decoded.(*image.Paletted)
	if !ok || img.Rect != image.Rect(0, 0, chart.Width, chart.Height) {
		tb.Fatalf("a %T of %v", decoded, decoded.Bounds())
	}
	if !img.Opaque() {
		tb.Fatal("the picture is not opaque")
	}
	if len(data) > 100<<10 {
		tb.Fatalf("%d bytes", len(data))
	}
	return img
}

// TestPictures compares a sketch of every picture with its golden file, and
// leaves the picture itself as an artifact.
func TestPictures(t *testing.T) {
	p, out := newPainter(t), t.ArtifactDir()
	for _, pic := range pictures() {
		t.Run(pic.name, func(t *testing.T) {
			data, err := pic.draw(p)
			img := drawn(t, data, err)
			if err := os.WriteFile(filepath.Join(out, pic.name+".png"), data, 0o644); err != nil {
				t.Fatal(err)
			}
			viewtest.Golden(t, *update, pic.name, sketch(img))
		})
	}
}

// Sixteen entries of the palette belong to each ink, from the paper's colour to
// its own; a sketch has a letter for each.
const (
	inkLetters = ".tm-UDud12345678"
	shades     = 16
)

// sketch shows a picture as letters: for every 20×40 pixels the ink that covers
// most, unless that is nearly nothing. It does not notice a pixel or two, which
// another processor may round differently.
func sketch(img *image.Paletted) string {
	const w, h = 20, 40
	const few = w * h / 25
	var b strings.Builder
	for y := 0; y < chart.Height; y += h {
		for x := 0; x < chart.Width; x += w {
			counts := inks(img, image.Rect(x, y, x+w, y+h))
			most := 0
			for k := 1; k < len(inkLetters); k++ {
				if counts[k] > max(few, counts[most]) || most == 0 && counts[k] > few {
					most = k
				}
			}
			b.WriteByte(inkLetters[most])
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// inks counts the pixels of r that an ink covers at least by half.
func inks(img *image.Paletted, r image.Rectangle) [len(inkLetters)]int {
	var counts [len(inkLetters)]int
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for _, at := range img.Pix[img.PixOffset(r.Min.X, y):img.PixOffset(r.Max.X, y)] {
			if at%shades >= shades/2 {
				counts[at/shades]++
			}
		}
	}
	return counts
}

// The same values give the same bytes, whatever was drawn before, by whom, and
// beside what else.
func TestSameValuesSameBytes(t *testing.T) {
	few := []picture{candles("1y", year()), allocation("usual", birds()), movers("usual", day())}
	var want [][]byte
	for _, pic := range few {
		data, err := pic.draw(newPainter(t))
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, data)
	}
	shared, err := chart.New(2)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			for i, pic := range few {
				if data, err := pic.draw(shared); err != nil || !bytes.Equal(data, want[i]) {
					t.Errorf("%s: %d bytes, %v; want the same %d as before", pic.name, len(data), err, len(want[i]))
				}
			}
		})
	}
	group.Wait()
}

// A rising candle is hollow and a falling one is filled, in inks of their own,
// with the volume below in its softer shade.
func TestHollowRisesFilledFalls(t *testing.T) {
	tests := []struct {
		name        string
		open, close float64
		has, hasNot string
		inside      byte
	}{
		{"rising", 100, 110, "Uu", "Dd", '.'},
		{"falling", 110, 100, "Dd", "Uu", 'D'},
	}
	p := newPainter(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			row := walk(1, monday(), 1, 100)[0]
			row.Open, row.Close, row.High, row.Low, row.Volume = tt.open, tt.close, 112, 98, 1000
			data, err := p.Candles(chart.Candles{Title: "PARROT", Candles: []chart.Candle{row}})
			img := drawn(t, data, err)
			counts := inks(img, img.Rect)
			for k, letter := range inkLetters {
				if n := counts[k]; strings.ContainsRune(tt.has, letter) && n < 100 || strings.ContainsRune(tt.hasNot, letter) && n > 0 {
					t.Errorf("%d pixels of %c", n, letter)
				}
			}
			middle := middleOf(img, strings.IndexByte(inkLetters, tt.has[0]))
			if got := inkLetters[img.ColorIndexAt(middle.X, middle.Y)/shades]; got != tt.inside {
				t.Errorf("ink %c in the middle of the body", got)
			}
		})
	}
}

// middleOf returns the middle of what an ink covers.
func middleOf(img *image.Paletted, k int) image.Point {
	var covered image.Rectangle
	for y := range chart.Height {
		for x := range chart.Width {
			if int(img.Pix[y*img.Stride+x])/shades == k {
				covered = covered.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return covered.Min.Add(covered.Max).Div(2)
}

// The rupee sign is drawn, and is not the sign for what the font lacks.
func TestRupeeSign(t *testing.T) {
	p := newPainter(t)
	titled := func(title string) []byte {
		data, err := p.Candles(chart.Candles{Title: title})
		drawn(t, data, err)
		return data
	}
	rupee := titled("₹")
	for _, other := range []string{"", " ", "…", "भ", "\uE000", "?"} {
		if bytes.Equal(rupee, titled(other)) {
			t.Errorf("₹ is drawn like %q", other)
		}
	}
	for _, s := range []string{"−", "·", "–"} {
		if bytes.Equal(titled(s), titled("भ")) {
			t.Errorf("the font lacks %s", s)
		}
	}
}
