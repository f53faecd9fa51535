//go:build race

package statement_test

// The race detector allocates for its own purposes.
const raced = true
