package store

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	bolterrors "go.etcd.io/bbolt/errors"
)

// The reasons why a store is not opened. Their texts are for the operator: they
// name the setting and what to do, never its value. A store that is refused is
// left exactly as it was.
var (
	// ErrKeyMissing: there is a store, but no key to it anywhere.
	ErrKeyMissing = errors.New("the store at STORE_PATH has no key: set STORE_KEY to the key it was made with, or put its key file (STORE_PATH with .key appended) back. If the key is lost, move the store away: everyone has to log in again")
	// ErrKeyWrong: the key does not open the store.
	ErrKeyWrong = errors.New("this key does not open the store at STORE_PATH: set STORE_KEY to the key it was made with, or unset it if the key is in the file next to the store; to change the key, set STORE_KEY_OLD to the one of before; if the key is right, the file is damaged: restore a backup")
	// ErrSchemaNewer: a newer version of the bot wrote the store.
	ErrSchemaNewer = errors.New("the store at STORE_PATH was written by a newer version of the bot: run that version, or restore a backup made before the update")
	// ErrLocked: another process has the file open.
	ErrLocked = errors.New("the store at STORE_PATH is in use: is another bot running? Stop it, or set STORE_PATH to another file")
	// ErrPlace: STORE_PATH is not a place where a store can be.
	ErrPlace = errors.New("STORE_PATH names no place for a store: set it to a file in a folder that exists, such as bot.db")
	// ErrUnwritable: the operating system does not let us write the file, or make one
	// next to it.
	ErrUnwritable = errors.New("the store at STORE_PATH cannot be written: let the user the bot runs as read and write the file and make files in its folder")
	// ErrFull: there is no room for what is to be written. Everything that was
	// written before stays readable, and writing works again once there is room.
	ErrFull = errors.New("the disk of STORE_PATH is full: make room on it, or raise the quota of the user the bot runs as")
	// ErrForeign: the file is a sound database, but not one of ours.
	ErrForeign = errors.New("the file at STORE_PATH is the database of another program: set STORE_PATH to another file")
	// ErrDamaged: something in the file is not what was written. At open it means
	// the whole file, which is then kept aside; later it means what was asked for.
	ErrDamaged = errors.New("the store at STORE_PATH is damaged: restore a backup, or go on without what is lost")
)

// errBroken: a fault ended writing, or reading as well.
var errBroken = errors.New("the store is broken, restart the bot")

// catchFault runs fn, which touches the mapped file, and turns what bbolt does on a
// damaged one into an error: it panics on pages that make no sense, and it
// touches memory outside of the file, which would end the process.
func catchFault(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = &fault{reason: p}
		}
	}()
	return fn()
}

// fault is a panic of bbolt, or a touch of memory that is not there.
type fault struct{ reason any }

func (f *fault) Error() string { return fmt.Sprintf("%v (%v)", ErrDamaged, f.reason) }
func (f *fault) Unwrap() error { return ErrDamaged }

func isFault(err error) bool {
	var f *fault
	return errors.As(err, &f)
}

// nameCause gives an error of the operating system the name that an operator can do
// something about, and leaves every other one as it is.
func nameCause(err error) error {
	switch {
	case err == nil, errors.Is(err, ErrFull), errors.Is(err, ErrUnwritable):
		return err
	case isFull(err):
		return fmt.Errorf("%w (%w)", ErrFull, err)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w (%w)", ErrUnwritable, err)
	}
	return err
}

// isFull knows a full disk, a used-up quota, and the limit of a file's size. Of
// some errors bbolt keeps no more than the text.
func isFull(err error) bool {
	if err == nil || errors.Is(err, bolterrors.ErrMaxSizeReached) {
		return err != nil
	}
	return slices.ContainsFunc([]error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG}, func(full error) bool {
		return errors.Is(err, full) || strings.HasSuffix(err.Error(), ": "+full.Error())
	})
}
