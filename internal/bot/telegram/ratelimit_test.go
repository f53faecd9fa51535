package telegram

import "testing"

func BenchmarkRateLimiter(b *testing.B) {
	g := newRateLimiter(0, Meter{})
	b.ReportAllocs()
	for b.Loop() {
		leave, err := g.enter(b.Context(), 7)
		if err != nil {
			b.Fatal(err)
		}
		done, err := g.pass(b.Context(), g.people, 7)
		if err != nil {
			b.Fatal(err)
		}
		done(true)
		leave()
	}
}
