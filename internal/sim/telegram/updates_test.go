package telegram

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ids takes the update ids out of an answer to getUpdates.
func ids(t *testing.T, raw json.RawMessage) []int64 {
	t.Helper()
	var out []int64
	for _, u := range decode[[]wireUpdate](t, raw) {
		out = append(out, u.UpdateID)
	}
	return out
}

func TestOffsetsConfirm(t *testing.T) {
	r := startServer(t)
	p := r.User(42, "Asha")
	for range 5 {
		p.Send("hello")
	}
	for _, tc := range []struct {
		p    params
		want []int64
		left int
	}{
		{params{}, []int64{1, 2, 3, 4, 5}, 5},
		{params{"limit": 2}, []int64{1, 2}, 5},
		{params{"limit": 1000}, []int64{1, 2, 3, 4, 5}, 5},
		{params{"offset": 2, "limit": 2}, []int64{2, 3}, 4},
		{params{"offset": 1}, []int64{2, 3, 4, 5}, 4}, // what is confirmed does not come back
		{params{"offset": -2}, []int64{4, 5}, 2},
		{params{"offset": -9}, []int64{4, 5}, 2},
		{params{"offset": 900}, []int64{4, 5}, 2}, // of a numbering that ended
		{params{"offset": 6}, nil, 0},
		{params{"offset": -1}, nil, 0},
	} {
		got := ids(t, r.must("getUpdates", tc.p))
		if cmp.Diff(tc.want, got) != "" || r.Queue() != tc.left {
			t.Fatalf("getUpdates(%v): %v, %d left; want %v, %d", tc.p, got, r.Queue(), tc.want, tc.left)
		}
	}
	r.noViolations()
}

func TestNumberingMayRestart(t *testing.T) {
	r := startServer(t)
	p := r.User(42, "Asha")
	r.SetNextUpdateID(900)
	p.Send("old")
	r.SetNextUpdateID(5)
	p.Send("new")
	for _, tc := range []struct {
		offset int64
		want   []int64
	}{{0, []int64{900, 5}}, {901, []int64{5}}, {901, []int64{5}}, {6, nil}} {
		if got := ids(t, r.must("getUpdates", params{"offset": tc.offset})); cmp.Diff(tc.want, got) != "" {
			t.Fatalf("offset %d: %v, want %v", tc.offset, got, tc.want)
		}
	}
}

func TestLongPollWaits(t *testing.T) {
	r := startServer(t)
	p := r.User(42, "Asha")
	got := r.poll(t.Context(), params{"timeout": 30})
	r.waitPolling()
	p.Send("hello")
	if a := <-got; cmp.Diff([]int64{1}, ids(t, a.Result)) != "" {
		t.Errorf("poll: %+v", a)
	}
}

func TestTheOlderPollEnds(t *testing.T) {
	r := startServer(t)
	p := r.User(42, "Asha")
	older := r.poll(t.Context(), params{"timeout": 30})
	r.waitPolling()
	newer := r.poll(t.Context(), params{"timeout": 30})
	const words = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
	if a := <-older; a.status != 409 || a.ErrorCode != 409 || a.Description != words {
		t.Errorf("older poll: %+v", a)
	}
	p.Send("hello")
	if a := <-newer; !a.OK || len(ids(t, a.Result)) != 1 {
		t.Errorf("newer poll: %+v", a)
	}
}

func TestPollEndsWithItsClientAndItsServer(t *testing.T) {
	r := startServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	gone := r.poll(ctx, params{"timeout": 50})
	r.waitPolling()
	cancel()
	if a := <-gone; a.OK {
		t.Errorf("a cancelled poll answered %+v", a)
	}
	if err := r.wait(t.Context(), func() bool { return r.updates.poll == nil }); err != nil {
		t.Fatal(err)
	}
	stays := r.poll(t.Context(), params{"timeout": 50})
	r.waitPolling()
	r.Close()
	if a := <-stays; !a.OK || string(a.Result) != "[]" {
		t.Errorf("poll of a closed server: %+v", a)
	}
}

// poll starts a getUpdates; a call that fails arrives as the zero answer.
func (r *fixture) poll(ctx context.Context, p params) <-chan answer {
	got := make(chan answer, 1)
	done := make(chan struct{})
	r.t.Cleanup(func() { r.Close(); <-done })
	go func() {
		defer close(done)
		a, err := r.do(ctx, "getUpdates", "application/json", jsonBody(p))
		if err != nil {
			a = answer{}
		}
		got <- a
	}()
	return got
}

// waitPolling blocks until a getUpdates is being held.
func (r *fixture) waitPolling() {
	r.t.Helper()
	if err := r.WaitPolling(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
}

func TestAllowedUpdatesStay(t *testing.T) {
	r := startServer(t)
	p := r.User(42, "Asha")
	r.must("getUpdates", params{"allowed_updates": []string{"callback_query"}})
	if id := p.Send("unseen"); id != 0 {
		t.Errorf("a message that nobody asked for has number %d", id)
	}
	r.must("getUpdates", params{})
	p.Send("unseen")
	p.PressForged(1, "x")
	r.must("getUpdates", params{"allowed_updates": []string{}})
	p.Send("seen")
	if got := ids(t, r.must("getUpdates", nil)); len(got) != 2 {
		t.Errorf("updates %v", got)
	}
	r.noViolations()
	r.must("getUpdates", params{"allowed_updates": []string{"messages"}})
	r.wantViolation(`"messages", which is no kind of update`)
	r.refused("getUpdates", params{"allowed_updates": "message"}, "can't parse allowed_updates JSON object")
}
