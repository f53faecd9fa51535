package store

import (
	"syscall"

	bolt "go.etcd.io/bbolt"
)

// letPagesGo takes the file's pages out of our memory, of which few are needed
// again soon. They stay in the system's cache, and whoever reads one gets it from
// there. It is an advice: that it is not taken harms nothing. A transaction is
// open, so that the map stays where it is.
func letPagesGo(tx *bolt.Tx) {
	_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, tx.DB().Info().Data, uintptr(tx.Size()), syscall.MADV_DONTNEED)
}
