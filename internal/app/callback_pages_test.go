package app

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
)

// Every page, and whatever is refused, is kept nowhere, framed nowhere, and loads
// and tells nothing.
func TestHeadersOfThePages(t *testing.T) {
	returning(t, func(t *testing.T, b *callback, _ *finishing, _ *page) {
		for method, target := range map[string]string{"GET": "/kite/callback?" + goodQuery(), "POST": "/kite/callback"} {
			h := come(t, b, method, target).Header()
			for name, want := range map[string]string{
				"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
				"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
			} {
				if got := h.Get(name); got != want {
					t.Errorf("%s: %s: %q, want %q", method, name, got, want)
				}
			}
			if got := h.Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'none'; style-src 'unsafe-inline';") || !strings.Contains(got, "frame-ancestors 'none'") {
				t.Errorf("%s: policy %q", method, got)
			}
		}
	})
}

// The pages stand by themselves: no script, nothing from elsewhere, both schemes
// of colours, and a width for phones.
func TestThePagesAreSelfContained(t *testing.T) {
	all := []webPage{pageDone, pageElsewhere, pageUnwaited, pageQueued, pageCrowded, pageRefused, pageTrouble, pageMalformed, pageNotGet, pageTooMany}
	titles := map[string]bool{}
	for _, p := range all {
		w := httptest.NewRecorder()
		p.write(w)
		text := w.Body.String()
		for _, needed := range []string{"<h1>" + p.title + "</h1>", "<p>" + p.text + "</p>", "color-scheme: light dark", "width=device-width", "<!DOCTYPE html>"} {
			if !strings.Contains(text, needed) {
				t.Errorf("%s: there is no %q", p.name, needed)
			}
		}
		for _, unwanted := range []string{"<script", "http", "src=", "url(", "@import", "<link", "onload", "%!", "<form"} {
			if strings.Contains(text, unwanted) {
				t.Errorf("%s: there is %q", p.name, unwanted)
			}
		}
		titles[p.name] = true
	}
	if len(titles) != len(all) {
		t.Errorf("%d names of %d pages", len(titles), len(all))
	}
	for err, p := range pages() {
		if pageOf(fmt.Errorf("finish: %w", err)) != p || p == pageTrouble {
			t.Errorf("%v: %s", err, p.name)
		}
	}
}
