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

// rowName is what a row goes by in references: its two parts and what is between
// them. The zero value is a row of which nothing is known.
type rowName struct{ first, between, last string }

func (n rowName) String() string { return n.first + n.between + n.last }

// same reports whether two names are one when they are written.
func (n rowName) same(other rowName) bool {
	if len(n.first) == len(other.first) {
		return n == other
	}
	return n.String() == other.String()
}

// refOf is a short name for a row, by which [byRef] finds it in a later answer: its
// name, or a hash where that does not fit in a button or is not plain. A second row
// of one name has "~2" behind it. Rows of which nothing is known have none.
func refOf[T any](rows []T, i int, name func(*T) rowName) string {
	n := name(&rows[i])
	if n == (rowName{}) {
		return ""
	}
	ref, nth := plainOrHash(n.String()), 1
	for j := range rows[:i] {
		if name(&rows[j]).same(n) {
			nth++
		}
	}
	if nth > 1 {
		ref += "~" + strconv.Itoa(nth)
	}
	return ref
}

// byRef finds the row that has a reference.
func byRef[T any](rows []T, ref string, name func(*T) rowName) (found T, ok bool) {
	plain, number, twice := strings.Cut(ref, "~")
	nth := 1
	if twice {
		nth, _ = strconv.Atoi(number)
	}
	for i := range rows {
		if n := name(&rows[i]); n != (rowName{}) && plainOrHash(n.String()) == plain {
			if nth--; nth == 0 {
				return rows[i], true
			}
		}
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

// inOrder returns the rows that the indexes of an order stand for.
func inOrder[T any](rows []T, order []int) []T {
	sorted := make([]T, 0, len(rows))
	for _, i := range order {
		sorted = append(sorted, rows[i])
	}
	return sorted
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
