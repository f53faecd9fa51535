//go:build race

package chart_test

// The race detector makes drawing about ten times slower.
const drawings = 30
