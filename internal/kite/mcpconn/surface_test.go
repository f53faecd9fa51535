package mcpconn

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/kite"
	"kitebot/internal/kite/session"
)

// What a server lists, with or without a document on OAuth, says how it is asked
// and how people log in. The document alone says nothing.
func TestSurface(t *testing.T) {
	for name, test := range map[string]struct {
		list       string
		documented bool
		want       Surface
		name       string
		opened     kite.Kind // KindUnknown: it is
		asked      string    // how holdings are asked for; "" not at all
	}{
		"today":                  {listToday, false, Surface{Style: kite.StyleTools, Login: true}, "tools", 0, "get_holdings"},
		"today and the document": {listToday, true, Surface{Style: kite.StyleTools, Login: true}, "tools", 0, "get_holdings"},
		"a hybrid":               {listHybrid, true, Surface{Style: kite.StyleModes, Login: true}, "tools with modes", 0, "portfolio"},
		"no way to log in":       {listLoginless, false, Surface{Style: kite.StyleTools}, "tools", 0, "get_holdings"},
		"OAuth, later asked for": {listLoginless, true, Surface{Style: kite.StyleTools, OAuth: true}, "OAuth, tools", kite.KindAuthorize, ""},
		"the same with modes":    {listNext, true, Surface{Style: kite.StyleModes, OAuth: true}, "OAuth, tools with modes", kite.KindAuthorize, ""},
		"modes, no way in":       {listNext, false, Surface{Style: kite.StyleModes}, "tools with modes", 0, "portfolio"},
		"foreign":                {listForeign, true, Surface{Unfamiliar: true}, "unfamiliar", kite.KindUnfamiliar, ""},
		"nothing":                {`[]`, false, Surface{Unfamiliar: true}, "unfamiliar", kite.KindUnfamiliar, ""},
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
				if test.opened != kite.KindUnknown {
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
				_, err = c.Call(t.Context(), kite.AskHoldings())
				if test.asked != "" && (err != nil || <-f.called != test.asked) {
					t.Errorf("asked otherwise, or %v", err)
				}
				if test.opened == kite.KindUnfamiliar {
					wantKind(t, err, kite.KindUnfamiliar)
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
	for _, style := range []kite.Style{kite.StyleUnknown, kite.StyleTools, kite.StyleModes} {
		for _, flags := range []string{"", "login", "oauth", "unfamiliar", "login oauth"} {
			s := Surface{Style: style, Login: strings.Contains(flags, "login"), OAuth: strings.Contains(flags, "oauth"), Unfamiliar: flags == "unfamiliar"}
			if !slices.Contains(Surfaces(), s.Name()) {
				t.Errorf("%+v is named %q", s, s.Name())
			}
		}
	}
}

// The first look is once per process, whoever opens.
func TestOneLook(t *testing.T) {
	f := newFar(t, nil)
	d := f.stranger(t, "/sse", Options{})
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if c, err := d.Open(t.Context()); err == nil {
				defer c.Close()
				_, _ = c.Call(t.Context(), kite.AskHoldings())
			}
		})
	}
	all.Wait()
	if n := f.count("tools/list"); n != 1 {
		t.Errorf("%d looks", n)
	}
}

// count returns how often a JSON-RPC method was called.
func (f *far) count(method string) (n int) {
	for _, s := range f.record() {
		if s.rpc == method {
			n++
		}
	}
	return n
}

// A resumed session is asked at once. The look follows its first answer, and
// belongs to the Dialer.
func TestLookAfterTheFirstAnswer(t *testing.T) {
	var looked sync.WaitGroup
	looked.Add(1)
	release := make(chan struct{})
	f := newFar(t, func(f *far) {
		f.list = func() string { defer looked.Done(); <-release; return listToday }
	})
	d := f.stranger(t, "/sse", Options{})
	c := d.Resume(held(session.NewID(secret)), nil)
	for range 3 {
		if text, err := c.Call(t.Context(), kite.AskHoldings()); text != "answer of get_holdings" {
			t.Fatalf("Call = %q, %v", text, err)
		}
	}
	close(release)
	looked.Wait()
	d.work.Wait()
	if s := d.Surface(); s.Style != kite.StyleTools || f.count("tools/list") != 1 {
		t.Errorf("surface %+v after %d looks", s, f.count("tools/list"))
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
						if text, err := c.Call(t.Context(), kite.AskHoldings()); text != turn.answer {
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

// Not every failure is followed by a look: one in ten seconds is enough, and none
// is made for what such a server never had.
func TestNoStormOfLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		missing := `{"jsonrpc":"2.0","id":%s,"error":{"code":-32602,"message":"unknown tool"}}`
		looks, broken := 0, false
		serve := tripper(func(req *http.Request) (*http.Response, error) {
			text := missing
			call := parse(bodyOf(req))
			if call.Method == "tools/list" {
				looks++
				if text = `{"jsonrpc":"2.0","id":%s,"result":{"tools":` + listToday + `}}`; broken {
					return nil, errors.New("reset")
				}
			}
			return response(req, 200, "application/json", bodyWith(fmt.Sprintf(text, call.ID))), nil
		})
		d := serve.dialer(t, mcpPath, Options{})
		c := d.Resume(held(session.NewID(secret)), nil)
		wants := func(want int, q kite.Query) {
			t.Helper()
			for range 5 {
				_, err := c.Call(t.Context(), q)
				wantKind(t, err, kite.KindNoTool)
			}
			if looks != want {
				t.Errorf("%d looks, want %d", looks, want)
			}
		}
		wants(0, kite.AskAlerts())
		wants(1, kite.AskHoldings())
		time.Sleep(DefaultLookPause - time.Second)
		wants(1, kite.AskHoldings())
		broken = true
		time.Sleep(time.Second)
		wants(2, kite.AskHoldings())
		time.Sleep(DefaultLookPause)
		wants(3, kite.AskHoldings())
	})
}

// A server that nobody knows is asked nothing until it is looked at again and has
// become familiar.
func TestUnfamiliarServerComesBack(t *testing.T) {
	var list *atomic.Pointer[string]
	f := newFar(t, func(f *far) { list = turning(f) })
	list.Store(new(listForeign))
	d := f.stranger(t, "/sse", Options{LookPause: time.Nanosecond})
	c := d.Resume(held(session.NewID(secret)), nil)
	_, err := c.Call(t.Context(), kite.AskHoldings()) // nobody has looked: it is asked, and looked at
	wantKind(t, err, kite.KindUnfamiliar)
	called := len(f.called)
	_, err = c.Call(t.Context(), kite.AskHoldings())
	wantKind(t, err, kite.KindUnfamiliar)
	if len(f.called) != called {
		t.Error("an unfamiliar server was asked something")
	}
	list.Store(new(listToday))
	if text, err := c.Call(t.Context(), kite.AskHoldings()); text != "answer of get_holdings" {
		t.Errorf("Call = %q, %v", text, err)
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
	if text, err := c.Call(t.Context(), kite.AskLogin()); text != "answer of login" {
		t.Errorf("Call = %q, %v", text, err)
	}
	list.Store(new(listNext))
	_, err := c.Call(t.Context(), kite.AskLogin())
	wantKind(t, err, kite.KindAuthorize)
}

// A look that nobody waits for any more says nothing, and does not keep others
// from looking.
func TestAbandonedLook(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var once sync.Once
	f := newFar(t, func(f *far) {
		f.list = func() string { once.Do(cancel); return listToday }
	})
	d := f.stranger(t, "/mcp", Options{})
	if _, err := d.Open(ctx); err != nil {
		wantKind(t, err, kite.KindUnreachable)
	}
	open(t, d)
	if s := d.Surface(); s.Style != kite.StyleTools {
		t.Errorf("surface %+v", s)
	}
}

// A look in the background ends with the Dialer.
func TestCloseEndsALook(t *testing.T) {
	listed := make(chan struct{})
	var once sync.Once
	f := newFar(t, nil)
	usual := f.Config.Handler
	f.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := bodyOf(r)
		r.Body = bodyWith(string(body))
		if parse(body).Method == "tools/list" {
			once.Do(func() { close(listed) })
			<-r.Context().Done()
			return
		}
		usual.ServeHTTP(w, r)
	})
	d := f.stranger(t, "/sse", Options{CallTimeout: patience})
	if text, err := d.Resume(held(session.NewID(secret)), nil).Call(t.Context(), kite.AskHoldings()); text != "answer of get_holdings" {
		t.Fatalf("Call = %q, %v", text, err)
	}
	closes(t, "the look", listed)
	began := time.Now()
	d.Close()
	if took := time.Since(began); took > patience/2 {
		t.Errorf("Close took %v", took)
	}
	if s := d.Surface(); s.Name() != "not looked at yet" {
		t.Errorf("surface %+v", s)
	}
}
