//go:build !linux

package app_test

import "testing"

// fillDisk needs a device that is always full. Without these cells the matrix is
// not compared.
func fillDisk(t *testing.T, _ string) (room func()) {
	t.Helper()
	t.Skip("there is no /dev/full here")
	return nil
}
