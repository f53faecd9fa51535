package main

import (
	"os"
	"testing"
	"time"
)

func TestSpread(t *testing.T) {
	var took []time.Duration
	for i := range 200 {
		took = append(took, time.Duration(200-i)*time.Millisecond)
	}
	got := spreadOf(took)
	want := spread{n: 200, p50: 100 * time.Millisecond, p99: 198 * time.Millisecond, most: 200 * time.Millisecond}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if one := spreadOf([]time.Duration{time.Second}); one.p50 != time.Second || one.p99 != time.Second {
		t.Errorf("of one value: %+v", one)
	}
	if none := spreadOf(nil); none != (spread{}) {
		t.Errorf("of none: %+v", none)
	}
}

func TestProcessorTime(t *testing.T) {
	const stat = "4242 (a) name) S 1 4242 4242 0 -1 4194560 1500 0 10 0 321 45 7 8 20 0 9 0 123456 1000000 500"
	if got, err := cpuIn(stat); err != nil || got != 3660*time.Millisecond {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"", "1 (x) S 1 2", "1 (x) S 1 1 1 0 -1 1 1 0 1 0 a b 7"} {
		if _, err := cpuIn(bad); err == nil {
			t.Errorf("%q is believed", bad)
		}
	}
}

func TestSizes(t *testing.T) {
	const status = "Name:\tbot\nVmRSS:\t   20576 kB\nRssAnon:\t    6248 kB\nRssFile:\t   14328 kB\nThreads:\t9\n"
	for name, want := range map[string]int64{"VmRSS": 20576 << 10, "RssAnon": 6248 << 10, "RssFile": 14328 << 10, "RssShmem": 0} {
		if got := sizeIn(status, name); got != want {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
	}
	if u, err := usageOf(os.Getpid()); err != nil || u.rss == 0 || u.anon == 0 {
		t.Errorf("of this process: %+v, %v", u, err)
	}
}

func TestCommits(t *testing.T) {
	const metrics = `# HELP kitebot_store_commit_seconds How long it took.
kitebot_store_commit_seconds_bucket{outcome="failed",le="0.001"} 7
kitebot_store_commit_seconds_bucket{outcome="ok",le="0.001"} 41
kitebot_store_commit_seconds_bucket{outcome="ok",le="0.003"} 42
kitebot_store_commit_seconds_count{outcome="ok"} 43
`
	if got := commitsIn(metrics); got != 43 {
		t.Errorf("%v commits", got)
	}
}

func TestEach(t *testing.T) {
	before := memory{Heap: 1000, Stacks: 500, Goroutines: 10, usage: usage{anon: 4000}}
	after := memory{Heap: 500, Stacks: 1500, Goroutines: 30, usage: usage{anon: 8000}}
	one := after.each(before, 10)
	if int64(one.Heap) != -50 || one.Stacks != 100 || one.Goroutines != 2 || one.anon != 400 {
		t.Errorf("%+v", one)
	}
}

func TestFastClock(t *testing.T) {
	c := newFastClock(noon())
	c.move(time.Hour, 1000)
	ahead := c.Now().Sub(noon())
	if ahead < time.Hour || c.Until(noon()) > -time.Hour || c.Since(noon()) < ahead {
		t.Errorf("an hour on, the clock shows %v later", ahead)
	}
	for range 1000 {
		if now := c.Now().Sub(noon()); now < ahead {
			t.Fatal("the clock runs backwards")
		} else {
			ahead = now
		}
	}
}
