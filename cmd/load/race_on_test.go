//go:build race

package main

// The race detector allocates for its own purposes, and takes memory of its own.
const raceDetector = true
