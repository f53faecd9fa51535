package symbol_test

import (
	"fmt"

	"kitebot/internal/kite/symbol"
)

// What a person types becomes the instruments that it can mean, the likeliest first.
func ExampleParse() {
	for _, typed := range []string{"infy", "nse : m&m", "bank nifty"} {
		s, ok := symbol.Parse(typed)
		fmt.Println(s, s.Candidates(), ok)
	}
	// Output:
	// INFY [NSE:INFY BSE:INFY] true
	// NSE:M&M [NSE:M&M] true
	// NSE:NIFTY BANK [NSE:NIFTY BANK] true
}

func ExampleLooksLikeList() {
	for _, text := range []string{"infy, tata motors", "good morning"} {
		fmt.Println(symbol.LooksLikeList(text))
	}
	// Output:
	// true
	// false
}
