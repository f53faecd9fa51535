package main

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"kitebot/internal/bot/chart"
	"kitebot/internal/bot/command"
	"kitebot/internal/bot/view/viewtest"
)

// galleryFiles are the page's template and its style sheet.
//
//go:embed gallery
var galleryFiles embed.FS

// galleryCSP allows the page its style sheet and its pictures, and no script.
const galleryCSP = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// commandOrder is the order in which a person meets the commands: /start, /login, then that of /help.
func commandOrder() (names []string) {
	for _, c := range command.All() {
		names = append(names, c.Name)
	}
	slices.SortStableFunc(names, byPlaceIn([]string{"start", "login"}))
	return names
}

// byPlaceIn compares names by their place in a list; what is not there comes last.
func byPlaceIn(list []string) func(a, b string) int {
	return func(a, b string) int { return cmp.Compare(uint(slices.Index(list, a)), uint(slices.Index(list, b))) }
}

// usualOrder are the samples that a person usually meets of commands without a sample of their own name; they come first.
var usualOrder = []string{"start_out", "start_in", "login_link_today", "login_done", "status_in", "logout_done", "help_commands"}

// extremeSample matches the names of samples that a person hardly ever meets: texts that attack the chat, and more or
// odder data than an account has.
var extremeSample = regexp.MustCompile(`_(hostile|tricky|huge|odd|null|foreign|strange|long)(_|$)`)

// galleryGroup is what belongs to one command.
type galleryGroup struct {
	Command        string // "holdings", without the slash
	Pictures       []galleryPicture
	Shown, Extreme []viewtest.Sample
}

// newGallery returns a page with every message of package view and with the pictures, of prices at a moment. It knows
// nothing of any account. Its addresses are relative, below the one that ends in a slash.
func newGallery(now time.Time) (http.Handler, error) {
	painter, err := chart.New(1)
	if err != nil {
		return nil, fmt.Errorf("the gallery's pictures: %w", err)
	}
	pictures, err := galleryPictures(now)
	if err != nil {
		return nil, fmt.Errorf("the gallery's pictures: %w", err)
	}
	page, err := galleryPage(pictures)
	if err != nil {
		return nil, fmt.Errorf("the gallery's page: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(page) // a reader who left needs no answer
	})
	mux.HandleFunc("GET /gallery.css", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, galleryFiles, "gallery/gallery.css")
	})
	for _, p := range pictures {
		mux.HandleFunc("GET /picture/"+p.Name+".png", func(w http.ResponseWriter, _ *http.Request) {
			data, err := p.draw(painter)
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			w.Header().Set("Content-Type", "image/png")
			_, _ = w.Write(data)
		})
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", galleryCSP)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		mux.ServeHTTP(w, r)
	}), nil
}

// galleryPage renders the page.
func galleryPage(pictures []galleryPicture) ([]byte, error) {
	page, err := template.New("page.html").Funcs(template.FuncMap{"title": titleOf, "chat": chatHTML}).ParseFS(galleryFiles, "gallery/page.html")
	if err != nil {
		return nil, err
	}
	samples := viewtest.Samples()
	var groups []galleryGroup
	for _, command := range commandOrder() {
		g := galleryGroup{Command: command}
		for _, p := range pictures {
			if p.Command == command {
				g.Pictures = append(g.Pictures, p)
			}
		}
		for _, s := range samples {
			switch {
			case s.Command() != command:
			case extremeSample.MatchString(s.Name):
				g.Extreme = append(g.Extreme, s)
			default:
				g.Shown = append(g.Shown, s)
			}
		}
		slices.SortStableFunc(g.Shown, func(a, b viewtest.Sample) int {
			return byPlaceIn(usualOrder)(a.Name, b.Name)
		})
		groups = append(groups, g)
	}
	var b bytes.Buffer
	err = page.Execute(&b, map[string]any{"Groups": groups, "Count": len(samples), "Pictures": len(pictures)})
	return b.Bytes(), err
}

// wordSpelling is how words of the samples' names are written.
var wordSpelling = map[string]string{
	"mtf": "MTF", "mf": "MF", "t1": "T1", "oauth": "OAuth", "oco": "OCO", "id": "ID", "csv": "CSV", "page1": "page 1", "page2": "page 2", "page3": "page 3",
}

// titleOf says in words what a sample shows of its command.
func titleOf(name string) string {
	words := strings.Split(name, "_")[1:]
	if len(words) == 0 {
		return "Usual"
	}
	for i, word := range words {
		words[i] = cmp.Or(wordSpelling[word], word)
	}
	title := strings.Join(words, " ")
	return strings.ToUpper(title[:1]) + title[1:]
}

var (
	linkTag = regexp.MustCompile(`<a [^>]*>`)
	inChat  = strings.NewReplacer("<pre>", `<pre tabindex="0">`, "</pre>\n", "</pre>", "−₹", "−\u2060₹", "+₹", "+\u2060₹")
)

// chatHTML is a text in Telegram's HTML as it looks in a chat: a link leads nowhere, a table ends its line, and a sign
// stays with its amount. The golden tests have checked the tags.
func chatHTML(text string) template.HTML {
	return template.HTML(inChat.Replace(linkTag.ReplaceAllString(text, "<a>")))
}
