package main

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"kitebot/internal/bot/chart"
)

// galleryFiles are the page's template and its style sheet.
//
//go:embed gallery
var galleryFiles embed.FS

// galleryCSP allows the page its style sheet and its pictures, and no script.
const galleryCSP = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// gallery is one page with every message of package view, from its golden
// files, and with the pictures. It knows nothing of any account.
type gallery struct {
	goldens  fs.FS
	page     *template.Template
	painter  *chart.Painter
	pictures []galleryPicture
}

// newGallery returns the page as a handler, with pictures of prices at a moment;
// its addresses are relative, below the one that ends in a slash.
func newGallery(goldens fs.FS, now time.Time) (http.Handler, error) {
	page, err := template.New("page.html").ParseFS(galleryFiles, "gallery/page.html")
	if err != nil {
		return nil, fmt.Errorf("the gallery's page: %w", err)
	}
	painter, err := chart.New(1)
	if err != nil {
		return nil, fmt.Errorf("the gallery's pictures: %w", err)
	}
	pictures, err := galleryPictures(now)
	if err != nil {
		return nil, fmt.Errorf("the gallery's pictures: %w", err)
	}
	g := &gallery{goldens: goldens, page: page, painter: painter, pictures: pictures}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", g.servePage)
	mux.HandleFunc("GET /gallery.css", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, galleryFiles, "gallery/gallery.css")
	})
	mux.HandleFunc("GET /picture/{name}", g.servePicture)
	return galleryHeaders(mux), nil
}

func galleryHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", galleryCSP)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// servePage shows the goldens as they are at this moment. Nothing is sent
// before all of it is there.
func (g *gallery) servePage(w http.ResponseWriter, _ *http.Request) {
	groups, err := readGoldens(g.goldens)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	var b bytes.Buffer
	count := 0
	for i := range groups {
		count += len(groups[i].Shown) + len(groups[i].Extreme)
		for _, p := range g.pictures {
			if p.Command == groups[i].Command {
				groups[i].Pictures = append(groups[i].Pictures, p)
			}
		}
	}
	if err := g.page.Execute(&b, map[string]any{"Groups": groups, "Count": count, "Pictures": len(g.pictures)}); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(b.Bytes()) // a reader who left needs no answer
}

// servePicture draws one picture.
func (g *gallery) servePicture(w http.ResponseWriter, r *http.Request) {
	i := slices.IndexFunc(g.pictures, func(p galleryPicture) bool { return p.Name+".png" == r.PathValue("name") })
	if i < 0 {
		http.NotFound(w, r)
		return
	}
	data, err := g.pictures[i].draw(g.painter)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	_, _ = w.Write(data)
}

// galleryGroup is what belongs to one command.
type galleryGroup struct {
	Command  string // "holdings", without the slash
	Pictures []galleryPicture
	Shown    []shown
	Extreme  []shown
}

// readGoldens reads every golden file, by command in the order of meeting them
// and then by name.
func readGoldens(files fs.FS) ([]galleryGroup, error) {
	names, err := fs.Glob(files, "*.golden")
	if err != nil {
		return nil, fmt.Errorf("list the golden files: %w", err)
	}
	byCommand := map[string]*galleryGroup{}
	for _, file := range names {
		data, err := fs.ReadFile(files, file)
		if err != nil {
			return nil, fmt.Errorf("read a golden file: %w", err)
		}
		name := strings.TrimSuffix(path.Base(file), ".golden")
		one, err := parseDump(name, string(data))
		if err != nil {
			return nil, fmt.Errorf("golden file %s: %w", name, err)
		}
		command := commandOf(name)
		g := byCommand[command]
		if g == nil {
			g = &galleryGroup{Command: command}
			byCommand[command] = g
		}
		if extreme(name) {
			g.Extreme = append(g.Extreme, one)
		} else {
			g.Shown = append(g.Shown, one)
		}
	}
	groups := make([]galleryGroup, 0, len(byCommand))
	for _, g := range byCommand {
		slices.SortStableFunc(g.Shown, func(a, b shown) int {
			return cmp.Compare(uint(slices.Index(met, a.Name)), uint(slices.Index(met, b.Name))) // -1 comes last
		})
		groups = append(groups, *g)
	}
	slices.SortFunc(groups, func(a, b galleryGroup) int {
		return cmp.Or(cmp.Compare(rank(a.Command), rank(b.Command)), cmp.Compare(a.Command, b.Command))
	})
	return groups, nil
}

// rank is a command's place in the order of meeting them; others come last.
func rank(command string) int {
	if i := slices.Index(meetingOrder, command); i >= 0 {
		return i
	}
	return len(meetingOrder)
}
