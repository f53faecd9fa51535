package mcpconn_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"

	"kitebot/internal/kite/mcpconn"
	"kitebot/internal/kite/query"
	sim "kitebot/internal/sim/kite"
	"kitebot/internal/sim/kite/sample"
)

// A session is opened as a stream and logged in by a link. Its login outlives the stream,
// and ends when it is ended.
func Example() {
	ctx := context.Background()
	server := sim.New(sim.Options{})
	defer server.Close()
	web := httptest.NewServer(server)
	defer web.Close()

	dialer, err := mcpconn.New(mcpconn.Options{URL: web.URL + "/sse"})
	if err != nil {
		log.Fatal(err)
	}
	defer dialer.Close()
	conn, err := dialer.Open(ctx)
	if err != nil {
		log.Fatal(err)
	}
	_, err = conn.Call(ctx, query.Login()) // the answer holds the link that the person opens
	status, _ := server.CompleteLogin(ctx, server.LoginLinks()[0], sample.Accounts()[0].UserID())
	fmt.Println("login:", err, status)
	conn.Close() // which sends nothing

	resumed := dialer.Resume(credential(conn.ID()), nil)
	_, err = resumed.Call(ctx, query.Holdings())
	fmt.Println("resumed:", err)
	fmt.Println("ended:", dialer.End(ctx, credential(conn.ID())))
	_, err = resumed.Call(ctx, query.Holdings())
	fmt.Println("afterwards:", err)
	// Output:
	// login: <nil> 200
	// resumed: <nil>
	// ended: <nil>
	// afterwards: get_holdings: session ended: http status 404
}
