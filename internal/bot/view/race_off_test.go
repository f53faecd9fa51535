//go:build !race

package view_test

const raced = false
