package envelope

import (
	"sync"

	"github.com/klauspost/compress/s2"
)

// The forms. The upper half of the byte is the version.
const (
	version    = 1 << 4
	compressed = 1 << 0
	sealed     = 1 << 1
)

// MaxContent bounds what is compressed, and what a compressed content may say that it
// is, in bytes: whoever can write to Redis can write any number there. What is larger
// is not compressed.
const MaxContent = 16 << 20

// PlaceSize is the length of a place, in bytes.
const PlaceSize = 48

// Place is what sealed content is bound to.
type Place [PlaceSize]byte

// Refusal says why an envelope was not opened. None stands for one that was.
type Refusal uint8

// Why an envelope is not opened.
const (
	None      Refusal = iota
	Malformed         // it is none of this version, or not whole
	Locked            // it is sealed, and there is no key at all
	Unsealed          // it is not sealed, and there are keys
	Unknown           // it is sealed with a key of an unknown id
	Forged            // it was not sealed with this key, or for this place, or was changed
)

// Envelope puts content in and takes it out. It is used from many goroutines at once.
type Envelope struct {
	from    int
	sealers []sealer
	scratch sync.Pool // of *Scratch
}

// New makes one that compresses content of from bytes and more, or none where from is
// negative, and seals with the first of the keys, if there are any. All keys open.
func New(from int, keys []Key) (*Envelope, error) {
	sealers, err := newSealers(keys)
	if err != nil {
		return nil, err
	}
	return &Envelope{from: from, sealers: sealers}, nil
}

// Seals tells whether all content is sealed, and nothing else is opened.
func (e *Envelope) Seals() bool { return len(e.sealers) > 0 }

// Takes tells whether content of that size would be put into an envelope, unless
// compressing it turns out to be of no use.
func (e *Envelope) Takes(size int) bool { return e.Seals() || e.compresses(size) }

func (e *Envelope) compresses(size int) bool {
	return e.from >= 0 && size >= e.from && size <= MaxContent
}

// Scratch is a buffer that is used again.
type Scratch struct {
	B     []byte
	bound [maxBound]byte
}

// maxBound is the most that sealed content is bound to, in bytes.
const maxBound = 2 + MaxKeyID + PlaceSize

// maxScratch is how large a buffer is that is kept for the next.
const maxScratch = 4 << 20

// Borrow lends a buffer of no length. Return takes it back, when nothing refers to it
// any more.
func (e *Envelope) Borrow() *Scratch {
	if x, ok := e.scratch.Get().(*Scratch); ok {
		return x
	}
	return new(Scratch)
}

// Return takes a buffer back.
func (e *Envelope) Return(x *Scratch) {
	if cap(x.B) > maxScratch {
		return
	}
	x.B = x.B[:0]
	e.scratch.Put(x)
}

// bind returns what sealed content is bound to: all that is before it, and its place.
// The former says its length itself, and the latter always has the same.
func (x *Scratch) bind(head []byte, place *Place) []byte {
	return append(append(x.bound[:0], head...), place[:]...)
}

// Put returns an envelope behind room for so many bytes, or nil where the content is as
// well off without one: it is not sealed, and compressed it would hardly be smaller.
func (e *Envelope) Put(room int, content []byte, place *Place) []byte {
	form := byte(version)
	x := e.Borrow()
	defer e.Return(x)
	if e.compresses(len(content)) {
		if packed := x.compress(content); len(packed) <= len(content)-len(content)/8 {
			form |= compressed
			content = packed
		}
	}
	if !e.Seals() {
		if form&compressed == 0 {
			return nil
		}
		b := make([]byte, room, room+1+len(content))
		return append(append(b, form), content...)
	}
	form |= sealed
	s := &e.sealers[0]
	b := make([]byte, room, room+2+len(s.id)+len(content)+s.aead.Overhead())
	b = append(append(b, form, byte(len(s.id))), s.id...) //nolint:gosec // an id is short
	// The nonce is nil because the AEAD makes a random one.
	return s.aead.Seal(b, nil, content, x.bind(b[room:], place)) //nolint:gosec // as said
}

// Open returns the content of an envelope, or why not. The content is the caller's own.
func (e *Envelope) Open(envelope []byte, place *Place) (content []byte, why Refusal) {
	if len(envelope) == 0 {
		return nil, Malformed
	}
	form, rest := envelope[0], envelope[1:]
	switch form {
	case version | compressed:
		if e.Seals() {
			return nil, Unsealed
		}
		return expand(rest)
	case version | sealed, version | sealed | compressed:
	default:
		return nil, Malformed
	}
	if !e.Seals() {
		return nil, Locked
	}
	if len(rest) == 0 || len(rest) < 1+int(rest[0]) {
		return nil, Malformed
	}
	size := 1 + int(rest[0])
	s := e.sealer(rest[1:size])
	if s == nil {
		return nil, Unknown
	}
	x := e.Borrow()
	defer e.Return(x)
	head, rest := x.bind(envelope[:1+size], place), rest[size:]
	if form&compressed == 0 {
		content, err := s.aead.Open(nil, nil, rest, head)
		if err != nil {
			return nil, Forged
		}
		return content, None
	}
	packed, err := s.aead.Open(x.B[:0], nil, rest, head)
	if err != nil {
		return nil, Forged
	}
	x.B = packed
	return expand(packed)
}

// Compressed tells whether an envelope that Put made is compressed.
func Compressed(envelope []byte) bool { return envelope[0]&compressed != 0 }

// sealer returns the key of that id, or nil.
func (e *Envelope) sealer(id []byte) *sealer {
	for i := range e.sealers {
		if e.sealers[i].id == string(id) {
			return &e.sealers[i]
		}
	}
	return nil
}

// compress returns compressed content, which is in the buffer.
func (x *Scratch) compress(content []byte) []byte {
	if room := s2.MaxEncodedLen(len(content)); cap(x.B) < room {
		x.B = make([]byte, room)
	}
	return s2.Encode(x.B[:cap(x.B)], content)
}

// expand returns compressed content as it was.
func expand(b []byte) ([]byte, Refusal) {
	// It is looked at what it says that it is before there is memory for it.
	n, err := s2.DecodedLen(b)
	if err != nil || n > MaxContent {
		return nil, Malformed
	}
	content, err := s2.Decode(make([]byte, n), b)
	if err != nil || len(content) != n {
		return nil, Malformed
	}
	return content, None
}
