package main

import (
	"slices"
	"sync"
	"time"
)

// samples are measured times, added from any goroutine.
type samples struct {
	mu   sync.Mutex
	took []time.Duration
}

func (s *samples) add(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.took = append(s.took, d)
}

// spread sums the samples up.
func (s *samples) spread() spread {
	s.mu.Lock()
	defer s.mu.Unlock()
	return spreadOf(s.took)
}

// spread is how times are spread.
type spread struct {
	n              int
	p50, p99, most time.Duration
}

func spreadOf(took []time.Duration) spread {
	if len(took) == 0 {
		return spread{}
	}
	sorted := slices.Sorted(slices.Values(took))
	return spread{n: len(sorted), p50: percentile(sorted, 50), p99: percentile(sorted, 99), most: sorted[len(sorted)-1]}
}

// percentile is the nearest rank: the smallest value that at least p in a
// hundred of the sorted ones do not exceed.
func percentile(sorted []time.Duration, p int) time.Duration {
	rank := (len(sorted)*p + 99) / 100
	return sorted[max(rank, 1)-1]
}

// ratio is a/b, and 0 where there is no b.
func ratio[N int | int64 | float64 | time.Duration](a, b N) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}
