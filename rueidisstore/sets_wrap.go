package rueidisstore

import (
	"context"
	"encoding/binary"
	"unsafe"

	"github.com/cacheops/cacheops/rueidisstore/internal/envelope"
	"github.com/cacheops/cacheops/store"
)

// In sets mode the payload alone is in an envelope: the scripts read what stands before
// it, and know of no envelopes. The check says by its form whether there is one, as in
// wrap.go. So a process that knows of none has a miss, and lists and drops the entry like
// any other.

// setsPlace is what an envelope of sets mode is bound to: the entry's key; the database,
// the server, the value of the place and all that the entry depends on, by the check; and
// the names of a joined entry's sets, for whoever recalls it lists what he makes of it
// there.
func setsPlace(q *store.Query, master incarnation, value, lines string) envelope.Place {
	sum := setsCheck(q, master, value)
	if q.Joined {
		var c checker
		add(&c, sum[:])
		add(&c, lines)
		sum = c.sum()
	}
	return placeOf(&q.Key, sum)
}

// writeEntry returns an entry with that value, in the sets of these lines if it is a
// joined one.
func (s *Sets) writeEntry(q *store.Query, master incarnation, value, lines string, p store.Payload) (string, error) {
	head := stampSize + checkSize
	if q.Joined {
		head += linesSize + len(lines)
	}
	b, inEnvelope, err := s.appendPayload(q, head, master, value, lines, p)
	if err != nil {
		return "", err
	}
	copy(b, value)
	body := b[stampSize+checkSize:]
	if q.Joined {
		binary.BigEndian.PutUint32(body, uint32(len(lines))) //nolint:gosec // Fill bounds it
		copy(body[linesSize:], lines)
	}
	own := setsCheck(q, master, value)
	if inEnvelope {
		own = own.withEnvelope(body)
	} else {
		own = own.with(body)
	}
	copy(b[stampSize:], own[:])
	return unsafe.String(unsafe.SliceData(b), len(b)), nil //nolint:gosec // b is not used any more
}

// appendPayload returns the payload behind so much room, and whether it is in an
// envelope.
func (s *Sets) appendPayload(q *store.Query, room int, master incarnation, value, lines string, p store.Payload) (b []byte, inEnvelope bool, err error) {
	e := s.base.envelope
	if !e.Takes(p.Size()) {
		b, err = p.AppendBinary(make([]byte, room, room+p.Size()))
		return b, false, err
	}
	x := e.Borrow()
	defer e.Return(x)
	content, err := p.AppendBinary(x.B)
	if err != nil {
		return nil, false, err
	}
	x.B = content
	place := setsPlace(q, master, value, lines)
	if b = s.base.put(room, content, &place); b != nil {
		return b, true, nil
	}
	return append(make([]byte, room, room+len(content)), content...), false, nil
}

// unwrap returns the payload of an entry, or false where it is a miss.
func (s *Sets) unwrap(ctx context.Context, q *store.Query, e *setsEntry, is form) ([]byte, bool) {
	body := unsafe.Slice(unsafe.StringData(e.payload), len(e.payload)) //nolint:gosec // it is only read
	switch is {
	case stale:
		return nil, false
	case damaged:
		return s.refuse(ctx, q, RefusedDamaged)
	case plain:
		if s.base.envelope.Seals() {
			return s.refuse(ctx, q, RefusedPlain)
		}
		return body, true
	default:
		place := setsPlace(q, e.master, e.value, e.lines)
		content, why := s.base.envelope.Open(body, &place)
		if why != envelope.None {
			return s.refuse(ctx, q, refusals[why])
		}
		return content, true
	}
}

// refuse counts an entry that is a miss, and tells of it.
func (s *Sets) refuse(ctx context.Context, q *store.Query, why Refusal) ([]byte, bool) {
	s.base.space.refused[why].Add(1)
	if s.base.cfg.OnRefusal != nil {
		s.base.tellRefusal(ctx, s.entryKey(q), why)
	}
	return nil, false
}

// SpaceStats returns the counts, as [Store.SpaceStats] does.
func (s *Sets) SpaceStats() SpaceStats { return s.base.SpaceStats() }
