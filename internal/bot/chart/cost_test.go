package chart_test

import (
	"runtime"
	"testing"
)

// A picture costs its PNG and some labels: the canvas, the masks and the
// encoder's buffers are used again. So the process does not grow.
func TestDrawingDoesNotGrow(t *testing.T) {
	p, in := newPainter(t), year()
	draw := func(times int) {
		for range times {
			if _, err := p.Candles(in); err != nil {
				t.Fatal(err)
			}
		}
	}
	draw(3)
	before := memory()
	draw(drawings)
	after := memory()
	if each := (after.TotalAlloc - before.TotalAlloc) / drawings; each > 150<<10 {
		t.Errorf("%d bytes allocated for each picture", each)
	}
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 256<<10 {
		t.Errorf("%d bytes more are in use after %d pictures", grown, drawings)
	}
}

// memory is what is in use once everything that can go is gone.
func memory() runtime.MemStats {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m
}

func BenchmarkCandles(b *testing.B) {
	p, in := newPainter(b), year()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Candles(in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAllocation(b *testing.B) {
	p, in := newPainter(b), birds()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Allocation(in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMovers(b *testing.B) {
	p, in := newPainter(b), day()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Movers(in); err != nil {
			b.Fatal(err)
		}
	}
}
