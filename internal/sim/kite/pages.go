package kite

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"
)

//go:embed web/*.html
var webFiles embed.FS

// pages are the web pages that a person sees in the browser.
type pages struct {
	interstitial *template.Template // data: the link to Kite's login page
	login        *template.Template // data: Action, People
	success      *template.Template // no data
	problem      *template.Template // data: a sentence
	docs         *template.Template // no data
}

func parsePages() pages {
	parse := func(name string) *template.Template {
		funcs := template.FuncMap{"initials": initials}
		return template.Must(template.New("base.html").Funcs(funcs).ParseFS(webFiles, "web/base.html", "web/"+name))
	}
	return pages{
		interstitial: parse("interstitial.html"), login: parse("login.html"),
		success: parse("success.html"), problem: parse("problem.html"), docs: parse("docs.html"),
	}
}

// write renders a page, or 500 if it cannot be rendered, never half of it.
func (pages) write(w http.ResponseWriter, status int, t *template.Template, data any) {
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		http.Error(w, fmt.Sprintf("render page: %v", err), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

// initials returns the first letters of the first and last word of a name, for the round badge next to it.
func initials(name string) string {
	words := strings.Fields(name)
	if len(words) == 0 {
		return "?"
	}
	first := []rune(words[0])[:1]
	if len(words) == 1 {
		return strings.ToUpper(string(first))
	}
	return strings.ToUpper(string(first) + string([]rune(words[len(words)-1])[:1]))
}
