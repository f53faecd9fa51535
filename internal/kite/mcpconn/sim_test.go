package mcpconn_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kitebot/internal/kite/mcpconn"
	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/wire"
	sim "kitebot/internal/sim/kite"
	"kitebot/internal/sim/kite/sample"
)

// TestWholeLogin goes through a session's life with the simulated server: login
// over a stream, the stream lost, taken up again over /mcp, ended.
func TestWholeLogin(t *testing.T) {
	far := sim.New(sim.Options{PingEvery: time.Millisecond})
	server := httptest.NewServer(far)
	t.Cleanup(server.Close)
	t.Cleanup(far.Close)
	d, err := mcpconn.New(mcpconn.Options{URL: server.URL + "/sse"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)

	conn, err := d.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	user := sample.Accounts()[0].UserID()
	logIn(t, far, conn, user)
	wantProfile(t, conn, user)

	if n := far.DropStreams(); n != 1 {
		t.Fatalf("%d streams, want 1", n)
	}
	select {
	case <-conn.Lost():
	case <-time.After(10 * time.Second):
		t.Fatal("the loss was not noticed")
	}
	if _, err := conn.Call(t.Context(), query.Profile()); wire.KindOf(err) != wire.KindUnreachable {
		t.Errorf("over the lost stream: %v", err)
	}
	resumed := d.Resume(held(conn.ID()), nil)
	wantProfile(t, resumed, user)

	for range 2 { // the second time the server knows that it is over
		if err := d.End(t.Context(), held(conn.ID())); err != nil {
			t.Errorf("End: %v", err)
		}
	}
	if _, err := resumed.Call(t.Context(), query.Profile()); wire.KindOf(err) != wire.KindEnded {
		t.Errorf("after End: %v, want ended", err)
	}
	if err := d.End(t.Context(), held(session.NewID("6f6d1c8e-0000-4000-8000-000000000000"))); err != nil {
		t.Errorf("End of a session nobody knows: %v", err)
	}
	if v := far.Violations(); len(v) != 0 {
		t.Errorf("violations of the protocol: %v", v)
	}
}

// logIn calls login and plays the browser.
func logIn(t *testing.T, far *sim.Server, conn session.Conn, user string) {
	t.Helper()
	if _, err := conn.Call(t.Context(), query.Login()); err != nil {
		t.Fatal(err)
	}
	links := far.LoginLinks()
	if status, body := far.CompleteLogin(t.Context(), links[len(links)-1], user); status != 200 {
		t.Fatalf("browser login: %d %s", status, body)
	}
}

func wantProfile(t *testing.T, conn session.Conn, user string) {
	t.Helper()
	text, err := conn.Call(t.Context(), query.Profile())
	if err != nil || !strings.Contains(text, user) {
		t.Errorf("profile = %q, %v; want that of %s", text, err, user)
	}
}

// TestRestartedServer: a restart forgets every session, and says so over /mcp.
func TestRestartedServer(t *testing.T) {
	far := sim.New(sim.Options{})
	server := httptest.NewServer(far)
	t.Cleanup(server.Close)
	t.Cleanup(far.Close)
	d, err := mcpconn.New(mcpconn.Options{URL: server.URL + "/mcp"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	conn, err := d.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	user := sample.Accounts()[0].UserID()
	logIn(t, far, conn, user)
	wantProfile(t, conn, user)
	far.Restart()
	if _, err := conn.Call(t.Context(), query.Profile()); wire.KindOf(err) != wire.KindEnded {
		t.Errorf("after a restart: %v, want ended", err)
	}
	if err := d.End(t.Context(), held(conn.ID())); err != nil {
		t.Errorf("End: %v", err)
	}
}

// TestListTools: which tools there are is told over a stream, over /mcp, and
// on a session that was resumed without any handshake.
func TestListTools(t *testing.T) {
	far := sim.New(sim.Options{})
	server := httptest.NewServer(far)
	t.Cleanup(server.Close)
	t.Cleanup(far.Close)
	for _, path := range []string{"/sse", "/mcp"} {
		d, err := mcpconn.New(mcpconn.Options{URL: server.URL + path})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(d.Close)
		conn, err := d.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		logIn(t, far, conn, sample.Accounts()[0].UserID())
		for name, c := range map[string]session.Conn{"opened": conn, "resumed": d.Resume(held(conn.ID()), nil)} {
			text, err := c.Call(t.Context(), query.ToolList())
			if err != nil || !strings.Contains(text, `"get_holdings"`) || !strings.Contains(text, `"inputSchema"`) {
				t.Errorf("%s, %s: %.80q, %v", path, name, text, err)
			}
		}
	}
}

// held is a session by its id alone.
func held(id session.ID) session.Credential { return session.Credential{Session: id} }
