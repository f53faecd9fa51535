package mcpconn_test

import (
	"bytes"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kitebot/internal/kite/mcpconn"
	"kitebot/internal/kite/session"
	sim "kitebot/internal/sim/kite"
)

// logbook is a log that tests read.
type logbook struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// place is a simulated server with a Dialer to it.
type place struct {
	*sim.Server
	*mcpconn.Dialer
	log      *logbook
	surfaces chan string // what the meter was told of
	allowed  []string    // violations that may be
}

// Tool and Surface make a meter of a place.
func (p *place) Tool(string, string, time.Duration, string) {}
func (p *place) Surface(name string)                        { p.surfaces <- name }

// shows waits until the server was seen to be like that.
func (p *place) shows(t *testing.T, want string) {
	t.Helper()
	for late := time.After(10 * time.Second); ; {
		select {
		case got := <-p.surfaces:
			if got == want {
				return
			}
		case <-late:
			t.Fatalf("the server was not seen to be %q", want)
		}
	}
}

// newPlace makes a place. At the end the server must have seen nothing that a
// well-behaved client does not do, and the log must hold nothing secret.
func newPlace(t *testing.T, so sim.Options, o mcpconn.Options) *place {
	t.Helper()
	so.CheckUserAgent = true
	p := &place{Server: sim.New(so), log: &logbook{}, surfaces: make(chan string, 100)}
	web := httptest.NewServer(p.Server)
	t.Cleanup(web.Close)
	t.Cleanup(p.Server.Close)
	o.URL, o.Meter = web.URL+"/sse", p
	o.Logger = slog.New(slog.NewTextHandler(p.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	d, err := mcpconn.New(o)
	if err != nil {
		t.Fatal(err)
	}
	p.Dialer = d
	t.Cleanup(func() {
		d.Close()
		if v := slices.DeleteFunc(p.Violations(), func(v string) bool { return slices.Contains(p.allowed, v) }); len(v) != 0 {
			t.Errorf("violations: %v", v)
		}
		for _, secret := range slices.Concat(p.Bearers(), p.Codes(), p.LoginLinks()) {
			if strings.Contains(p.log.b.String(), secret) {
				t.Error("the log holds a secret")
			}
		}
	})
	return p
}

// Close closes the Dialer, which is closed again at the end.
func (p *place) Close() { p.Dialer.Close() }

// enter makes a login by OAuth, as a person does who pastes the address.
func (p *place) enter(t *testing.T, user string) session.Credential {
	t.Helper()
	a := p.attempt(t, user)
	h, err := p.Redeem(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// attempt is an attempt with its code.
func (p *place) attempt(t *testing.T, user string) session.Attempt {
	t.Helper()
	a, link, err := p.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	back, status := p.Authorize(t.Context(), link.Reveal(), user)
	u, err := url.Parse(back)
	if err != nil || status != 302 || !strings.HasPrefix(back, a.Redirect+"?") || u.Query().Get("state") != a.State {
		t.Fatalf("the browser ended with %d, and not where it should", status)
	}
	a.Code = u.Query().Get("code")
	return a
}
