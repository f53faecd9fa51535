package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestOnlyHere(t *testing.T) {
	const here = "127.0.0.1:8090"
	reached := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	for _, c := range []struct {
		about, host, origin string
		want                int
	}{
		{"the address itself", here, "", http.StatusNoContent},
		{"a page of its own", here, "http://" + here, http.StatusNoContent},
		{"another name for loopback", "localhost:8090", "", http.StatusMisdirectedRequest},
		{"a name of somebody else's", "rebound.example:8090", "", http.StatusMisdirectedRequest},
		{"another port", "127.0.0.1:8091", "", http.StatusMisdirectedRequest},
		{"no host", "", "", http.StatusMisdirectedRequest},
		{"a foreign page", here, "https://evil.example", http.StatusForbidden},
		{"a page on another port", here, "http://127.0.0.1:8091", http.StatusForbidden},
		{"another scheme", here, "https://" + here, http.StatusForbidden},
		{"a page without an origin", here, "null", http.StatusForbidden},
		{"nonsense", here, "://", http.StatusForbidden},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil)
		r.Host = c.host
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		w := httptest.NewRecorder()
		sameHostOnly(here, reached).ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s (host %q, origin %q): %d, want %d", c.about, c.host, c.origin, w.Code, c.want)
		}
		if w.Code == http.StatusNoContent && w.Header().Get("Referrer-Policy") != "same-origin" {
			t.Errorf("%s: the path may leave with a referrer", c.about)
		}
	}
}

// The whole demo stands behind the guard, and its page behind a path that nobody can guess.
func TestWhoGetsIn(t *testing.T) {
	d := start(t, strings.NewReader(""))
	page, err := url.Parse(d.page)
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Path) < 20 {
		t.Errorf("the path %q is short enough to be guessed", page.Path)
	}
	if !strings.Contains(d.console.String(), "\n  Gallery  "+d.page+"gallery/\n") {
		t.Errorf("it printed %q, want the gallery's address on the second line", d.console.String())
	}
	for _, c := range []struct {
		about, path, host, origin string
		want                      int
	}{
		{"the printed address", page.Path, page.Host, "", http.StatusOK},
		{"what the page asks for", page.Path + "api/people", page.Host, "http://" + page.Host, http.StatusOK},
		{"the gallery", page.Path + "gallery/", page.Host, "", http.StatusOK},
		{"a picture of the gallery", page.Path + "gallery/picture/chart_1Y.png", page.Host, "", http.StatusOK},
		{"the gallery's template", page.Path + "gallery/page.html", page.Host, "", http.StatusNotFound},
		{"the gallery without its path", "/gallery/", page.Host, "", http.StatusNotFound},
		{"the gallery under a name that was made to point here", page.Path + "gallery/", "rebound.example", "", http.StatusMisdirectedRequest},
		{"no path", "/", page.Host, "", http.StatusNotFound},
		{"a guessed path", "/AAAAAAAAAAAAAAAAAAAAAAAAAA/", page.Host, "", http.StatusNotFound},
		{"the page's data without its path", "/api/people", page.Host, "", http.StatusNotFound},
		{"the Bot API with a guessed token", "/bot1000001:AAAA/getMe", page.Host, "", http.StatusNotFound},
		{"a name that was made to point here", page.Path, "rebound.example", "", http.StatusMisdirectedRequest},
		{"a foreign page", page.Path + "api/people", page.Host, "https://evil.example", http.StatusForbidden},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+page.Host+c.path, nil)
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
		answer.Body.Close()
		if policy := answer.Header.Get("Content-Security-Policy"); strings.Contains(c.path, "gallery") && c.want == http.StatusOK && policy != galleryCSP {
			t.Errorf("%s: its policy is %q", c.about, policy)
		}
		if answer.StatusCode != c.want {
			t.Errorf("%s: %d, want %d", c.about, answer.StatusCode, c.want)
		}
	}
}
