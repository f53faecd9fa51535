package kite

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
)

// CompleteLogin plays the browser: it opens a login link, follows the page between to Kite's login page if there is
// one, picks an account and follows the redirect to the callback, all without a network. An empty userID presses
// Cancel. It returns the status and body of the last page it saw; status 0 means that the connection broke.
func (s *Server) CompleteLogin(ctx context.Context, link, userID string) (status int, body string) {
	last := s.openLink(ctx, link, userID)
	return last.status, last.body.String()
}

// Authorize plays the browser from an /authorize link of Next. It returns the address that the browser is sent to in
// the end, where most likely no server listens, or "" if the login failed; and the status of the last answer of the
// server, which is 302 on success. An empty userID presses Cancel at Kite.
func (s *Server) Authorize(ctx context.Context, link, userID string) (redirect string, status int) {
	last := s.openLink(ctx, link, userID)
	return last.header.Get("Location"), last.status
}

// openLink goes all the way from a link to the answer of the callback, or as far as it can.
func (s *Server) openLink(ctx context.Context, link, userID string) *browserPage {
	phone := "phone of " + userID // each user has an address of their own
	opened := s.request(ctx, phone, http.MethodGet, link, nil)
	onward := opened.links()
	if opened.status == http.StatusFound {
		onward = []string{opened.header.Get("Location")}
	}
	if (opened.status == http.StatusOK || opened.status == http.StatusFound) && len(onward) == 1 {
		link = onward[0]
		opened = s.request(ctx, phone, http.MethodGet, link, nil)
	}
	if opened.status != http.StatusOK {
		return opened
	}
	form := url.Values{"user_id": {userID}}
	if userID == "" {
		form = url.Values{"cancel": {"1"}}
	}
	chosen := s.request(ctx, phone, http.MethodPost, link, form)
	if chosen.status != http.StatusFound {
		return chosen
	}
	return s.request(ctx, phone, http.MethodGet, chosen.header.Get("Location"), nil)
}

// request sends one request of the played browser straight to the handler.
func (s *Server) request(ctx context.Context, from, method, address string, form url.Values) *browserPage {
	p := &browserPage{header: http.Header{}}
	r, err := http.NewRequestWithContext(ctx, method, address, bytes.NewBufferString(form.Encode()))
	if err != nil {
		p.status = http.StatusBadRequest
		fmt.Fprintf(&p.body, "not an address: %v", err)
		return p
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.RequestURI, r.RemoteAddr = r.URL.RequestURI(), from
	defer func() {
		if broken := recover(); broken != nil {
			if broken != http.ErrAbortHandler {
				panic(broken)
			}
			p.status = 0
		}
	}()
	s.ServeHTTP(p, r)
	return p
}

// browserPage is what the played browser got.
type browserPage struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (p *browserPage) Header() http.Header { return p.header }

func (p *browserPage) WriteHeader(status int) {
	if p.status == 0 {
		p.status = status
	}
}

func (p *browserPage) Write(b []byte) (int, error) {
	p.WriteHeader(http.StatusOK)
	return p.body.Write(b)
}

// anchor finds the links of a page.
var anchor = regexp.MustCompile(`<a\s[^>]*href="([^"]*)"`)

// links returns where the links of the page lead.
func (p *browserPage) links() []string {
	var out []string
	for _, m := range anchor.FindAllStringSubmatch(p.body.String(), -1) {
		out = append(out, html.UnescapeString(m[1]))
	}
	return out
}
