package kite

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
)

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

// maxRef is how long a reference may be, in bytes: a button has room for 64,
// and other words are in it too.
const maxRef = 32

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

// trueFirst orders what is true before what is not.
func trueFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	default:
		return 1
	}
}

// newestFirst orders rows by time. Kite has the oldest first, so that what is
// of the same time is turned around.
func newestFirst(n int, at func(int) time.Time, missing func(int) bool) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = n - 1 - i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(trueFirst(!missing(a), !missing(b)), at(b).Compare(at(a)))
	})
	return order
}

func contains(text, word string) bool { return strings.Contains(strings.ToUpper(text), word) }

func isSide(side, word string) bool {
	return side == "BUY" && (word == "BUY" || word == "BOUGHT") || side == "SELL" && (word == "SELL" || word == "SOLD")
}

// needSymbol refuses a row that names no instrument.
func needSymbol(symbol string) error {
	if symbol == "" {
		return errors.New("a row without a symbol")
	}
	return nil
}
