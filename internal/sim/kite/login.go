package kite

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// serveCallback is where Kite sends the browser when it is done. GET, POST and HEAD do the same; only request_token
// and session_id are read.
func (s *Server) serveCallback(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := s.requestContext(r)
	defer cancel()
	f := s.takeFault(OpCallback, "", "")
	if f.blocks(ctx, w) {
		return
	}
	q := r.URL.Query()
	id, ok := "", false
	s.mu.Lock()
	id, ok = s.links.verify(q.Get("session_id"), s.opts.Now())
	s.mu.Unlock()
	if !ok || q.Get("request_token") == "" {
		http.Error(w, "missing MCP session_id or Kite request_token", http.StatusBadRequest)
		return
	}
	ok = s.completeLogin(ctx, id, q.Get("request_token"), f)
	abortIfProcessEnded(ctx)
	if f.is(AnswerLost) {
		panic(http.ErrAbortHandler)
	}
	if !ok {
		http.Error(w, "error completing Kite session", http.StatusInternalServerError)
		return
	}
	s.pages.write(w, http.StatusOK, s.pages.success, nil)
}

// completeLogin puts the access token of a browser login into the session. It takes hold of the session's login
// object before it asks Kite, so a login tool that replaces the object meanwhile wins: the browser is told that all
// is well, and the token is in an object that no tool call will look at. A session that is logged in already changes
// its account without a word.
func (s *Server) completeLogin(ctx context.Context, id, requestToken string, f *Fault) bool {
	var target *login
	err := s.withRegistry(ctx, func(now time.Time) {
		if e, v := s.registry.validate(id, now); v == alive {
			target = e.login
		}
	})
	if err != nil || target == nil {
		return false
	}
	return s.exchange(ctx, requestToken, f, func(token string, _ time.Time) { target.token = token })
}

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

// serveLoginPage is Kite's own page: GET shows the people to log in as, POST with a user_id logs one in and sends
// the browser back. Kite knows nothing of MCP sessions: it hands redirect_params through unread.
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
