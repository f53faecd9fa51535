package store

import (
	"syscall"

	bolt "go.etcd.io/bbolt"
)

// letPagesGo takes the file's pages out of our memory after a walk through all of
// it, which few of them are needed after. They stay in the system's cache, and
// whoever reads one gets it from there. It is an advice: that it is not taken
// harms nothing. A transaction is open, so that the map stays where it is.
func letPagesGo(tx *bolt.Tx) {
	_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, tx.DB().Info().Data, uintptr(tx.Size()), syscall.MADV_DONTNEED)
}
