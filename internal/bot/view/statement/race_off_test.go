//go:build !race

package statement_test

const raced = false
