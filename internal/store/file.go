package store

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
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

// checkFolder says early and clearly what would fail late and strangely: files
// are made next to the store now and then.
func checkFolder(path string) error {
	if path == "" {
		return fmt.Errorf("%w (it is empty)", ErrPlace)
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%w (it is not a file)", ErrPlace)
	}
	folder := filepath.Dir(path)
	info, err := os.Stat(folder)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return fmt.Errorf("%w (there is no folder %s)", ErrPlace, folder)
	}
	if err != nil {
		return fmt.Errorf("look at the folder of STORE_PATH: %w", nameCause(err))
	}
	return probeFolder(path)
}

// probeFolder makes a file next to the store and removes it. It has one name, so
// that what a kill leaves of it is gone after the next start.
func probeFolder(path string) error {
	name := path + ".probe"
	probe, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE, 0o600)
	if isFull(err) {
		return nameCause(err)
	}
	if err != nil {
		return fmt.Errorf("%w (%w)", ErrUnwritable, err)
	}
	err = probe.Close()
	if removed := os.Remove(name); !errors.Is(removed, fs.ErrNotExist) { // another start may have been quicker
		err = errors.Join(err, removed)
	}
	return err
}

// warnIfEmpty speaks of a file without a byte. It is taken for the trace of a
// first start that was cut short, which most are; there is nothing to keep.
func warnIfEmpty(o Options) {
	if info, err := os.Stat(o.Path); err == nil && info.Size() == 0 {
		o.Logger.Warn("the file at STORE_PATH is empty",
			"effect", "the bot starts with an empty store", "action", "if it held one before, stop the bot and restore a backup", "file", o.Path)
	}
}

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
	err := catchFault(func() (err error) {
		db, err = bolt.Open(path, 0o600, options)
		return err
	})
	if made && isFull(err) { // its beginning would look like a damaged store
		err = errors.Join(err, os.Remove(path))
	}
	if err != nil {
		return nil, openError(err)
	}
	db.AllocSize = growStep // bbolt's own is 16 MiB, once the map is larger than that
	if !isNamed(file, path) {
		return nil, errors.Join(ErrLocked, catchFault(db.Close))
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
	return nameCause(err)
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

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// examine looks through an existing file without writing to it. It returns no
// error when the file can be opened: because there is none, because nothing was
// written to it yet, or because it is sound, of a known schema, and one of the
// keys is its key.
func examine(path string, keys keyring, newest int) (found, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		return found{}, nil
	}
	if err != nil {
		return found{}, fmt.Errorf("look at the file: %w", err)
	}
	file, err := examineFile(path, keys, newest)
	if keys.now == nil && errors.Is(err, ErrDamaged) {
		return found{}, ErrKeyMissing // a damaged store is not replaced by one with a key that the operator did not choose
	}
	return file, err
}

func examineFile(path string, keys keyring, newest int) (result found, err error) {
	db, err := openFile(path, true)
	if err != nil {
		return found{}, err
	}
	defer func() { err = errors.Join(err, catchFault(db.Close)) }()

	info, err := os.Stat(path)
	if err != nil {
		return found{}, fmt.Errorf("look at the file: %w", err)
	}
	err = catchFault(func() error {
		return db.View(func(tx *bolt.Tx) error {
			if tx.Size() > info.Size() {
				return fmt.Errorf("%w (the file ends early)", ErrDamaged)
			}
			if err := walk(tx.Cursor().Bucket(), int(tx.Size()), map[uint64]bool{}); err != nil {
				return err
			}
			if err := check(tx); err != nil {
				return err
			}
			result, err = verify(tx, keys, newest)
			if err != nil || result.schema == 0 {
				return err
			}
			return checkKeys(tx, result.schema)
		})
	})
	return result, err
}

// walk reads every entry of a bucket of a file of that size, and of the buckets
// in it. It runs before bbolt's own check, whose goroutine cannot recover from a
// fault and never returns from a loop of pages. Keys that do not ascend are such
// a loop, or an entry that cannot be found. roots are the buckets seen so far.
func walk(b *bolt.Bucket, size int, roots map[uint64]bool) error {
	if root := uint64(b.Root()); root != 0 { // 0: it is stored in its parent's entry
		if roots[root] {
			return fmt.Errorf("%w (two buckets share page %d)", ErrDamaged, root)
		}
		roots[root] = true
	}
	var last []byte
	cursor := b.Cursor()
	for key, value := cursor.First(); key != nil; key, value = cursor.Next() {
		if len(key) > size || len(value) > size {
			return fmt.Errorf("%w (an entry is longer than the file)", ErrDamaged)
		}
		if last != nil && bytes.Compare(last, key) >= 0 {
			return fmt.Errorf("%w (keys are out of order)", ErrDamaged)
		}
		last = key
		crc32.ChecksumIEEE(value) // a fault happens here, where it is recovered
		nested := b.Bucket(key)
		if nested == nil && b.Get(key) == nil {
			return fmt.Errorf("%w (an entry is not found under its key)", ErrDamaged)
		}
		if nested == nil {
			continue
		}
		if err := walk(nested, size, roots); err != nil {
			return err
		}
	}
	return nil
}

// check runs bbolt's own check to its end, since it stops only there, and
// returns its first finding.
func check(tx *bolt.Tx) error {
	var first error
	for found := range tx.Check() {
		if first == nil {
			first = fmt.Errorf("%w (%v)", ErrDamaged, found)
		}
	}
	return first
}

// setAside renames a damaged file, so that the start can go on and the file can
// still be looked into. It never replaces an earlier one.
func setAside(o Options, reason error) error {
	aside := asideName(o, "damaged")
	if err := os.Rename(o.Path, aside); err != nil {
		return errors.Join(reason, fmt.Errorf("keep the damaged file aside: %w", err))
	}
	o.Logger.Error("the store is damaged and was set aside",
		"effect", "the bot starts with an empty store, and everyone has to log in again; the damaged file is erased after 30 days",
		"action", "restore a backup", "file", o.Path, "aside", aside, "err", reason)
	if err := os.Chmod(aside, 0o600); err != nil {
		return fmt.Errorf("make the damaged file private: %w", err)
	}
	return SyncFolder(filepath.Dir(o.Path))
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
		log.Warn("the folder of the store cannot be listed", "effect", "files that were set aside stay until the next start", "err", err)
	}
	for _, e := range entries {
		since, ok := asideSince(filepath.Base(path), e)
		file := filepath.Join(filepath.Dir(path), e.Name())
		if !ok || !due(file, since) {
			continue
		}
		if err := os.Remove(file); err != nil {
			log.Warn("a file that was set aside was not erased", "action", "delete it", "file", file, "err", err)
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
