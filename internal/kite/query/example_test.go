package query_test

import (
	"fmt"

	"kitebot/internal/kite/query"
)

// One question is put to each kind of server as that wants it.
func Example() {
	q := query.Holdings()
	for _, style := range []query.Style{query.StyleTools, query.StyleModes} {
		tool, args, _ := q.On(style)
		fmt.Println(tool, args)
	}
	_, err := query.Parse("place_order quantity=1")
	fmt.Println(err != nil)
	// Output:
	// get_holdings map[]
	// portfolio map[mode:holdings]
	// true
}
