package store

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
)

// The parts of bbolt's file format that [inspect] walks: see
// go.etcd.io/bbolt/internal/common. Numbers are in the machine's byte order.
const (
	pageHeader   = 16 // id 8, flags 2, count 2, overflow 4
	elementSize  = 16 // branch: pos 4, key 4, page 8; leaf: flags 4, pos 4, key 4, value 4
	bucketHeader = 16 // root page 8, sequence 8
	metaSize     = 56 // magic 4, version 4, page size 4, flags 4, root 16, freelist 8, high water 8, txid 8; checksum follows

	branchPage   = 0x01
	leafPage     = 0x02
	freelistPage = 0x10
	bucketEntry  = 0x01

	noFreelist = ^uint64(0)
)

// inspector walks the pages of a bbolt file by reading it.
type inspector struct {
	file     io.ReaderAt
	pageSize int64
	highest  uint64 // pages at and above this number are not in use
	seen     map[uint64]bool
}

// inspect finds what would make bbolt leave the file or never come back:
// pages outside of the file, entries outside of their page, circles. bbolt's
// own check runs in a goroutine of its own, where a fault cannot be recovered
// and a circle ends the process, so it may only see files that passed here.
// size is the file's, pageSize comes from its valid meta page.
func inspect(file io.ReaderAt, size, pageSize int64) error {
	meta, err := newestMeta(file, pageSize)
	if err != nil {
		return err
	}
	in := &inspector{
		file:     file,
		pageSize: pageSize,
		highest:  native(meta[40:]),
		seen:     make(map[uint64]bool),
	}
	if in.highest > uint64(size/pageSize) {
		return fmt.Errorf("%w (the file ends early)", ErrDamaged)
	}
	if err := in.walk(native(meta[16:])); err != nil {
		return err
	}
	if list := native(meta[32:]); list != noFreelist {
		return in.freelist(list)
	}
	return nil
}

// newestMeta returns the meta that bbolt goes by: the valid one of two that
// was written last.
func newestMeta(file io.ReaderAt, pageSize int64) ([]byte, error) {
	var newest []byte
	for i := range int64(2) {
		meta := make([]byte, metaSize+8)
		if _, err := file.ReadAt(meta, i*pageSize+pageHeader); err != nil {
			return nil, fmt.Errorf("read meta page %d: %w", i, err)
		}
		sum := fnv.New64a()
		sum.Write(meta[:metaSize])
		if sum.Sum64() != native(meta[metaSize:]) {
			continue
		}
		if newest == nil || native(meta[48:]) > native(newest[48:]) {
			newest = meta
		}
	}
	if newest == nil {
		return nil, fmt.Errorf("%w (no valid meta page)", ErrDamaged)
	}
	return newest, nil
}

// walk visits a page and everything below it, each page once.
func (in *inspector) walk(id uint64) error {
	page, err := in.load(id)
	if err != nil {
		return err
	}
	switch flags, count := pageKind(page); flags {
	case branchPage:
		return in.branch(id, page, count)
	case leafPage:
		return in.leaf(id, page, count)
	default:
		return broken(id, "unknown kind")
	}
}

// load reads a page with its overflow and marks all of it as used.
func (in *inspector) load(id uint64) ([]byte, error) {
	header := make([]byte, pageHeader)
	if id < 2 || id >= in.highest {
		return nil, broken(id, "out of bounds")
	}
	if _, err := in.file.ReadAt(header, int64(id)*in.pageSize); err != nil {
		return nil, fmt.Errorf("read page %d: %w", id, err)
	}
	overflow := uint64(binary.NativeEndian.Uint32(header[12:]))
	if native(header) != id || id+overflow >= in.highest {
		return nil, broken(id, "wrong header")
	}
	for i := id; i <= id+overflow; i++ {
		if in.seen[i] {
			return nil, broken(i, "used twice")
		}
		in.seen[i] = true
	}
	page := make([]byte, int64(overflow+1)*in.pageSize)
	if _, err := in.file.ReadAt(page, int64(id)*in.pageSize); err != nil {
		return nil, fmt.Errorf("read page %d: %w", id, err)
	}
	return page, nil
}

func (in *inspector) branch(id uint64, page []byte, count int) error {
	if count == 0 || pageHeader+count*elementSize > len(page) {
		return broken(id, "wrong count")
	}
	for i := range count {
		at := pageHeader + i*elementSize
		element := page[at : at+elementSize]
		if uint64(at)+half(element)+half(element[4:]) > uint64(len(page)) {
			return broken(id, "a key leaves the page")
		}
		if err := in.walk(native(element[8:])); err != nil {
			return err
		}
	}
	return nil
}

// leaf visits the entries of a leaf page and the buckets among them. The page
// of an inline bucket is a leaf too: page then is the bucket's value.
func (in *inspector) leaf(id uint64, page []byte, count int) error {
	if pageHeader+count*elementSize > len(page) {
		return broken(id, "wrong count")
	}
	for i := range count {
		at := pageHeader + i*elementSize
		element := page[at : at+elementSize]
		value := uint64(at) + half(element[4:]) + half(element[8:])
		end := value + half(element[12:])
		if end > uint64(len(page)) {
			return broken(id, "an entry leaves the page")
		}
		if half(element)&bucketEntry == 0 {
			continue
		}
		if err := in.bucket(id, page[value:end]); err != nil {
			return err
		}
	}
	return nil
}

// bucket visits a bucket of its own pages, or one that lives in its entry.
func (in *inspector) bucket(id uint64, value []byte) error {
	if len(value) < bucketHeader {
		return broken(id, "a bucket is cut short")
	}
	if root := native(value); root != 0 {
		return in.walk(root)
	}
	inline := value[bucketHeader:]
	if len(inline) < pageHeader {
		return broken(id, "an inline bucket is cut short")
	}
	flags, count := pageKind(inline)
	if flags != leafPage {
		return broken(id, "an inline bucket is no leaf")
	}
	return in.leaf(id, inline, count)
}

// freelist checks the list of free pages, whose length bbolt believes. A count
// that does not fit in its field is in the first entry.
func (in *inspector) freelist(id uint64) error {
	page, err := in.load(id)
	if err != nil {
		return err
	}
	flags, small := pageKind(page)
	if flags != freelistPage {
		return broken(id, "not the list of free pages")
	}
	count, entries := uint64(small), page[pageHeader:]
	if small == 0xffff {
		count, entries = native(entries), entries[8:]
	}
	if count > uint64(len(entries)/8) {
		return broken(id, "wrong count")
	}
	for i := range count {
		if free := native(entries[i*8:]); free < 2 || free >= in.highest {
			return broken(id, "a free page is out of bounds")
		}
	}
	return nil
}

func pageKind(page []byte) (flags uint16, count int) {
	return binary.NativeEndian.Uint16(page[8:]), int(binary.NativeEndian.Uint16(page[10:]))
}

func native(b []byte) uint64 { return binary.NativeEndian.Uint64(b) }

func half(b []byte) uint64 { return uint64(binary.NativeEndian.Uint32(b)) }

func broken(page uint64, what string) error {
	return fmt.Errorf("%w (page %d: %s)", ErrDamaged, page, what)
}
