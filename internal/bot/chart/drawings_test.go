//go:build !race

package chart_test

const drawings = 1000
