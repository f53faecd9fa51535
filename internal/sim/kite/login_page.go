package kite

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// exchange asks Kite for an access token and hands it to use, which runs with mu held. It reports false when Kite
// refuses the request token or does not answer.
func (s *Server) exchange(ctx context.Context, requestToken string, f *Fault, use func(token string, now time.Time)) bool {
	f.begin(ctx)
	switch {
	case f.is(UpstreamFailure):
		f.wait(ctx, 0)
		return false
	case f.is(UpstreamHang):
		f.wait(ctx, upstreamWait)
		return false
	}
	done := false
	err := s.withLock(ctx, func(now time.Time) {
		var token string
		if token, done = s.broker.exchange(requestToken, now); done {
			use(token, now)
		}
	})
	return err == nil && done
}

// serveLoginPage is Kite's own page: GET shows the accounts to log in to, POST with a user_id logs one in and sends the
// browser back. Kite knows nothing of MCP sessions: it hands redirect_params through unread.
func (s *Server) serveLoginPage(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	params, err := url.ParseQuery(q.Get("redirect_params"))
	if err != nil || q.Get("api_key") != apiKey || q.Get("v") != "3" {
		s.pages.write(w, http.StatusBadRequest, s.pages.problem, "This is not a login link of the simulated Kite.")
		return
	}
	switch {
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		s.showAccounts(w, r)
	case r.Method != http.MethodPost:
		http.Error(w, "Method not allowed", http.StatusMethodNotAllowed)
	case r.PostFormValue("cancel") != "":
		params.Set("status", "cancelled")
		s.sendBack(w, r, params)
	default:
		s.logInAs(w, r, params, r.PostFormValue("user_id"))
	}
}

func (s *Server) showAccounts(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	people := slices.Clone(s.broker.accounts)
	s.mu.Unlock()
	s.pages.write(w, http.StatusOK, s.pages.login, map[string]any{"Action": r.URL.RequestURI(), "People": people})
}

func (s *Server) logInAs(w http.ResponseWriter, r *http.Request, params url.Values, userID string) {
	s.mu.Lock()
	known := s.broker.find(userID) != nil
	if known {
		params.Set("request_token", s.broker.authorise(userID))
	}
	s.mu.Unlock()
	if !known {
		s.pages.write(w, http.StatusBadRequest, s.pages.problem, "There is no such account.")
		return
	}
	params.Set("status", "success")
	s.sendBack(w, r, params)
}

// sendBack redirects the browser to the callback of the MCP server.
func (s *Server) sendBack(w http.ResponseWriter, r *http.Request, params url.Values) {
	params.Set("action", "login")
	params.Set("type", "login")
	http.Redirect(w, r, s.baseFor(r)+"/callback?"+params.Encode(), http.StatusFound)
}
