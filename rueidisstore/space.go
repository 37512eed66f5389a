package rueidisstore

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/cacheops/cacheops/rueidisstore/internal/envelope"
	"github.com/cacheops/cacheops/store"
)

// Refusal says why an entry that is there, and valid by its stamps, was a miss.
type Refusal uint8

// The reasons. They may become more.
const (
	// RefusedDamaged is an entry that is not as it was written, or of a form that this
	// version does not know.
	RefusedDamaged Refusal = iota
	// RefusedPlain is one that is not encrypted, although [Config.Keys] are set. It is
	// what processes without keys write.
	RefusedPlain
	// RefusedLocked is one that is encrypted, and this process has no keys.
	RefusedLocked
	// RefusedUnknownKey is one that was encrypted with a key whose id is not among
	// Config.Keys.
	RefusedUnknownKey
	// RefusedForged is one that its key does not open: another secret has that id, or
	// somebody changed the entry or moved it.
	RefusedForged

	refusalsEnd
)

// String returns the reason in a word or two.
func (r Refusal) String() string {
	switch r {
	case RefusedDamaged:
		return "damaged"
	case RefusedPlain:
		return "plain"
	case RefusedLocked:
		return "locked"
	case RefusedUnknownKey:
		return "unknown key"
	case RefusedForged:
		return "forged"
	default:
		return fmt.Sprintf("refusal %d", uint8(r))
	}
}

// refusals are the reasons of an envelope.
var refusals = map[envelope.Refusal]Refusal{
	envelope.Malformed: RefusedDamaged,
	envelope.Unsealed:  RefusedPlain,
	envelope.Locked:    RefusedLocked,
	envelope.Unknown:   RefusedUnknownKey,
	envelope.Forged:    RefusedForged,
}

// RefusalEvent tells of an entry that was refused. Its fields may grow.
type RefusalEvent struct {
	Reason Refusal
	// Key is what the entry is under in Redis.
	Key string
}

// SpaceStats counts what compression and encryption did since the store was made.
type SpaceStats struct {
	// Compressed and Encrypted are the entries that were. One may be both.
	Compressed, Encrypted uint64
	// BytesBefore and BytesAfter are the sizes of these entries, without their checks,
	// in bytes.
	BytesBefore, BytesAfter uint64
	// Damaged, Plain, Locked, UnknownKey and Forged count the refusals of these names.
	Damaged, Plain, Locked, UnknownKey, Forged uint64
}

// Refused is the sum of all refusals.
func (s *SpaceStats) Refused() uint64 {
	return s.Damaged + s.Plain + s.Locked + s.UnknownKey + s.Forged
}

// space counts.
type space struct {
	compressed, sealed, before, after atomic.Uint64
	refused                           [refusalsEnd]atomic.Uint64
}

// put counts an envelope.
func (x *space) put(compressed, sealed bool, before, after int) {
	if compressed {
		x.compressed.Add(1)
	}
	if sealed {
		x.sealed.Add(1)
	}
	x.before.Add(uint64(before)) //nolint:gosec // a length
	x.after.Add(uint64(after))   //nolint:gosec // a length
}

// SpaceStats returns the counts. They are of one moment each, and not all of the same.
func (s *Store) SpaceStats() SpaceStats {
	x := &s.space
	return SpaceStats{
		Compressed: x.compressed.Load(), Encrypted: x.sealed.Load(), BytesBefore: x.before.Load(), BytesAfter: x.after.Load(),
		Damaged: x.refused[RefusedDamaged].Load(), Plain: x.refused[RefusedPlain].Load(), Locked: x.refused[RefusedLocked].Load(),
		UnknownKey: x.refused[RefusedUnknownKey].Load(), Forged: x.refused[RefusedForged].Load(),
	}
}

// refuse counts an entry that is a miss, and tells of it.
func (s *Store) refuse(ctx context.Context, key *store.Key, why Refusal) ([]byte, bool) {
	s.space.refused[why].Add(1)
	if s.cfg.OnRefusal != nil {
		s.tellRefusal(ctx, s.keys.entry(key), why)
	}
	return nil, false
}

// tellRefusal calls the program's function: what that does wrong harms no read.
func (s *Store) tellRefusal(ctx context.Context, key string, why Refusal) {
	defer func() { _ = recover() }()
	s.cfg.OnRefusal(ctx, RefusalEvent{Reason: why, Key: key})
}
