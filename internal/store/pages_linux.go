package store

import (
	"syscall"

	bolt "go.etcd.io/bbolt"
)

// letPagesGo takes the file's pages out of our memory, of which few are needed
// again soon. They stay in the system's cache, and a read gets them from
// there. It is advice: the system may ignore it without harm. A transaction is
// open, so that the map stays where it is.
func letPagesGo(tx *bolt.Tx) {
	_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, tx.DB().Info().Data, uintptr(tx.Size()), syscall.MADV_DONTNEED)
}
