package session_test

import (
	"context"
	"fmt"

	"kitebot/internal/kite/query"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/session/sessiontest"
)

// A person logs in, asks for their holdings and logs out, at a Kite without a network.
func Example() {
	kite := sessiontest.NewKite(nil)
	kite.Answer("AB1234", "get_holdings", `[{"tradingsymbol":"INFY"}]`)
	events := make(chan session.Event, 8)
	pool := session.New(session.Options{
		Dialer: kite, Store: sessiontest.NewMemStore(), LoginHosts: sessiontest.Hosts(),
		Notify: func(e session.Event) { events <- e },
	})
	defer pool.Close()
	must(pool.Start())

	ctx := context.Background()
	link, _, err := pool.Link(ctx, asha, "/holdings") // shown as a button
	must(err)
	kite.Browser(link.URL, "AB1234")      // the person logs in at Kite
	status, err := pool.Finish(ctx, asha) // the watcher would notice it, too
	must(err)
	fmt.Println(status.State, "as", status.User.UserID)
	fmt.Println("event:", (<-events).Then, "can run now")
	must(pool.Announced(asha))

	holdings, err := pool.Call(ctx, asha, query.Holdings())
	must(err)
	fmt.Println(holdings)

	_, status, err = pool.Logout(ctx, asha)
	must(err)
	fmt.Println(status.State)
	// Output:
	// logged in as AB1234
	// event: /holdings can run now
	// [{"tradingsymbol":"INFY"}]
	// none
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
