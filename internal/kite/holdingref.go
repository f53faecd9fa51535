package kite

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
)

// maxRef is how long a reference may be, in bytes: a button has room for 64,
// and other words are in it too.
const maxRef = 32

// HoldingRefs returns a short name for each holding, by which [HoldingByRef]
// finds it in a later answer: "NSE:INFY". A name that is too long for a button,
// or not plain, is a hash instead ("#9f86d081884c7d65"); a second row of one
// name has "~2" behind it. Rows of which nothing is known have none.
func HoldingRefs(holdings []Holding) []string {
	return refsOf(holdings, func(h Holding) (string, bool) { return h.Exchange + ":" + h.Symbol, !h.Missing })
}

// HoldingRef returns what [HoldingRefs] has for one of the holdings, without
// naming all the others.
func HoldingRef(holdings []Holding, i int) string {
	h := &holdings[i]
	if h.Missing {
		return ""
	}
	ref, nth := plainOrHash(h.Exchange+":"+h.Symbol), 1
	for j := range holdings[:i] {
		if sameName(&holdings[j], h) {
			nth++
		}
	}
	if nth > 1 {
		ref += "~" + strconv.Itoa(nth)
	}
	return ref
}

// sameName reports whether two holdings have one name, as it is in references.
func sameName(a, b *Holding) bool {
	switch {
	case a.Missing || b.Missing:
		return false
	case len(a.Exchange) == len(b.Exchange):
		return a.Symbol == b.Symbol && a.Exchange == b.Exchange
	default: // a colon in a name could make them the same
		return a.Exchange+":"+a.Symbol == b.Exchange+":"+b.Symbol
	}
}

// HoldingByRef finds the holding that [HoldingRefs] named so.
func HoldingByRef(holdings []Holding, ref string) (Holding, bool) {
	return byRef(holdings, HoldingRefs(holdings), ref)
}

// refsOf names rows that are known; a second row of one name has "~2" behind it.
func refsOf[T any](rows []T, named func(T) (name string, known bool)) []string {
	refs, seen := make([]string, len(rows)), map[string]int{}
	for i, row := range rows {
		name, known := named(row)
		if !known {
			continue
		}
		ref := plainOrHash(name)
		if seen[ref]++; seen[ref] > 1 {
			ref += "~" + strconv.Itoa(seen[ref])
		}
		refs[i] = ref
	}
	return refs
}

// byRef finds the row that has a reference.
func byRef[T any](rows []T, refs []string, ref string) (found T, ok bool) {
	if at := slices.Index(refs, ref); ref != "" && at >= 0 {
		return rows[at], true
	}
	return found, false
}

// plainOrHash keeps a name that can stand in a button as it is, and replaces
// any other by a hash of it. A plain name never looks like a hash.
func plainOrHash(name string) string {
	const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789&-_:"
	if len(name) <= maxRef && name != "" && strings.Trim(name, plain) == "" {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return "#" + hex.EncodeToString(sum[:8])
}
