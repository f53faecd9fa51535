package symbol_test

import (
	"testing"

	"kitebot/internal/kite/symbol"
)

// BenchmarkLooksLikeSymbols is asked of every plain message, on the way from the
// poll to the mailboxes: 5 µs at most.
func BenchmarkLooksLikeSymbols(b *testing.B) {
	for name, text := range map[string]string{
		"symbol": "infy", "index": "bank nifty", "several": "infy, tata motors", "talk": "how are you today",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if symbol.LooksLikeList(text) == (name == "talk") {
					b.Fatal(text)
				}
			}
		})
	}
}
