package store

import (
	"os"
	"regexp"
	"strconv"
	"testing"

	"kitebot/internal/kite/session"
	"kitebot/internal/kite/session/sessiontest"
)

// A list of all people does not keep the whole file in memory.
func TestAWalkLetsPagesGo(t *testing.T) {
	path := newPath(t)
	s := mustOpen(t, path)
	const people = 600
	var records []session.Record
	for id := range int64(people) {
		records = append(records, sessiontest.Full(1+id))
	}
	mustSave(t, s, records...)
	mustClose(t, s)
	s = mustOpen(t, path)
	before := resident(t, path)
	for id := range int64(people) { // touches every page
		if _, err := s.Load(1 + id); err != nil {
			t.Fatal(err)
		}
	}
	touched := resident(t, path)
	if all, err := s.People(); err != nil || len(all) != people {
		t.Fatalf("%d people, %v", len(all), err)
	}
	after := resident(t, path)
	if after > 64<<10 {
		t.Errorf("%d bytes of the file are in memory at first, %d after all were read, %d after a list of them", before, touched, after)
	}
	// Nor do many who are read one by one: each so often what was looked at goes.
	for id := int64(1); id <= 8*mappedTransactions || s.mapped.Load()%mappedTransactions != 0; id++ {
		if r, err := s.Load(1 + id%people); err != nil || r.Login == nil {
			t.Fatalf("%+v, %v", r, err)
		}
	}
	if left := resident(t, path); left > 64<<10 {
		t.Errorf("%d bytes of the file are in memory after all were read one by one", left)
	}
}

// resident is how many bytes of a mapped file are in this process's memory.
func resident(t *testing.T, path string) (bytes int) {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Skip(err)
	}
	for _, m := range regexp.MustCompile(`(?m)`+regexp.QuoteMeta(path)+`\n(?:[A-Z].*\n)*?Rss: +(\d+) kB`).FindAllSubmatch(maps, -1) {
		kb, err := strconv.Atoi(string(m[1]))
		if err != nil {
			t.Fatal(err)
		}
		bytes += kb << 10
	}
	return bytes
}
