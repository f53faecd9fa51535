package main

import (
	"bytes"
	"image/png"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"kitebot/internal/bot/chart"
)

var oneGallery = sync.OnceValues(func() (http.Handler, error) { return newGallery(time.Now()) })

// gallery returns a function that asks the gallery for one address.
func gallery(t *testing.T) func(path string) *httptest.ResponseRecorder {
	t.Helper()
	g, err := oneGallery()
	if err != nil {
		t.Fatal(err)
	}
	return func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		g.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		return w
	}
}

// Every golden file of package view has its message on the page once, and the page has no others.
func TestGalleryHasEveryGolden(t *testing.T) {
	files, err := filepath.Glob("../../internal/bot/view/viewtest/goldens/*.golden")
	if err != nil || len(files) < 100 {
		t.Fatalf("%d golden files, %v", len(files), err)
	}
	page := gallery(t)("/").Body.String()
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".golden")
		if n := strings.Count(page, `data-golden="`+name+`"`); n != 1 {
			t.Errorf("%s is there %d times; its first word has to be a command", name, n)
		}
	}
	if n := strings.Count(page, "data-golden="); n != len(files) {
		t.Errorf("%d messages on the page, %d golden files", n, len(files))
	}
}

var (
	anyTag    = regexp.MustCompile(`<[^>]*>?`)
	allowed   = regexp.MustCompile(`^</?([a-z0-9-]+)((?: [a-z-]+(?:="[^"<>]*")?)*)>$|^<!doctype html>$`)
	attribute = regexp.MustCompile(` ([a-z-]+)="([^"]*)"`)
	local     = regexp.MustCompile(`^(#[a-z]*|gallery\.css|picture/\w+\.png)$`)
)

// Each "<" of the page begins one of its own tags or of Telegram's, with nothing in it that runs, loads or styles
// anything: hostile texts stay texts.
func TestGalleryTags(t *testing.T) {
	page := gallery(t)("/").Body.String()
	if !utf8.ValidString(page) {
		t.Error("the page is not UTF-8")
	}
	tags := strings.Fields(`html head meta title link body header h1 h2 h3 h4 p nav a small main section div article img b i u s
		code pre blockquote tg-spoiler tg-time span details summary table thead tbody tr th td`)
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
			if (a[1] == "href" || a[1] == "src") && !local.MatchString(a[2]) {
				t.Errorf("%s leaves the page", tag)
			}
		}
	}
	for _, want := range []string{
		"<b>&lt;b&gt;&amp;&quot;X Y</b>",                //  search_hostile
		"<tr><td>M&amp;M</td>",                          // positions_native
		`<span class="key  copy" title="copy &lt;b&gt;`, // orders_card_hostile
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

func TestGalleryPictures(t *testing.T) {
	fetch := gallery(t)
	size := fetch("/").Body.Len()
	seen := map[string]string{}
	pictures, err := galleryPictures(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pictures {
		w := fetch("/picture/" + p.Name + ".png")
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
	if w := fetch("/picture/nothing.png"); w.Code != http.StatusNotFound {
		t.Errorf("a picture that does not exist: %d", w.Code)
	}
}
