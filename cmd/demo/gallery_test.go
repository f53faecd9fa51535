package main

import (
	"bytes"
	"context"
	"image/png"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"kitebot/internal/bot/chart"
	"kitebot/internal/bot/view/viewtest"
)

// fetch asks a gallery for one address.
func fetch(t *testing.T, goldens fs.FS, path string) *httptest.ResponseRecorder {
	t.Helper()
	g, err := newGallery(goldens, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	g.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return w
}

// galleryPage is the page with the goldens of the views.
func galleryPage(t *testing.T) string {
	t.Helper()
	w := fetch(t, viewtest.Goldens(), "/")
	if w.Code != http.StatusOK {
		t.Fatalf("%d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// Every golden file is on the page once, below its command.
func TestGalleryHasEveryGolden(t *testing.T) {
	files, err := filepath.Glob("../../internal/bot/view/viewtest/goldens/*.golden")
	if err != nil || len(files) < 100 {
		t.Fatalf("%d golden files, %v", len(files), err)
	}
	page := galleryPage(t)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".golden")
		if n := strings.Count(page, `data-golden="`+name+`"`); n != 1 {
			t.Errorf("%s is there %d times", name, n)
		}
	}
	if n := strings.Count(page, "data-golden="); n != len(files) {
		t.Errorf("%d messages on the page, %d golden files", n, len(files))
	}
}

var (
	anyTag    = regexp.MustCompile(`<[^>]*>?`)
	allowed   = regexp.MustCompile(`^</?([a-z0-9]+)((?: [a-z-]+="[^"<>]*")*)>$|^<!doctype html>$`)
	attribute = regexp.MustCompile(` ([a-z-]+)="([^"]*)"`)
)

// checkTags looks at every "<" of a page: it begins one of the page's own tags,
// with nothing in it that runs, loads or styles anything.
func checkTags(t *testing.T, page string) {
	t.Helper()
	tags := strings.Fields(`html head meta title link body header h1 h2 h3 h4 p nav a small main section div article img b i u s
		code pre blockquote span details summary table thead tbody tr th td`)
	attributes := strings.Fields(`lang charset name content rel href id class src width height alt loading dir title tabindex data-golden`)
	for _, tag := range anyTag.FindAllString(page, -1) {
		m := allowed.FindStringSubmatch(tag)
		if m == nil || m[1] != "" && !slices.Contains(tags, m[1]) {
			t.Errorf("%s is no tag of this page", tag)
			continue
		}
		for _, a := range attribute.FindAllStringSubmatch(m[2], -1) {
			if !slices.Contains(attributes, a[1]) {
				t.Errorf("an attribute in %s", tag)
			}
			if local := regexp.MustCompile(`^(#[a-z]*|gallery\.css|picture/\w+\.png)$`); (a[1] == "href" || a[1] == "src") && !local.MatchString(a[2]) {
				t.Errorf("%s leaves the page", tag)
			}
		}
	}
}

func TestGalleryTags(t *testing.T) {
	page := galleryPage(t)
	checkTags(t, page)
	for _, want := range []string{
		"<b>&lt;b&gt;&amp;&#34;X Y</b>",                 // search_hostile
		"<tr><td>M&amp;M</td>",                          // positions_native
		`<span class="key  copy" title="copy &lt;b&gt;`, // order_card_hostile
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

// A golden file is looked at as if it came from an enemy.
func TestGalleryEscapes(t *testing.T) {
	const attack = `"><img src=x onerror=alert(1)>`
	w := fetch(t, fstest.MapFS{
		"file_" + attack + ".golden": {Data: []byte("(file " + `"><b>` + ".csv, 3 bytes)\n\n\n" + attack + "\n")},
		"keys_hostile.golden":        {Data: []byte("x\n\n[ " + attack + " → copy " + attack + " ]\n")},
		"link_hostile.golden":        {Data: []byte(`<a href="javascript:alert(1)">x</a><tg-spoiler>y</tg-spoiler>` + "\n")},
		"photo_hostile.golden":       {Data: []byte("(photo " + `"><script>` + ")\nx\n")},
		"pre_hostile.golden":         {Data: []byte(`<pre><code class="x">&lt;/pre&gt;&lt;script&gt;</code></pre>` + "\n")},
		"table_hostile.golden":       {Data: []byte("x\n\n(native)\n| " + attack + " | </table> |\n")},
		"twice_escaped.golden":       {Data: []byte("&amp;lt;script&amp;gt;\n")},
		"text_in_no_message.txt":     {Data: []byte("<script>")},
		"folder/ignored.golden":      {Data: []byte("<script>")},
	}, "/")
	if w.Code != http.StatusOK {
		t.Fatalf("%d: %s", w.Code, w.Body)
	}
	page := w.Body.String()
	checkTags(t, page)
	for _, want := range []string{
		`<span class="link">x</span><span class="spoiler">y</span>`,
		`<pre tabindex="0">&lt;/pre&gt;&lt;script&gt;</pre>`,
		`<td>&lt;/table&gt;</td>`, "&amp;lt;script&amp;gt;",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

// What cannot be shown is an error, and nothing half-done is sent.
func TestGalleryRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"a foreign tag":       "<script>alert(1)</script>\n",
		"a tag left open":     "<b>x\n",
		"a bare ampersand":    "x & y\n",
		"in a native block":   "x\n\n(native)\n<img>\n",
		"half a table row":    "x\n\n(native)\n| a\n",
		"a rule by itself":    "x\n\n(native)\n|---|\n",
		"a CSV of no rows":    "(file a.csv, 1 bytes)\nx\n",
		"a picture's caption": "(photo 1×1)\n</b>\n",
	} {
		w := fetch(t, fstest.MapFS{"x.golden": {Data: []byte(text)}}, "/")
		if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "<html") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

func TestGalleryPictures(t *testing.T) {
	size := len(galleryPage(t))
	seen := map[string]string{}
	pictures, err := galleryPictures(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pictures {
		w := fetch(t, viewtest.Goldens(), "/picture/"+p.Name+".png")
		about, err := png.DecodeConfig(bytes.NewReader(w.Body.Bytes()))
		if err != nil || about.Width != chart.Width || about.Height != chart.Height {
			t.Errorf("%s: %v, %v", p.Name, about, err)
		}
		if twin, there := seen[w.Body.String()]; there {
			t.Errorf("%s is the same picture as %s", p.Name, twin)
		}
		seen[w.Body.String()] = p.Name
		size += w.Body.Len()
	}
	if len(seen) != 18 {
		t.Errorf("%d pictures", len(seen))
	}
	if size > 3<<20 {
		t.Errorf("the page and its pictures have %d bytes", size)
	}
	if w := fetch(t, viewtest.Goldens(), "/picture/nothing.png"); w.Code != http.StatusNotFound {
		t.Errorf("a picture that does not exist: %d", w.Code)
	}
}

// The gallery stands where the chat does: behind the guard and the secret path.
func TestWhoSeesTheGallery(t *testing.T) {
	d := start(t, strings.NewReader(""))
	host, _, _ := strings.Cut(strings.TrimPrefix(d.page, "http://"), "/")
	if !strings.Contains(d.console.String(), "\n  Gallery  "+d.page+"gallery/\n") {
		t.Errorf("it printed %q, want the gallery's address on the second line", d.console.String())
	}
	for _, c := range []struct {
		about, url, host, origin string
		want                     int
	}{
		{"the printed address", d.page + "gallery/", host, "", http.StatusOK},
		{"its style sheet", d.page + "gallery/gallery.css", host, "", http.StatusOK},
		{"a picture", d.page + "gallery/picture/chart_1Y.png", host, "", http.StatusOK},
		{"its template", d.page + "gallery/page.html", host, "", http.StatusNotFound},
		{"no path", "http://" + host + "/gallery/", host, "", http.StatusNotFound},
		{"a guessed path", "http://" + host + "/AAAAAAAAAAAAAAAAAAAAAAAAAA/gallery/", host, "", http.StatusNotFound},
		{"a name that was made to point here", d.page + "gallery/", "rebound.example", "", http.StatusMisdirectedRequest},
		{"a foreign page", d.page + "gallery/", host, "https://evil.example", http.StatusForbidden},
	} {
		r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodGet, c.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = c.host
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		if answer.StatusCode != c.want {
			t.Errorf("%s: %d, want %d", c.about, answer.StatusCode, c.want)
		}
		if csp := answer.Header.Get("Content-Security-Policy"); c.want == http.StatusOK && csp != galleryCSP {
			t.Errorf("%s: its policy is %q", c.about, csp)
		}
	}
}

// Each message stands below the command that answers with it, and every such
// command is one of the bot's.
func TestCommandOf(t *testing.T) {
	for name, want := range map[string]string{
		"holdings": "holdings", "holdings_page1": "holdings", "card_gone": "holdings", "csv_holdings_hidden": "holdings",
		"csv_mutualfunds": "mf", "no_such_symbol_long": "quote", "depth": "quote", "answer_huge": "tool", "order_card": "orders",
	} {
		if got := commandOf(name); got != want {
			t.Errorf("commandOf(%q) = %q, want %q", name, got, want)
		}
	}
	commands, err := os.ReadFile("../../docs/commands.md") // made from the bot's own list
	if err != nil {
		t.Fatal(err)
	}
	groups, err := readGoldens(viewtest.Goldens())
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range groups {
		if rank(g.Command) == len(meetingOrder) {
			t.Errorf("/%s has no place in the order of the gallery", g.Command)
		}
		if !strings.Contains(string(commands), "\n## /"+g.Command+"\n") {
			t.Errorf("/%s is no command of the bot; it has %s", g.Command, g.Shown[0].Name)
		}
	}
}

func TestTitleOf(t *testing.T) {
	for name, want := range map[string]string{
		"holdings": "Usual", "holdings_page2": "Page 2", "portfolio_mtf_only": "MTF only", "csv_holdings_hidden": "CSV file hidden", "csv_orders": "CSV file",
		"card_no_price": "Card no price", "order_card_partly": "Card partly", "no_such_symbol": "No such symbol", "hidden": "Usual",
	} {
		if got := titleOf(name); got != want {
			t.Errorf("titleOf(%q) = %q, want %q", name, got, want)
		}
	}
}
