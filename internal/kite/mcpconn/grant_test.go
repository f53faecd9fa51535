package mcpconn

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"testing"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
)

// Calls side by side, over one connection or several, make one MCP session, and
// each loses it once.
func TestCallsShareAnMCPSession(t *testing.T) {
	m := newModalFar(t)
	d := m.grown(t)
	var told renewals
	conns := []session.Conn{d.Resume(bearing(secret), told.note), d.Resume(bearing(secret), told.note)}
	for round := range 3 {
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				if text, err := conns[i%2].Call(t.Context(), query.Holdings()); text != "answer of portfolio" {
					t.Errorf("Call = %q, %v", text, err)
				}
			})
		}
		all.Wait()
		if m.joins != round+1 || len(told.ids) != round+1 {
			t.Fatalf("%d sessions made, told of %d, want %d", m.joins, len(told.ids), round+1)
		}
		m.mu.Lock()
		clear(m.sessions)
		m.mu.Unlock()
	}
}

// The maker of the session may give up: another caller makes it then.
func TestJoiningIsTakenOver(t *testing.T) {
	m := newModalFar(t)
	m.hold, m.held = make(chan struct{}), make(chan struct{}, 9)
	d := m.grown(t)
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error)
	go func() {
		_, err := d.Resume(bearing(""), nil).Call(ctx, query.Holdings())
		first <- err
	}()
	<-m.held
	second := make(chan string)
	go func() {
		text, err := d.Resume(bearing(""), nil).Call(t.Context(), query.Holdings())
		second <- cmp.Or(text, fmt.Sprint(err))
	}()
	cancel()
	wantKind(t, <-first, wire.KindUnreachable)
	close(m.hold)
	if got := <-second; got != "answer of portfolio" {
		t.Errorf("the other call: %s", got)
	}
}

// What is kept of a bearer goes with its last connection.
func TestGrantsAreForgotten(t *testing.T) {
	var all grants
	func() {
		g := all.of(bearing(""))
		if all.of(bearing(secret)) != g {
			t.Error("two grants of one bearer")
		}
		runtime.KeepAlive(g)
	}()
	for left := 1; left > 0; runtime.GC() {
		all.mu.Lock()
		left = len(all.all)
		all.mu.Unlock()
	}
}

// A look with a bearer outlives the MCP session that it meant to look over.
func TestLookOverALostSession(t *testing.T) {
	m := newModalFar(t)
	lost := false
	m.refuse = func(w http.ResponseWriter, call rpc, known bool) bool {
		if call.Method != "tools/list" || lost {
			return false
		}
		lost = true
		http.Error(w, "session not found", http.StatusNotFound)
		return true
	}
	d := m.stranger(t, "/sse", Options{})
	if text, err := d.Resume(bearing(""), nil).Call(t.Context(), query.Holdings()); text != "answer of portfolio" {
		t.Errorf("Call = %q, %v", text, err)
	}
	d.work.Wait()
	if s := d.Surface(); s.Style != query.StyleModes || m.joins != 2 {
		t.Errorf("surface %+v, %d sessions made", s, m.joins)
	}
}
