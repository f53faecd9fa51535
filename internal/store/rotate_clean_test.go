package store

import (
	"bytes"
	"os"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// TestNothingStaysUnderTheOldKey looks for every value that was ever sealed with
// the old key, and for every name made of it, in all bytes of the new file.
func TestNothingStaysUnderTheOldKey(t *testing.T) {
	path := everything(t)
	before := readFile(t, path)
	var parts [][]byte
	s := mustOpen(t, path)
	eachSealed(t, s, func(_ bucketForm, key, value []byte) {
		parts = append(parts, bytes.Clone(value))
		if len(key) > 24 {
			parts = append(parts, bytes.Clone(key))
		}
	})
	mustClose(t, s)
	if len(parts) < 10 {
		t.Fatalf("only %d values to look for", len(parts))
	}
	parts = append(parts, freePages(t, before)...) // what was removed before

	s = mustOpenWith(t, rotated(path))
	old := testBox(t, testKey())
	eachSealed(t, s, func(form bucketForm, key, value []byte) {
		if _, err := old.open([]byte(form.name), key, value); err == nil {
			t.Errorf("the old key opens a value of bucket %s", form.name)
		}
		if _, err := s.box.open([]byte(form.name), key, value); err != nil {
			t.Errorf("the new key does not open a value of bucket %s: %v", form.name, err)
		}
	})
	mustClose(t, s)
	after := readFile(t, path)
	for _, part := range parts {
		if !bytes.Contains(before, part) {
			t.Fatal("the old file does not hold what is looked for")
		}
		if bytes.Contains(after, part) {
			t.Errorf("the new file holds %d bytes from under the old key", len(part))
		}
	}
}

// eachSealed calls fn for everything sealed in a store.
func eachSealed(t *testing.T, s *Store, fn func(form bucketForm, key, value []byte)) {
	t.Helper()
	inFile(t, s, func(tx *bolt.Tx) {
		fn(bucketForm{name: metaBucket}, []byte("check"), bucket(tx, metaBucket).Get([]byte("check")))
		for _, form := range bucketForms() {
			if !form.sealed {
				continue
			}
			err := bucket(tx, form.name).ForEach(func(key, value []byte) error {
				fn(form, key, value)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}

// freePages returns what stands at the ends of the pages that are not in use but
// were: of those that hold something sealed, which looks like noise.
func freePages(t *testing.T, content []byte) (found [][]byte) {
	t.Helper()
	size := os.Getpagesize()
	for id, kind := range pageKinds(t, content) {
		written := bytes.TrimRight(content[id*size:(id+1)*size], "\x00")
		if kind != "free" || len(written) < 500 {
			continue
		}
		if end := written[len(written)-100:]; len(letters(end)) > 60 {
			found = append(found, end)
		}
	}
	if len(found) == 0 {
		t.Fatal("the file has no free page with something in it")
	}
	return found
}

// letters returns the different bytes.
func letters(text []byte) map[byte]bool {
	set := make(map[byte]bool)
	for _, b := range text {
		set[b] = true
	}
	return set
}
