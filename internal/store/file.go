package store

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// lockTimeout is how long the file may be held by another process at start.
const lockTimeout = 500 * time.Millisecond

// mapSize is how large a file can become before its map has to grow, in bytes;
// growStep is how much of the disk it takes at a time.
const (
	mapSize  = 256 << 20
	growStep = 32 << 10
)

// openFile opens a bbolt file under its lock, which readers share. The lock is
// the file's, not its name's: one that lost its name while we waited for its
// lock was replaced by another process, which has the store now.
func openFile(path string, readOnly bool) (*bolt.DB, error) {
	var file *os.File
	options := &bolt.Options{
		Timeout:      lockTimeout,
		FreelistType: bolt.FreelistMapType,
		NoStatistics: true,
		ReadOnly:     readOnly,
		// The list of free pages is read here, where a fault is recovered.
		PreLoadFreelist: true,
		// While the map grows nothing can be read, and it waits for reads under
		// way, such as a slow backup. Address space costs nothing.
		InitialMmapSize: mapSize,
		OpenFile: func(name string, flag int, mode os.FileMode) (_ *os.File, err error) {
			file, err = os.OpenFile(name, flag, mode)
			return file, err
		},
	}
	made := !exists(path)
	var db *bolt.DB
	err := guard(func() (err error) {
		db, err = bolt.Open(path, 0o600, options)
		return err
	})
	if made && isFull(err) { // what there is of it would look like a damaged store
		err = errors.Join(err, os.Remove(path))
	}
	if err != nil {
		return nil, openError(err)
	}
	db.AllocSize = growStep // bbolt's own is 16 MiB, once the map is larger than that
	if !isNamed(file, path) {
		return nil, errors.Join(ErrLocked, guard(db.Close))
	}
	return db, nil
}

// openError names what bbolt found.
func openError(err error) error {
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return ErrLocked
	case errors.Is(err, bolterrors.ErrVersionMismatch):
		return ErrSchemaNewer
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum),
		strings.HasPrefix(err.Error(), "file size too small"): // bbolt has no name for this one
		return fmt.Errorf("%w (%v)", ErrDamaged, err)
	}
	return named(err)
}

// isNamed says whether path still leads to an open file.
func isNamed(file *os.File, path string) bool {
	opened, err := file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(opened, there)
}

// What is added to the store's name for a file that is to take its place.
const (
	rotating  = ".rotating"
	restoring = ".restoring"
)

// removeLeftovers removes what a crash left of a rotation or a restoration. The
// caller holds the store's lock, so that none is under way.
func removeLeftovers(path string) error {
	for _, added := range []string{rotating, restoring} {
		if err := os.Remove(path + added); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove what an earlier attempt left: %w", err)
		}
	}
	return nil
}

// setAside renames a damaged file, so that the start can go on and the file can
// still be looked into. It never replaces an earlier one.
func setAside(o Options, reason error) error {
	aside := asideName(o, "damaged")
	if err := os.Rename(o.Path, aside); err != nil {
		return errors.Join(reason, fmt.Errorf("keep the damaged file aside: %w", err))
	}
	o.Logger.Error("THE STORE IS DAMAGED and was set aside; starting with an empty one: everyone has to log in again, unless a backup is restored. The damaged file is erased after 30 days",
		"file", o.Path, "aside", aside, "err", reason)
	if err := os.Chmod(aside, 0o600); err != nil {
		return fmt.Errorf("make the damaged file private: %w", err)
	}
	return SyncFolder(filepath.Dir(o.Path))
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// asideTime is how the name of a file that was set aside tells when that was.
const asideTime = "20060102T150405Z"

// asideLife is how long such a file is kept: time enough to look into it or to
// take it back. It holds sealed copies of people who may be forgotten since.
const asideLife = 30 * 24 * time.Hour

// asideName returns a free name for a store that makes place for another one:
// its own, why, and when.
func asideName(o Options, why string) string {
	stamped := fmt.Sprintf("%s.%s-%s", o.Path, why, o.Now().UTC().Format(asideTime))
	name := stamped
	for n := 2; exists(name); n++ {
		name = fmt.Sprintf("%s-%d", stamped, n)
	}
	return name
}

// asideSuffix is what asideName puts behind the store's own name.
var asideSuffix = regexp.MustCompile(`^\.(?:damaged|replaced)-(\d{8}T\d{6}Z)(?:-\d+)?$`)

// eraseAside erases the files that were set aside next to a store and are due. One
// that cannot be erased is named in the log, and tried again the next time.
func eraseAside(path string, log *slog.Logger, due func(file string, since time.Time) bool) {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		log.Warn("files that were set aside cannot be looked for: old ones stay until the next start", "err", err)
	}
	for _, e := range entries {
		since, ok := asideSince(filepath.Base(path), e)
		file := filepath.Join(filepath.Dir(path), e.Name())
		if !ok || !due(file, since) {
			continue
		}
		if err := os.Remove(file); err != nil {
			log.Warn("a file that was set aside is not erased: please delete it", "file", file, "err", err)
			continue
		}
		log.Info("a file that was set aside is erased", "file", file)
	}
}

// asideSince returns when a file was set aside for the store: by its name, but not
// before it was last written, since the clock may have been wrong then.
func asideSince(store string, e os.DirEntry) (time.Time, bool) {
	suffix, ok := strings.CutPrefix(e.Name(), store)
	m := asideSuffix.FindStringSubmatch(suffix)
	if !ok || m == nil {
		return time.Time{}, false
	}
	since, err := time.Parse(asideTime, m[1])
	if info, failed := e.Info(); failed == nil && info.ModTime().After(since) {
		since = info.ModTime()
	}
	return since, err == nil
}

// eraseOldAside erases what was set aside 30 days ago or earlier.
func eraseOldAside(path string, log *slog.Logger, now time.Time) {
	eraseAside(path, log, func(_ string, since time.Time) bool { return now.Sub(since) >= asideLife })
}

// eraseLeftAside erases what was set aside and does not open with the present
// key: the key before it may have leaked.
func eraseLeftAside(o Options, now *sealer, newest int) {
	eraseAside(o.Path, o.Logger, func(file string, _ time.Time) bool {
		_, err := examineFile(file, keyring{now: now}, newest)
		return err != nil
	})
}
