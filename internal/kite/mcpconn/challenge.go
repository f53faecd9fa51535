package mcpconn

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"sync"
	"time"

	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

// metadataParameter is what a challenge has to have. Some versions of the
// server's library leave out the quotes around its value, which is not looked at:
// the documents are read where they have to be, on the configured server.
var metadataParameter = regexp.MustCompile(`(?i)(^|[\s,])resource_metadata\s*=`)

// challenges reports whether a refusal says where to learn how to authorize.
func challenges(h http.Header) bool {
	for _, value := range h.Values("WWW-Authenticate") {
		if metadataParameter.MatchString(value) {
			return true
		}
	}
	return false
}

// judge finds out what a failure means where that takes more than its answer.
// id is the login that was used; zero when there was none yet.
//
// A 401 without a challenge, from a server that has no document on how to
// authorize, comes from something on the way: it ends no login. And texts about
// logins by OAuth say nothing of a login by the login tool.
func (d *Dialer) judge(ctx context.Context, id session.ID, cause error) error {
	var refused *refusedError
	var failed *toolError
	switch {
	case errors.As(cause, &refused) && refused.status == http.StatusUnauthorized:
		if !d.wantsOAuth(ctx, refused) {
			return &judgedError{kind: wire.KindBlocked, text: cause.Error()}
		}
		d.learnOAuth(id.IsBearer())
		kind, why := authorizes(id)
		return &judgedError{kind: kind, why: why, text: cause.Error()}
	case errors.As(cause, &failed) && !id.IsBearer() && wire.EndingOf(classify("", cause)) != wire.EndUnsaid:
		return &judgedError{kind: wire.KindDoubt, text: cause.Error()}
	default:
		return cause
	}
}

// authorizes says what it means for a login that the server wants one by OAuth.
func authorizes(id session.ID) (wire.Kind, wire.Ending) {
	switch {
	case id.IsZero():
		return wire.KindAuthorize, wire.EndUnsaid
	case id.IsBearer():
		return wire.KindEnded, wire.EndExpired
	default:
		return wire.KindEnded, wire.EndSwitched
	}
}

// wantsOAuth reports whether a 401 is the server's own, which wants a login by
// OAuth.
func (d *Dialer) wantsOAuth(ctx context.Context, refused *refusedError) bool {
	return refused.challenge || d.documents.exist(ctx, d)
}

// The documents that tell how to authorize. Their forms with a path are not read.
const (
	resourceDocument = "/.well-known/oauth-protected-resource"
	serverDocument   = "/.well-known/oauth-authorization-server"
)

// maxDocument bounds a document about the server, and an answer to a login by OAuth.
const maxDocument = 64 << 10

// readDocument reads a short body to its end.
func readDocument(body io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(body, maxDocument+1))
	if err == nil && len(text) > maxDocument {
		err = errTooBig
	}
	return text, unread(err)
}

// page reads a page of the configured server, below maxDocument.
func (d *Dialer) page(ctx context.Context, path, query string) ([]byte, error) {
	bound, cancel := d.within(ctx, d.opts.CallTimeout, d.base)
	defer cancel()
	at := *d.at.mcp
	at.Path, at.RawQuery = path, query
	req, err := http.NewRequestWithContext(bound, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, errOdd
	}
	req.Header.Set("Accept", "application/json, text/html")
	resp, err := d.client.Do(req)
	if err != nil {
		return nil, because(ctx, bound, d.base, err)
	}
	defer resp.Body.Close()
	body, err := readDocument(resp.Body)
	if err != nil {
		return nil, because(ctx, bound, d.base, err)
	}
	return body, nil
}

// documents remembers whether the server tells how to authorize.
type documents struct {
	once  sync.Once
	turn  chan struct{} // held by the caller that asks
	yes   bool
	until time.Time
}

// exist reports whether the server has a document on how to authorize. One asks
// for all, and is believed for a while: each 401 without a challenge raises the
// question.
func (m *documents) exist(ctx context.Context, d *Dialer) bool {
	m.once.Do(func() { m.turn = make(chan struct{}, 1) })
	select {
	case m.turn <- struct{}{}:
		defer func() { <-m.turn }()
	case <-ctx.Done():
		return false
	}
	if time.Now().Before(m.until) {
		return m.yes
	}
	body, err := d.page(ctx, resourceDocument, "")
	if ctx.Err() != nil {
		return false // the next one asks
	}
	var document resource
	m.yes = err == nil && json.Unmarshal(body, &document) == nil && len(document.Servers) > 0
	m.until = time.Now().Add(d.opts.LookPause)
	return m.yes
}

// resource is the document of a server that wants OAuth.
type resource struct {
	Resource string   `json:"resource"`
	Servers  []string `json:"authorization_servers"`
}
