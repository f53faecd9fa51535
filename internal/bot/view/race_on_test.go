//go:build race

package view_test

// The race detector allocates for its own purposes.
const raced = true
