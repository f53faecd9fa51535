package mcpconn

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

// What a server lists, with or without a document on OAuth, says how it is asked
// and how people log in. The document alone says nothing.
func TestSurface(t *testing.T) {
	for name, test := range map[string]struct {
		list       string
		documented bool
		want       Surface
		name       string
		opened     wire.Kind // KindUnknown: it is
		asked      string    // how holdings are asked for; "" not at all
	}{
		"today":                  {listToday, false, Surface{Style: query.StyleTools, Login: true}, "tools", 0, "get_holdings"},
		"today and the document": {listToday, true, Surface{Style: query.StyleTools, Login: true}, "tools", 0, "get_holdings"},
		"a hybrid":               {listHybrid, true, Surface{Style: query.StyleModes, Login: true}, "tools with modes", 0, "portfolio"},
		"no way to log in":       {listLoginless, false, Surface{Style: query.StyleTools}, "tools", 0, "get_holdings"},
		"OAuth, later asked for": {listLoginless, true, Surface{Style: query.StyleTools, OAuth: true}, "OAuth, tools", wire.KindAuthorize, ""},
		"the same with modes":    {listNext, true, Surface{Style: query.StyleModes, OAuth: true}, "OAuth, tools with modes", wire.KindAuthorize, ""},
		"modes, no way in":       {listNext, false, Surface{Style: query.StyleModes}, "tools with modes", 0, "portfolio"},
		"foreign":                {listForeign, true, Surface{Unfamiliar: true}, "unfamiliar", wire.KindUnknownServer, ""},
		"nothing":                {`[]`, false, Surface{Unfamiliar: true}, "unfamiliar", wire.KindUnknownServer, ""},
	} {
		for _, path := range []string{"/sse", "/mcp"} {
			t.Run(name+path, func(t *testing.T) {
				var l ledger
				f := newFar(t, func(f *far) {
					f.list = func() string { return test.list }
					f.pages = map[string]http.HandlerFunc{resourceDocument: func(w http.ResponseWriter, _ *http.Request) {
						if !test.documented {
							w.WriteHeader(404)
						}
						fmt.Fprint(w, someDocument)
					}}
				})
				d := f.stranger(t, path, Options{Meter: &l})
				if got := d.Surface().Name(); got != "not looked at yet" {
					t.Errorf("before: %q", got)
				}
				c, err := d.Open(t.Context())
				if test.opened != wire.KindUnknown {
					wantKind(t, err, test.opened)
					c = d.Resume(held(session.NewID(secret)), nil)
				} else if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				test.want.Stream = path == "/sse"
				if got := d.Surface(); got != test.want || got.Name() != test.name || !slices.Equal(l.surfaces, []string{test.name}) {
					t.Errorf("surface %+v, named %q, told %q", got, got.Name(), l.surfaces)
				}
				_, err = c.Call(t.Context(), query.Holdings())
				if test.asked != "" && (err != nil || <-f.called != test.asked) {
					t.Errorf("asked otherwise, or %v", err)
				}
				if test.opened == wire.KindUnknownServer {
					wantKind(t, err, wire.KindUnknownServer)
					if len(f.called) > 0 {
						t.Error("an unfamiliar server was asked something")
					}
				}
			})
		}
	}
}

func TestSurfaceNames(t *testing.T) {
	if names := Surfaces(); slices.Contains(names, "") || len(slices.Compact(slices.Sorted(slices.Values(names)))) != len(names) {
		t.Errorf("names %q", names)
	}
	for _, style := range []query.Style{query.StyleUnknown, query.StyleTools, query.StyleModes} {
		for _, flags := range []string{"", "login", "oauth", "unfamiliar", "login oauth"} {
			s := Surface{Style: style, Login: strings.Contains(flags, "login"), OAuth: strings.Contains(flags, "oauth"), Unfamiliar: flags == "unfamiliar"}
			if !slices.Contains(Surfaces(), s.Name()) {
				t.Errorf("%+v is named %q", s, s.Name())
			}
		}
	}
}

// turning is a far end that lists something else from some moment on, and knows
// only the tools that it lists.
func turning(f *far) *atomic.Pointer[string] {
	var list atomic.Pointer[string]
	f.list = func() string { return *list.Load() }
	f.result = func(tool string) string {
		if !strings.Contains(*list.Load(), `"`+tool+`"`) {
			return fmt.Sprintf(`!{"code":-32602,"message":"unknown tool \"%s\""}`, tool)
		}
		return textResult("answer of " + tool)
	}
	return &list
}

// A server that asks to be asked otherwise is, within the same call. Calls side by
// side look once.
func TestStyleChangesUnderACall(t *testing.T) {
	for _, path := range []string{"/sse", "/mcp"} {
		t.Run(path, func(t *testing.T) {
			var list *atomic.Pointer[string]
			var l ledger
			f := newFar(t, func(f *far) { list = turning(f) })
			list.Store(new(listToday))
			d := f.stranger(t, path, Options{Meter: &l, LookPause: time.Nanosecond})
			c := open(t, d)
			for _, turn := range []struct{ list, answer string }{
				{listToday, "answer of get_holdings"}, {listHybrid, "answer of portfolio"}, {listToday, "answer of get_holdings"},
			} {
				list.Store(&turn.list)
				var all sync.WaitGroup
				for range 10 {
					all.Go(func() {
						if text, err := c.Call(t.Context(), query.Holdings()); text != turn.answer {
							t.Errorf("Call = %q, %v; want %s", text, err, turn.answer)
						}
					})
				}
				all.Wait()
			}
			if want := []string{"tools", "tools with modes", "tools"}; !slices.Equal(l.surfaces, want) {
				t.Errorf("told %q", l.surfaces)
			}
		})
	}
}

// A server that nobody knows is asked nothing until it is looked at again and has
// become familiar.
func TestUnfamiliarServerComesBack(t *testing.T) {
	var list *atomic.Pointer[string]
	var forgets atomic.Bool
	f := newFar(t, func(f *far) { list = turning(f) })
	usual := f.Config.Handler
	f.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if forgets.Load() && r.Header.Get("Mcp-Session-Id") == secret {
			http.Error(w, "Invalid session ID", http.StatusBadRequest)
			return
		}
		usual.ServeHTTP(w, r)
	})
	list.Store(new(listForeign))
	d := f.stranger(t, "/sse", Options{LookPause: time.Nanosecond})
	c := d.Resume(held(session.NewID(secret)), nil)
	_, err := c.Call(t.Context(), query.Holdings()) // nobody has looked: it is asked, and looked at
	wantKind(t, err, wire.KindUnknownServer)
	called := len(f.called)
	_, err = c.Call(t.Context(), query.Holdings())
	wantKind(t, err, wire.KindUnknownServer)
	if len(f.called) != called {
		t.Error("an unfamiliar server was asked something")
	}
	list.Store(new(listToday))
	forgets.Store(true) // and this login with the rest: the look is not over it
	_, err = c.Call(t.Context(), query.Holdings())
	wantKind(t, err, wire.KindEnded)
	if got := d.Surface().Name(); got != "tools" {
		t.Errorf("surface %q", got)
	}
}

// The login tool is asked for as such whatever the style, as long as it is listed.
func TestLoginTool(t *testing.T) {
	var list *atomic.Pointer[string]
	f := newFar(t, func(f *far) {
		list = turning(f)
		f.pages = map[string]http.HandlerFunc{resourceDocument: func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, someDocument) }}
	})
	list.Store(new(listHybrid))
	c := open(t, f.stranger(t, "/mcp", Options{}))
	if text, err := c.Call(t.Context(), query.Login()); text != "answer of login" {
		t.Errorf("Call = %q, %v", text, err)
	}
	list.Store(new(listNext))
	_, err := c.Call(t.Context(), query.Login())
	wantKind(t, err, wire.KindAuthorize)
}
