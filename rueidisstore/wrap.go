package rueidisstore

import (
	"context"
	"encoding/binary"
	"unsafe"

	"github.com/cacheops/cacheops/rueidisstore/internal/envelope"
	"github.com/cacheops/cacheops/store"
)

// What is kept may be in an envelope, compressed, sealed or both. The check before it
// is that of the entry, in a form of its own. So a process that knows of no envelope
// has a miss, and one that does tells by 12 bytes whether the entry is of the stamps of
// now before it opens anything.
//
// Of a plain entry the payload is in the envelope, which is bound to the entry's key and
// its stamps. Of a joined one it is all of the entry with its own check, and the check
// before the envelope is of the key alone: nothing else is known before it is opened.

// placeOf is what an envelope is bound to.
func placeOf(key *store.Key, sum check) (p envelope.Place) {
	copy(p[copy(p[:], key[:]):], sum[:])
	return p
}

// outerCheck is the check before the envelope of a joined entry, without its checksum.
// No layout is empty.
func outerCheck(q *store.Query) check { return joinCheck(q, "") }

// wrap returns an entry with the content in an envelope, or nil where it is as well off
// without.
func (s *Store) wrap(key *store.Key, sum check, content []byte) []byte {
	place := placeOf(key, sum)
	b := s.put(checkSize, content, &place)
	if b == nil {
		return nil
	}
	whole := sum.withEnvelope(b[checkSize:])
	copy(b, whole[:])
	return b
}

// put returns an envelope with the content behind so much room, and counts it; or nil
// where it is as well off without.
func (s *Store) put(room int, content []byte, place *envelope.Place) []byte {
	b := s.envelope.Put(room, content, place)
	if b != nil {
		s.space.put(envelope.Compressed(b[room:]), s.envelope.Seals(), len(content), len(b)-room)
	}
	return b
}

// writeEntry returns an entry of the stamps of a lease.
func (s *Store) writeEntry(q *store.Query, leased check, p store.Payload) (string, error) {
	if !s.envelope.Takes(p.Size()) {
		b, err := appendEntry(make([]byte, 0, checkSize+p.Size()), leased, p)
		return unsafe.String(unsafe.SliceData(b), len(b)), err //nolint:gosec // b is not used any more
	}
	x := s.envelope.Borrow()
	defer s.envelope.Return(x)
	b, err := appendEntry(x.B, leased, p)
	if err != nil {
		return "", err
	}
	x.B = b
	if w := s.wrap(&q.Key, leased, b[checkSize:]); w != nil {
		return unsafe.String(unsafe.SliceData(w), len(w)), nil //nolint:gosec // as above
	}
	return string(b), nil
}

// writeJoined returns a joined entry with that layout.
func (s *Store) writeJoined(q *store.Query, layout string, parts []*snapshot, p store.Payload) (string, error) {
	size := checkSize + len(layout) + binary.MaxVarintLen64 + checkSize*len(parts) + p.Size()
	if !s.envelope.Takes(size) {
		b, err := appendJoined(make([]byte, 0, size), q, layout, parts, p)
		return unsafe.String(unsafe.SliceData(b), len(b)), err //nolint:gosec // b is not used any more
	}
	x := s.envelope.Borrow()
	defer s.envelope.Return(x)
	b, err := appendJoined(x.B, q, layout, parts, p)
	if err != nil {
		return "", err
	}
	x.B = b
	if w := s.wrap(&q.Key, outerCheck(q), b); w != nil {
		return unsafe.String(unsafe.SliceData(w), len(w)), nil //nolint:gosec // as above
	}
	return string(b), nil
}

// unwrap returns the payload of an entry, or false where it is a miss.
func (s *Store) unwrap(ctx context.Context, key *store.Key, entry []byte, now check) ([]byte, bool) {
	body, is := openEntry(entry, now)
	switch is {
	case stale:
		return nil, false
	case damaged:
		return s.refuse(ctx, key, RefusedDamaged)
	case plain:
		if s.envelope.Seals() {
			return s.refuse(ctx, key, RefusedPlain)
		}
		return body, true
	default:
		place := placeOf(key, now)
		content, why := s.envelope.Open(body, &place)
		if why != envelope.None {
			return s.refuse(ctx, key, refusals[why])
		}
		return content, true
	}
}

// unwrapJoined takes a joined entry apart, or returns false where it is a miss. Known is
// what is remembered of its layout, nil for nothing.
func (s *Store) unwrapJoined(ctx context.Context, q *store.Query, entry string, known *layout) (e joinedEntry, ok bool) {
	if outer := outerCheck(q); len(entry) >= checkSize && check([]byte(entry[:checkSize])).of(outer) {
		content, ok := s.unwrap(ctx, &q.Key, unsafe.Slice(unsafe.StringData(entry), len(entry)), outer) //nolint:gosec // it is only read
		if !ok {
			return e, false
		}
		return openJoined(q, unsafe.String(unsafe.SliceData(content), len(content)), known) //nolint:gosec // nobody changes it
	}
	if e, ok = openJoined(q, entry, known); ok && s.envelope.Seals() {
		s.refuse(ctx, &q.Key, RefusedPlain)
		return joinedEntry{}, false
	}
	return e, ok
}
