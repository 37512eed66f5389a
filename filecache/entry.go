package filecache

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"math"
	"os"
	"time"

	"github.com/cacheops/cacheops/store"
)

// A file is a header and the data. Numbers are in big-endian order.
//
//	 0  magic, of which the last byte is the format's version
//	 8  when it was written, nanoseconds since 1970
//	16  when its time is over, nanoseconds since 1970
//	24  the length of the data, in bytes
//	32  the key
//	64  CRC-32C of the data
//	68  CRC-32C of the 68 bytes before
//
// A CRC finds every error of a few bits, and all but one of 4 * 10^9 others. It takes a
// tenth of the time of a cryptographic digest, which could not tell a forged file from a
// true one either.
const (
	headerSize = 72
	magic      = "\xffcaops\n"
	version    = 1
)

// skew is how far ahead the clock of a writer may be.
const skew = time.Minute

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// What is wrong with a file that is there.
var (
	// errOver: its time is over.
	errOver = errors.New("cacheops: the time of a cache file is over")
	// errDamaged: it is not as it had been written, or was written by nobody of us.
	errDamaged = errors.New("cacheops: a cache file is damaged")
	// errOther: it has a later version of the format.
	errOther = errors.New("cacheops: a cache file has a later version of the format")
	// errLarge: it is above Config.MaxEntryBytes.
	errLarge = errors.New("cacheops: a cache file is larger than filecache.Config.MaxEntryBytes")
)

// header is what a file begins with.
type header struct {
	written, over int64 // nanoseconds since 1970
	length        int64
	key           store.Key
	sum           uint32
}

// newHeader describes data that is written now.
func newHeader(key store.Key, data []byte, now time.Time, ttl time.Duration) header {
	written := now.UnixNano()
	over := written + int64(ttl)
	if over < written {
		over = math.MaxInt64
	}
	return header{written: written, over: over, length: int64(len(data)), key: key, sum: crc32.Checksum(data, castagnoli)}
}

// encode returns the form of a header.
func (h *header) encode() []byte {
	b := append(make([]byte, 0, headerSize), magic...)
	b = append(b, version)
	b = binary.BigEndian.AppendUint64(b, uint64(h.written)) //nolint:gosec // decode turns it back
	b = binary.BigEndian.AppendUint64(b, uint64(h.over))    //nolint:gosec // decode turns it back
	b = binary.BigEndian.AppendUint64(b, uint64(h.length))  //nolint:gosec // decode turns it back
	b = append(b, h.key[:]...)
	b = binary.BigEndian.AppendUint32(b, h.sum)
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// decodeHeader reads what encode made.
func decodeHeader(b *[headerSize]byte) (h header, err error) {
	switch {
	case string(b[:len(magic)]) != magic:
		return h, errDamaged
	case b[len(magic)] > version:
		return h, errOther
	case b[len(magic)] != version, binary.BigEndian.Uint32(b[68:]) != crc32.Checksum(b[:68], castagnoli):
		return h, errDamaged
	}
	h.written = int64(binary.BigEndian.Uint64(b[8:])) //nolint:gosec // what encode made
	h.over = int64(binary.BigEndian.Uint64(b[16:]))   //nolint:gosec // what encode made
	h.length = int64(binary.BigEndian.Uint64(b[24:])) //nolint:gosec // what encode made
	copy(h.key[:], b[32:])
	h.sum = binary.BigEndian.Uint32(b[64:])
	return h, nil
}

// readHeader reads the header of a key's file, and returns an error unless the data
// behind it may be read: there is as much of it as there has to be.
func readHeader(f *os.File, key store.Key, now time.Time) (h header, err error) {
	info, err := f.Stat()
	if err != nil {
		return h, err
	}
	// To read from what is no plain file could take for ever.
	if !info.Mode().IsRegular() || info.Size() < headerSize {
		return h, errDamaged
	}
	var b [headerSize]byte
	if err := readFull(f, b[:]); err != nil {
		return h, err
	}
	if h, err = decodeHeader(&b); err != nil {
		return h, err
	}
	switch at := now.UnixNano(); {
	case h.key != key || h.length != info.Size()-headerSize:
		return h, errDamaged
	case at >= h.over || h.written-int64(skew) > at:
		return h, errOver
	}
	return h, nil
}

// readEntry returns the data of a key's file.
func readEntry(f *os.File, key store.Key, now time.Time, most int) ([]byte, error) {
	h, err := readHeader(f, key, now)
	if err != nil {
		return nil, err
	}
	if h.length > int64(most) {
		return nil, errLarge
	}
	data := make([]byte, h.length)
	if err := readFull(f, data); err != nil {
		return nil, err
	}
	if crc32.Checksum(data, castagnoli) != h.sum {
		return nil, errDamaged
	}
	return data, nil
}

// readFull fills b. A file that ends before has been cut.
func readFull(f *os.File, b []byte) error {
	_, err := io.ReadFull(f, b)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errDamaged
	}
	return err
}

// verify is readEntry for data of any length, which it does not keep.
func verify(f *os.File, key store.Key, now time.Time) (header, error) {
	h, err := readHeader(f, key, now)
	if err != nil {
		return h, err
	}
	sum := crc32.New(castagnoli)
	switch n, err := io.Copy(sum, f); {
	case err != nil:
		return h, err
	case n != h.length || sum.Sum32() != h.sum:
		return h, errDamaged
	}
	return h, nil
}
