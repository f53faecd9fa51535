package session

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"time"
)

// update changes the record: on disk first, then in memory, or neither. change
// is called once, with mu held.
func (pr *person) update(change func(*Record)) error {
	return update(func(r []*Record) { change(r[0]) }, pr)
}

// update changes the records of several people in one commit. change is called
// once, with the mu of each held.
func update(change func([]*Record), people ...*person) error {
	inOrder := slices.SortedFunc(slices.Values(people), func(a, b *person) int { return cmp.Compare(a.id, b.id) })
	for _, pr := range inOrder {
		pr.writing <- struct{}{}
		defer func() { <-pr.writing }()
	}
	next, changed := draft(change, people, inOrder)
	if !changed {
		return nil
	}
	if err := people[0].pool.Store.Save(next...); err != nil {
		return err
	}
	for i, pr := range people {
		pr.become(next[i])
	}
	return nil
}

// become puts a record that was written down into memory.
func (pr *person) become(next Record) {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	if l := next.Login; l == nil || pr.rec.Login == nil || l.Session != pr.rec.Login.Session {
		for key := range pr.answers {
			pr.drop(key) // what was known of the login before is not known of this one
		}
		pr.doubted, pr.toldAt, pr.proof, pr.used = false, time.Time{}, 0, pr.pool.Clock.Now()
		if l != nil {
			pr.pool.linkAt.Store(pr.id, l.LinkAt)
		}
	}
	pr.rec = next
	maps.DeleteFunc(pr.made, func(ref string, _ time.Time) bool { return next.link(ref) < 0 })
	pr.dropLines()
	pr.pool.almanac.set(next, pr.pool.Clock.Now())
}

// draft returns what the records of people will be, and whether that is anything
// new. inOrder are the same people, as their locks are taken.
func draft(change func([]*Record), people, inOrder []*person) (next []Record, changed bool) {
	for _, pr := range inOrder {
		pr.mu.Lock()
		defer pr.mu.Unlock()
	}
	next = make([]Record, len(people))
	refs := make([]*Record, len(people))
	for i, pr := range people {
		next[i] = pr.rec.clone()
		refs[i] = &next[i]
	}
	change(refs)
	for i, pr := range people {
		changed = changed || !reflect.DeepEqual(pr.rec, next[i])
	}
	return next, changed
}
