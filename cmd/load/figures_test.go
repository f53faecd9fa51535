package main

import (
	"testing"
	"time"
)

func TestPercentile(t *testing.T) {
	var took []time.Duration
	for i := range 200 {
		took = append(took, time.Duration(i+1)*time.Millisecond)
	}
	if p50, p99 := percentile(took, 50), percentile(took, 99); p50 != 100*time.Millisecond || p99 != 198*time.Millisecond {
		t.Errorf("p50 %v, p99 %v", p50, p99)
	}
	if one := percentile(took[:1], 99); one != time.Millisecond {
		t.Errorf("of one value: %v", one)
	}
}

func TestEach(t *testing.T) {
	before := memory{Heap: 1000, Stacks: 500, usage: usage{anon: 4000}}
	after := memory{Heap: 500, Stacks: 1500, usage: usage{anon: 8000}}
	one := after.each(before, 10)
	if one.Heap != -50 || one.Stacks != 100 || one.anon != 400 {
		t.Errorf("%+v", one)
	}
}

func TestFastClock(t *testing.T) {
	c := newFastClock(startOfClock())
	c.move(time.Hour, 1000)
	ahead := c.Now().Sub(startOfClock())
	if ahead < time.Hour || c.Until(startOfClock()) > -time.Hour || c.Since(startOfClock()) < ahead {
		t.Errorf("an hour on, the clock shows %v later", ahead)
	}
	for range 1000 {
		if now := c.Now().Sub(startOfClock()); now < ahead {
			t.Fatal("the clock runs backwards")
		} else {
			ahead = now
		}
	}
}
