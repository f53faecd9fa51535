package store

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"kitebot/internal/bot"
	"kitebot/internal/bot/bottest"
	"kitebot/internal/kite/session"
	"kitebot/internal/kite/session/sessiontest"
)

// manyPeople is the size the store is measured at.
const manyPeople = 100_000

// typical is the record of a person who is logged in and has no link out.
func typical(person int64) session.Record {
	r := sessiontest.LoggedIn(person, fmt.Sprintf("ZZ%06d", person))
	r.Last = r.Login.User
	return byLoginTool(r)
}

// fill writes the records of many people in one commit, which leaves no free
// pages behind: neither would people who come one by one.
func fill(b *testing.B, s *Store, people int64) {
	b.Helper()
	err := s.commit(func(tx *bolt.Tx) error {
		for person := int64(1); person <= people; person++ {
			r := typical(person)
			if err := s.moveOwner(tx, r); err != nil {
				return err
			}
			if err := s.writeRecord(tx, r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

// timed runs one commit per turn and reports the 99th percentile.
func timed(b *testing.B, commit func(i int)) {
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		start := time.Now()
		commit(i)
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}

func BenchmarkSave(b *testing.B) {
	s := mustOpen(b, newPath(b))
	fill(b, s, manyPeople)
	timed(b, func(i int) { // 7919 is prime: the turns go all over the file
		mustSave(b, s, typical(int64(i)*7919%manyPeople+1))
	})
}

// BenchmarkSaveFloor is what the disk takes for as much as a small commit writes,
// with nothing around it.
func BenchmarkSaveFloor(b *testing.B) {
	file, err := os.Create(newPath(b))
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	pages := make([]byte, 4*os.Getpagesize())
	timed(b, func(i int) {
		if _, err := file.WriteAt(pages, int64(i%1000*len(pages))); err != nil {
			b.Fatal(err)
		}
		if err := file.Sync(); err != nil {
			b.Fatal(err)
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	s := mustOpen(b, newPath(b))
	fill(b, s, manyPeople)
	for i := int64(0); b.Loop(); i++ {
		if _, err := s.Load(i*7919%manyPeople + 1); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTake(b *testing.B) {
	for _, size := range []int{1, 100} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			s := mustOpen(b, newPath(b))
			timed(b, func(i int) {
				batch := make([]bot.Update, size)
				for n := range batch {
					batch[n] = bottest.Message(int64(i*size + n))
				}
				mustTake(b, s, 7, batch...)
				for _, u := range batch {
					s.Answered(7, u.ID)
				}
			})
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	path := newPath(b)
	s := mustOpen(b, path)
	fill(b, s, manyPeople)
	mustClose(b, s)
	for b.Loop() {
		mustClose(b, mustOpen(b, path))
	}
}

// BenchmarkRotate seals a store of ten thousand people with another key, which a
// start does once, and opens it.
func BenchmarkRotate(b *testing.B) {
	path := newPath(b)
	s := mustOpen(b, path)
	fill(b, s, 10_000)
	mustClose(b, s)
	now, old := otherKey(), testKey()
	for b.Loop() {
		mustClose(b, mustOpenWith(b, Options{Path: path, Key: now, OldKey: old}))
		now, old = old, now
	}
}
