package main

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"

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
	goldens fs.FS
	page    *template.Template
	painter *chart.Painter
}

// newGallery returns the page as a handler; its addresses are relative, below
// the one that ends in a slash.
func newGallery(goldens fs.FS) (http.Handler, error) {
	page, err := template.New("page.html").ParseFS(galleryFiles, "gallery/page.html")
	if err != nil {
		return nil, fmt.Errorf("the gallery's page: %w", err)
	}
	painter, err := chart.New(1)
	if err != nil {
		return nil, fmt.Errorf("the gallery's pictures: %w", err)
	}
	g := &gallery{goldens: goldens, page: page, painter: painter}
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
	for _, group := range groups {
		count += len(group.Shown)
	}
	if err := g.page.Execute(&b, map[string]any{"Groups": groups, "Count": count, "Pictures": galleryPictures()}); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(b.Bytes()) // a reader who left needs no answer
}

// servePicture draws one picture.
func (g *gallery) servePicture(w http.ResponseWriter, r *http.Request) {
	all := galleryPictures()
	i := slices.IndexFunc(all, func(p galleryPicture) bool { return p.Name+".png" == r.PathValue("name") })
	if i < 0 {
		http.NotFound(w, r)
		return
	}
	data, err := all[i].draw(g.painter)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	_, _ = w.Write(data)
}

// galleryGroup is what belongs to one command.
type galleryGroup struct {
	Command string // "holdings", without the slash
	Shown   []shown
}

// readGoldens reads every golden file, by command and then by name.
func readGoldens(files fs.FS) ([]galleryGroup, error) {
	names, err := fs.Glob(files, "*.golden")
	if err != nil {
		return nil, fmt.Errorf("list the golden files: %w", err)
	}
	var groups []galleryGroup
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
		i := slices.IndexFunc(groups, func(g galleryGroup) bool { return g.Command == command })
		if i < 0 {
			i = len(groups)
			groups = append(groups, galleryGroup{Command: command})
		}
		groups[i].Shown = append(groups[i].Shown, one)
	}
	slices.SortFunc(groups, func(a, b galleryGroup) int { return strings.Compare(a.Command, b.Command) })
	return groups, nil
}

// commandOf is the command that a golden file's message answers: the first word
// of the file's name, or what that stands for.
func commandOf(name string) string {
	first, rest, _ := strings.Cut(name, "_")
	switch first {
	case "csv": // a button of the lists
		return commandOf(rest)
	case "mutualfunds":
		return "mf"
	case "answer":
		return "tool"
	case "card":
		return "holdings"
	case "depth", "no": // no_such_symbol
		return "quote"
	case "hidden":
		return "hide"
	case "ops":
		return "admin"
	case "order":
		return "orders"
	case "warning": // a button of it, and a choice there
		return "settings"
	case "paste": // the answers to an address that is sent
		return "login"
	case "pick":
		return "search"
	case "restart": // what the next process says after a kill
		return "status"
	case "shown":
		return "show"
	default:
		return first
	}
}
