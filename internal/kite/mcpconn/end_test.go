package mcpconn

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

func TestEnd(t *testing.T) {
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	unknown := answer(400, "Invalid session ID\n")
	const notFound = "Session termination failed: session ID not found\n"
	for name, test := range map[string]struct {
		remove, mcp http.HandlerFunc // mcp nil: the session still answers
		probed, ok  bool
	}{
		"ended":                       {answer(200, ""), nil, false, true},
		"ended before":                {answer(404, "Session terminated\n"), nil, false, true},
		"unknown":                     {answer(500, notFound), unknown, true, true},
		"unknown, it says, yet alive": {answer(500, notFound), nil, true, false},
		"failed, then gone":           {answer(500, "boom "+secret), answer(404, "Session terminated\n"), true, true},
		"failed, alive":               {answer(500, "boom "+secret), nil, true, false},
		"failed, probe failed":        {answer(500, "boom"), answer(502, "<html>"), true, false},
		"a router's 404, alive":       {answer(404, "404 page not found\n"), nil, true, false},
		"not allowed":                 {answer(405, ""), nil, true, false},
		"no answer":                   {hang, nil, false, false},
		"no answer to the probe":      {answer(500, "boom"), hang, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFar(t, func(f *far) { f.remove, f.mcp = test.remove, test.mcp })
			limit := time.Second
			if name == "no answer" || name == "no answer to the probe" {
				limit = 50 * time.Millisecond
			}
			d := f.dialer(t, "/sse", Options{CallTimeout: limit})
			id := session.NewID(secret + "-0000")
			err := d.End(t.Context(), held(id))
			if test.ok && err != nil {
				t.Errorf("End = %v, want nil", err)
			}
			if !test.ok {
				wantKind(t, err, wire.KindUnreachable)
			}
			want := []string{"DELETE /mcp"}
			if test.probed {
				want = append(want, "POST /mcp tools/call")
			}
			if got := f.requests(); !slices.Equal(got, want) {
				t.Errorf("requests = %v, want %v", got, want)
			}
			for _, r := range f.record() {
				if r.session != id.Reveal() {
					t.Errorf("%s without the session id", r.method)
				}
			}
		})
	}
}

// The server says 200 also when Kite did not answer the logout within 7 s.
func TestASlowEndIsNotBelieved(t *testing.T) {
	for took, ended := range map[time.Duration]bool{0: true, 3 * time.Second: true, 7 * time.Second: false, 15 * time.Second: false} {
		synctest.Test(t, func(t *testing.T) {
			s := &scripted{piece: 1, answer: func(req *http.Request) *http.Response {
				time.Sleep(took) // the bubble's: what the server waits for Kite
				return response(req, http.StatusOK, "text/plain", http.NoBody)
			}}
			d, _ := s.dialer(t, mcpPath)
			err := d.End(t.Context(), held(session.NewID(secret)))
			if (err == nil) != ended || err != nil && wire.KindOf(err) != wire.KindUnreachable {
				t.Errorf("after %v: %v", took, err)
			}
			d.Close()
			synctest.Wait()
		})
	}
}
