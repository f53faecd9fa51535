package viewtest_test

import (
	"bytes"
	"image/png"
	"strings"
	"testing"

	"kitebot/internal/bot/view"
	"kitebot/internal/bot/view/viewtest"
)

func TestCheckMedia(t *testing.T) {
	photo, file := viewtest.PNG(12, 8, 0), &view.File{Name: "holdings.csv", MIME: "text/csv", Data: []byte("a,b\n")}
	named := func(name string) *view.File { return &view.File{Name: name, MIME: "text/csv", Data: []byte("a")} }
	long := strings.Repeat("a", 1025)
	tests := []struct {
		name string
		m    view.Message
		ok   bool
	}{
		{"photo", view.Message{HTML: "<b>a</b>", Photo: photo}, true},
		{"photo without a caption", view.Message{Photo: photo}, true},
		{"caption as long as can be", view.Message{HTML: "<b>" + long[:1024] + "</b>", Photo: photo}, true},
		{"caption too long", view.Message{HTML: long, Photo: photo}, false},
		{"caption too long in UTF-16 only", view.Message{HTML: strings.Repeat("🙂", 513), File: file}, false},
		{"broken caption", view.Message{HTML: "<b>a", Photo: photo}, false},
		{"empty photo", view.Message{HTML: "a", Photo: []byte{}}, false},
		{"photo of no picture", view.Message{HTML: "a", Photo: []byte("picture")}, false},
		{"photo too flat", view.Message{HTML: "a", Photo: viewtest.PNG(41, 2, 0)}, false},
		{"photo too narrow", view.Message{HTML: "a", Photo: viewtest.PNG(2, 41, 0)}, false},
		{"photo too large", view.Message{HTML: "a", Photo: viewtest.PNG(9500, 501, 0)}, false},
		{"photo with a wrong button", view.Message{Photo: photo, Buttons: [][]view.Button{{{Text: "a"}}}}, false},
		{"file", view.Message{HTML: "a", File: file}, true},
		{"file without a caption", view.Message{File: file}, true},
		{"caption of a file too long", view.Message{HTML: long, File: file}, false},
		{"empty file", view.Message{File: &view.File{Name: "a.csv", MIME: "text/csv"}}, false},
		{"file without a type", view.Message{File: &view.File{Name: "a.csv", Data: []byte("a")}}, false},
		{"file without a name", view.Message{File: named("")}, false},
		{"file in a folder", view.Message{File: named("../a.csv")}, false},
		{"file with a line break", view.Message{File: named("a\n.csv")}, false},
		{"file with a long name", view.Message{File: named(strings.Repeat("a", 61))}, false},
		{"photo and file", view.Message{Photo: photo, File: file}, false},
		{"photo and native blocks", view.Message{Photo: photo, Rich: &view.Rich{Blocks: []view.Block{{HTML: "a"}}}}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := viewtest.Check(tt.m); (err == nil) != tt.ok {
				t.Errorf("Check = %v, want ok %v", err, tt.ok)
			}
		})
	}
}

func TestPNG(t *testing.T) {
	one, other := viewtest.PNG(1200, 800, 0), viewtest.PNG(1200, 800, 255)
	if bytes.Equal(one, other) {
		t.Error("two shades give the same picture")
	}
	if size, err := png.DecodeConfig(bytes.NewReader(one)); err != nil || size.Width != 1200 || size.Height != 800 {
		t.Errorf("size = %+v, %v", size, err)
	}
}

func TestDumpMedia(t *testing.T) {
	buttons := [][]view.Button{{{Text: "1Y", Data: "chart:range:1Y"}}}
	tests := map[string]view.Message{
		"(photo 1200×800)\n<b>INFY</b>\n\n[ 1Y → chart:range:1Y ]\n": {HTML: "<b>INFY</b>", Photo: viewtest.PNG(1200, 800, 9), Buttons: buttons},
		"(photo that is no picture)\na\n":                            {HTML: "a", Photo: []byte("x")},
		"(file a.csv, 4 bytes)\nAll 2 rows\n\n(no forwarding, no saving)\n": {
			HTML: "All 2 rows", Protect: true, File: &view.File{Name: "a.csv", MIME: "text/csv", Data: []byte("a,b\n")},
		},
	}
	for want, m := range tests {
		if got := viewtest.Dump(m); got != want {
			t.Errorf("Dump =\n%s\nwant\n%s", got, want)
		}
	}
}
