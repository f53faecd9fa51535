package mcpconn_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/kite/mcpconn"
	"kitebot/internal/kite/query"
	"kitebot/internal/kite/wire"
)

// What a server lists, with or without a document on OAuth, says how it is asked
// and how people log in. The document alone says nothing.
func TestSurface(t *testing.T) {
	for name, test := range map[string]struct {
		list       string
		documented bool
		want       mcpconn.Surface
		name       string
		opened     wire.Kind // KindUnknown: it is
		asked      string    // how holdings are asked for; "" not at all
	}{
		"today":                  {listToday, false, mcpconn.Surface{Style: query.StyleTools, Login: true}, "tools", 0, "get_holdings"},
		"today and the document": {listToday, true, mcpconn.Surface{Style: query.StyleTools, Login: true}, "tools", 0, "get_holdings"},
		"a hybrid":               {listHybrid, true, mcpconn.Surface{Style: query.StyleModes, Login: true}, "tools with modes", 0, "portfolio"},
		"no way to log in":       {listLoginless, false, mcpconn.Surface{Style: query.StyleTools}, "tools", 0, "get_holdings"},
		"OAuth, later asked for": {listLoginless, true, mcpconn.Surface{Style: query.StyleTools, OAuth: true}, "OAuth, tools", wire.KindAuthorize, ""},
		"the same with modes":    {listNext, true, mcpconn.Surface{Style: query.StyleModes, OAuth: true}, "OAuth, tools with modes", wire.KindAuthorize, ""},
		"modes, no way in":       {listNext, false, mcpconn.Surface{Style: query.StyleModes}, "tools with modes", 0, "portfolio"},
		"foreign":                {listForeign, true, mcpconn.Surface{Unfamiliar: true}, "unfamiliar", wire.KindUnknownServer, ""},
		"nothing":                {`[]`, false, mcpconn.Surface{Unfamiliar: true}, "unfamiliar", wire.KindUnknownServer, ""},
	} {
		for _, path := range []string{"/sse", "/mcp"} {
			t.Run(name+path, func(t *testing.T) {
				var l meterRecord
				f := newServer(t, func(f *fakeServer) {
					f.list = func() string { return test.list }
					f.pages = map[string]http.HandlerFunc{mcpconn.ResourceDocument: func(w http.ResponseWriter, _ *http.Request) {
						if !test.documented {
							w.WriteHeader(404)
						}
						fmt.Fprint(w, someDocument)
					}}
				})
				d := f.newDialer(t, path, mcpconn.Options{Meter: &l})
				if got := d.Surface().Name(); got != "not looked at yet" {
					t.Errorf("before: %q", got)
				}
				c, err := d.Open(t.Context())
				if test.opened != wire.KindUnknown {
					wantKind(t, err, test.opened)
					c = d.Resume(someSession(), nil)
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
	if names := mcpconn.Surfaces(); slices.Contains(names, "") || len(slices.Compact(slices.Sorted(slices.Values(names)))) != len(names) {
		t.Errorf("names %q", names)
	}
	for _, style := range []query.Style{query.StyleUnknown, query.StyleTools, query.StyleModes} {
		for _, flags := range []string{"", "login", "oauth", "unfamiliar", "login oauth"} {
			s := mcpconn.Surface{Style: style, Login: strings.Contains(flags, "login"), OAuth: strings.Contains(flags, "oauth"), Unfamiliar: flags == "unfamiliar"}
			if !slices.Contains(mcpconn.Surfaces(), s.Name()) {
				t.Errorf("%+v is named %q", s, s.Name())
			}
		}
	}
}

// turning is a server that lists something else from some moment on, and knows
// only the tools that it lists.
func turning(f *fakeServer) *atomic.Pointer[string] {
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
			var l meterRecord
			f := newServer(t, func(f *fakeServer) { list = turning(f) })
			list.Store(new(listToday))
			d := f.newDialer(t, path, mcpconn.Options{Meter: &l, LookPause: time.Nanosecond})
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

// A server of which no tool is known is asked nothing until it is looked at again and has
// become familiar.
func TestUnfamiliarServerComesBack(t *testing.T) {
	var list *atomic.Pointer[string]
	var forgets atomic.Bool
	f := newServer(t, func(f *fakeServer) {
		list = turning(f)
		f.before = func(w http.ResponseWriter, r *http.Request) bool {
			forgotten := forgets.Load() && r.Header.Get("Mcp-Session-Id") == secret
			if forgotten {
				http.Error(w, "Invalid session ID", http.StatusBadRequest)
			}
			return forgotten
		}
	})
	list.Store(new(listForeign))
	d := f.newDialer(t, "/sse", mcpconn.Options{LookPause: time.Nanosecond})
	c := d.Resume(someSession(), nil)
	_, err := c.Call(t.Context(), query.Holdings()) // it was not looked at: it is asked, and looked at
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
	f := newServer(t, func(f *fakeServer) {
		list = turning(f)
		f.pages = map[string]http.HandlerFunc{mcpconn.ResourceDocument: func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, someDocument) }}
	})
	list.Store(new(listHybrid))
	c := open(t, f.newDialer(t, "/mcp", mcpconn.Options{}))
	wantText(t, c, query.Login(), "answer of login")
	list.Store(new(listNext))
	_, err := c.Call(t.Context(), query.Login())
	wantKind(t, err, wire.KindAuthorize)
}

// The first look is once per process.
func TestOneLook(t *testing.T) {
	f := newServer(t, nil)
	d := f.newDialer(t, "/sse", mcpconn.Options{})
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if c, err := d.Open(t.Context()); err == nil {
				defer c.Close()
				_, _ = c.Call(t.Context(), query.Holdings())
			}
		})
	}
	all.Wait()
	if n := f.count("tools/list"); n != 1 {
		t.Errorf("%d looks", n)
	}
}

// A resumed session is asked at once. The look follows its first answer, and
// belongs to the Dialer.
func TestLookAfterTheFirstAnswer(t *testing.T) {
	var ended sync.WaitGroup
	ended.Add(1)
	release := make(chan struct{})
	f := newServer(t, func(f *fakeServer) {
		f.list = func() string { defer ended.Done(); <-release; return listToday }
	})
	d := f.newDialer(t, "/sse", mcpconn.Options{})
	c := d.Resume(someSession(), nil)
	for range 3 {
		wantText(t, c, query.Holdings(), "answer of get_holdings")
	}
	close(release)
	ended.Wait()
	d.Rest()
	if s := d.Surface(); s.Style != query.StyleTools || f.count("tools/list") != 1 {
		t.Errorf("surface %+v after %d looks", s, f.count("tools/list"))
	}
}

// Not every failure is followed by a look: one in ten seconds is enough, and none
// is made for what such a server never had.
func TestNoStormOfLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		looks, broken := 0, false
		f := newLocalServer(func(f *fakeServer) {
			f.result = func(string) string { return `!{"code":-32602,"message":"unknown tool"}` }
			f.list = func() string {
				if looks++; broken {
					panic(http.ErrAbortHandler)
				}
				return listToday
			}
		})
		d := f.dialer(t, "/mcp", mcpconn.Options{})
		c := d.Resume(someSession(), nil)
		wants := func(want int, q query.Query) {
			t.Helper()
			for range 5 {
				_, err := c.Call(t.Context(), q)
				wantKind(t, err, wire.KindNoTool)
			}
			if looks != want {
				t.Errorf("%d looks, want %d", looks, want)
			}
		}
		wants(0, query.Alerts())
		wants(1, query.Holdings())
		time.Sleep(mcpconn.DefaultLookPause - time.Second)
		wants(1, query.Holdings())
		broken = true
		time.Sleep(time.Second)
		wants(2, query.Holdings())
		time.Sleep(mcpconn.DefaultLookPause)
		wants(3, query.Holdings())
	})
}

// A look without a waiting caller says nothing, and does not keep others
// from looking.
func TestAbandonedLook(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var once sync.Once
	f := newServer(t, func(f *fakeServer) {
		f.list = func() string { once.Do(cancel); return listToday }
	})
	d := f.newDialer(t, "/mcp", mcpconn.Options{})
	if _, err := d.Open(ctx); err != nil {
		wantKind(t, err, wire.KindUnreachable)
	}
	open(t, d)
	if s := d.Surface(); s.Style != query.StyleTools {
		t.Errorf("surface %+v", s)
	}
}

// A look in the background ends with the Dialer.
func TestCloseEndsALook(t *testing.T) {
	listed := make(chan struct{})
	var once sync.Once
	f := newServer(t, func(f *fakeServer) {
		f.before = func(w http.ResponseWriter, r *http.Request) bool {
			looks := parse(bodyOf(r)).Method == "tools/list"
			if looks {
				once.Do(func() { close(listed) })
				hang(w, r)
			}
			return looks
		}
	})
	d := f.newDialer(t, "/sse", mcpconn.Options{CallTimeout: waitLimit})
	wantText(t, d.Resume(someSession(), nil), query.Holdings(), "answer of get_holdings")
	closes(t, "the look", listed)
	began := time.Now()
	d.Close()
	if took := time.Since(began); took > waitLimit/2 {
		t.Errorf("Close took %v", took)
	}
	if s := d.Surface(); s.Name() != "not looked at yet" {
		t.Errorf("surface %+v", s)
	}
}

// A meter with a bug ends no process, and no look for good.
func TestLookPanics(t *testing.T) {
	f := newServer(t, nil)
	d, book := newDialer(t, mcpconn.Options{URL: f.URL + "/sse", Meter: &buggy{}, LookPause: time.Nanosecond})
	defer d.Close()
	c := d.Resume(someSession(), nil)
	for range 2 {
		wantText(t, c, query.Holdings(), "answer of get_holdings")
		d.Rest()
	}
	if n := strings.Count(book.String(), "panicked"); n != 1 || d.Surface().Style != query.StyleTools {
		t.Errorf("%d bugs in the log, surface %+v", n, d.Surface())
	}
}

// buggy is a meter that panics once.
type buggy struct{ once sync.Once }

func (*buggy) Tool(string, string, time.Duration, string) {}
func (b *buggy) Surface(string)                           { b.once.Do(func() { panic("a bug") }) }
