package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"kitebot/internal/app"
	simkite "kitebot/internal/sim/kite"
	simtg "kitebot/internal/sim/telegram"
)

// readmePictures are the pictures of the README, and what is sent for each.
var readmePictures = []struct{ name, send string }{
	{"portfolio", "/portfolio"}, {"chart", "/chart infy 6M"}, {"allocation", "/allocation"},
}

// picturesFolder is where they are, with the words and drawings they show.
const picturesFolder = "../../docs/images"

// What the README's pictures show is what the demo answers. With KITEBOT_PICTURES=1, Chromium and the font Roboto they
// are taken anew (make pictures). Without, their texts, buttons and drawings are compared with those that were noted
// when they were taken. That misses a change of how the chat page looks, and of anything above the answer on the
// screen.
func TestReadmePictures(t *testing.T) {
	at := time.Date(2026, 11, 20, 9, 40, 0, 0, time.UTC)
	ahead := time.Until(at)
	d := startDemo(t, options{addr: "127.0.0.1:0", now: func() time.Time { return time.Now().Add(ahead) }})
	kavya := d.tg.Users()[0]
	logIn(t, kavya, d.kite, "KN1180")
	take := func(string, string) {}
	if os.Getenv("KITEBOT_PICTURES") == "1" {
		take = screenshotTaker(t, d)
	}
	var shown strings.Builder
	for _, one := range readmePictures {
		m := answer(t, kavya, one.send)
		fmt.Fprintf(&shown, "== %s\n%s\n", one.send, describe(t, m))
		headline, _, _ := strings.Cut(m.Text, "\n")
		take(one.name, headline)
	}
	noted := filepath.Join(picturesFolder, "shown.txt")
	if os.Getenv("KITEBOT_PICTURES") == "1" {
		if err := os.WriteFile(noted, []byte(shown.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(noted)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), shown.String()); diff != "" {
		t.Errorf("the README's pictures are out of date; look at what changed, then take them anew: make pictures (-picture +bot):\n%s", diff)
	}
}

// startDemo runs a demo without a terminal until the end of the test.
func startDemo(t *testing.T, o options) *demo {
	t.Helper()
	d, err := newDemo(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- app.Run(ctx, d.config, app.Options{Now: d.now}) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		d.close()
	})
	return d
}

// logIn logs a user of the chat in to an account, and returns when the bot has said so.
func logIn(t *testing.T, p *simtg.User, kite *simkite.Server, account string) {
	t.Helper()
	answer(t, p, "/login")
	if status, body := kite.CompleteLogin(t.Context(), kite.LoginLinks()[0], account); status != 200 {
		t.Fatalf("login page: %d %s", status, body)
	}
	waitFor(t, p, func(m simtg.Message) bool { return strings.Contains(m.Text, "Logged in as") })
}

// answer sends a line and returns the message that answers it.
func answer(t *testing.T, p *simtg.User, line string) simtg.Message {
	t.Helper()
	p.Send(line)
	asked := p.Last().ID
	return waitFor(t, p, func(m simtg.Message) bool { return m.FromBot && m.ID > asked })
}

func waitFor(t *testing.T, p *simtg.User, is func(simtg.Message) bool) (found simtg.Message) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	err := p.Wait(ctx, func(chat []simtg.Message) bool {
		for _, m := range chat {
			if is(m) {
				found = m
				return true
			}
		}
		return false
	})
	if err != nil {
		t.Fatalf("%v; the last message is %q", err, p.Last().Text)
	}
	return found
}

// secondsOf the time of an answer depend on how fast the machine is.
var secondsOf = regexp.MustCompile(`(As of .*?\d\d:\d\d):\d\d`)

// describe writes what a message shows: its text, its buttons and its picture.
func describe(t *testing.T, m simtg.Message) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(secondsOf.ReplaceAllString(m.Text, "$1") + "\n")
	for _, row := range m.Keyboard {
		for _, button := range row {
			b.WriteString("[ " + button.Text + " ] ")
		}
		b.WriteString("\n")
	}
	if m.Photo != nil {
		drawn, err := png.Decode(bytes.NewReader(m.Photo.Data))
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString(sketch(drawn))
	}
	return b.String()
}

// sketch is a picture in letters, one for each square of 25 pixels: the darker, the later in the alphabet.
func sketch(p image.Image) string {
	const side = 25
	var b strings.Builder
	for y := 0; y < p.Bounds().Dy(); y += side {
		for x := 0; x < p.Bounds().Dx(); x += side {
			sum := 0
			for i := range side * side {
				sum += int(color.GrayModel.Convert(p.At(x+i%side, y+i/side)).(color.Gray).Y)
			}
			b.WriteByte("zyxwvutsrqponmlkjihgfedcba "[sum/(side*side)*26/255])
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// screenshotTaker opens the first person's chat in a browser. What it returns photographs the newest message, by day and
// by night, and sees to it that all of it is on the screen.
func screenshotTaker(t *testing.T, d *demo) func(name, headline string) {
	t.Helper()
	p := newPhone(t)
	set(p, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Asia/Kolkata"})
	p.run("open the page", chromedp.Navigate(d.page), chromedp.EmulateViewport(phoneWidth, phoneHeight, chromedp.EmulateScale(1.5)))
	return func(name, headline string) {
		t.Helper()
		p.waitForReply(headline)
		for _, scheme := range []string{"light", "dark"} {
			set(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
			p.until(`[...document.images].every((i) => i.complete) && document.getElementById('toast').hidden`)
			p.check(`[...document.querySelectorAll('.msg.mine')].at(-1).getBoundingClientRect().top >= document.getElementById('chat').getBoundingClientRect().top`, name+" is on the screen from its first line on")
			file := filepath.Join(picturesFolder, name+"-"+scheme+".png")
			if err := os.WriteFile(file, shrunk(t, p.screen()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func set[P any](p phone, command cdp.Command[P, cdp.Empty], params P) {
	p.t.Helper()
	p.run(command.Method, chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, command, params)
		return err
	}))
}

// shrunk is a picture with its 256 most frequent colours only, which is a third of its size.
func shrunk(t *testing.T, data []byte) []byte {
	t.Helper()
	full, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	count := map[color.Color]int{}
	at := func(f func(x, y int)) {
		for y := range full.Bounds().Dy() {
			for x := range full.Bounds().Dx() {
				f(x, y)
			}
		}
	}
	at(func(x, y int) { count[full.At(x, y)]++ })
	colours := slices.SortedFunc(maps.Keys(count), func(a, b color.Color) int { return count[b] - count[a] })
	small := image.NewPaletted(full.Bounds(), colours[:min(256, len(colours))])
	at(func(x, y int) { small.Set(x, y, full.At(x, y)) })
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, small); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
