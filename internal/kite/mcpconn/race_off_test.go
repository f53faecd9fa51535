//go:build !race

package mcpconn

// raced says that the race detector is on.
const raced = false
