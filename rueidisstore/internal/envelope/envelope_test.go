package envelope

import (
	"bytes"
	"encoding/binary"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/s2"
)

// secret is a key that differs by its number.
func secret(n byte) []byte {
	b := make([]byte, KeySize)
	for i := range b {
		b[i] = n + byte(i)
	}
	return b
}

var (
	keyA = Key{"a", secret(1)}
	keyB = Key{"the second of 2026", secret(2)}
	keyC = Key{strings.Repeat("c", MaxKeyID), secret(3)}
)

func newEnvelope(tb testing.TB, from int, keys ...Key) *Envelope {
	tb.Helper()
	e, err := New(from, keys)
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

var here, there = Place{1, 2, 3}, Place{1, 2, 4}

// words compress well, and noise does not.
func words(n int) []byte { return bytes.Repeat([]byte("some words, "), n/12+1)[:n] }

func noise(n int) []byte {
	r, b := chance(), make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// What is put in comes out, whatever its size, and what is of no use in an envelope is
// not put into one.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	const from = 64
	sizes := []int{0, 1, 11, 12, 13, from - 2, from - 1, from, from + 1, from + 2, 127, 128, 129, 1000, 65535, 65536, 65537, 1 << 20, MaxContent, MaxContent + 1}
	for _, way := range []struct {
		name     string
		compress int
		keys     []Key
	}{
		{"compressed", from, nil},
		{"sealed", -1, []Key{keyA}},
		{"both", from, []Key{keyC, keyA}},
		{"both, whatever the size", 0, []Key{keyB}},
	} {
		e := newEnvelope(t, way.compress, way.keys...)
		for _, size := range sizes {
			for kind, content := range map[string][]byte{"words": words(size), "noise": noise(size)} {
				if size > 1<<20 && kind == "noise" && len(way.keys) > 0 {
					continue // it tells nothing that the words do not, and takes long
				}
				b := e.Put(5, content, &here)
				smaller := kind == "words" && way.compress >= 0 && size >= max(way.compress, 20) && size <= MaxContent
				if b == nil {
					if smaller || e.Seals() {
						t.Errorf("%s, %d bytes of %s: there is no envelope", way.name, size, kind)
					}
					continue
				}
				if !smaller && !e.Seals() {
					t.Errorf("%s, %d bytes of %s: there is an envelope", way.name, size, kind)
				}
				if !bytes.Equal(b[:5], make([]byte, 5)) || cap(b) != len(b) {
					t.Errorf("%s, %d bytes of %s: no room is left, or too much", way.name, size, kind)
				}
				if got := Compressed(b[5:]); got != smaller {
					t.Errorf("%s, %d bytes of %s: compressed %v", way.name, size, kind, got)
				}
				got, why := e.Open(b[5:], &here)
				if why != None || !bytes.Equal(got, content) {
					t.Errorf("%s, %d bytes of %s: %d bytes came out, refusal %d", way.name, size, kind, len(got), why)
				}
			}
		}
	}
}

// The first key seals, and all open: whichever stays, what it sealed can be read, and
// nothing else.
func TestRotation(t *testing.T) {
	t.Parallel()
	all := []Key{keyA, keyB, keyC}
	content := words(100)
	for sealing := range all {
		for _, order := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
			keys := []Key{all[order[0]], all[order[1]], all[order[2]]}
			b := newEnvelope(t, -1, all[sealing], all[(sealing+1)%3]).Put(0, content, &here)
			for n := range 4 {
				e := newEnvelope(t, -1, keys[:n]...)
				want := Unknown
				if n == 0 {
					want = Locked
				}
				if slices.Contains(order[:n], sealing) {
					want = None
				}
				got, why := e.Open(b, &here)
				if why != want || (why == None) != bytes.Equal(got, content) {
					t.Errorf("sealed with %d, keys %v: refusal %d, want %d", sealing, order[:n], why, want)
				}
			}
		}
	}
	other := newEnvelope(t, -1, Key{keyA.ID, secret(9)})
	if _, why := other.Open(newEnvelope(t, -1, keyA).Put(0, content, &here), &here); why != Forged {
		t.Errorf("another secret under the same id: refusal %d", why)
	}
}

// Any bit that is changed, any end that is cut off, and another place are refused.
func TestChangedIsRefused(t *testing.T) {
	t.Parallel()
	for name, e := range map[string]*Envelope{"sealed": newEnvelope(t, -1, keyA, keyB), "both": newEnvelope(t, 0, keyA, keyB)} {
		b := e.Put(0, words(300), &here)
		if _, why := e.Open(b, &there); why != Forged {
			t.Errorf("%s: in another place: refusal %d", name, why)
		}
		for at := range b {
			for bit := range 8 {
				changed := bytes.Clone(b)
				changed[at] ^= 1 << bit
				if got, why := e.Open(changed, &here); why == None || got != nil {
					t.Errorf("%s: with bit %d of byte %d changed it was opened", name, bit, at)
				}
			}
			if got, why := e.Open(b[:at], &here); why == None || got != nil {
				t.Errorf("%s: its first %d bytes were opened", name, at)
			}
		}
		if _, why := e.Open(append(bytes.Clone(b), 0), &here); why != Forged {
			t.Errorf("%s: with a byte more: refusal %d", name, why)
		}
		if _, why := e.Open(nil, &here); why != Malformed {
			t.Errorf("%s: nothing: refusal %d", name, why)
		}
	}
}

// What is not sealed is not opened where there are keys: else anybody who can write
// could put his own there.
func TestUnsealedIsRefused(t *testing.T) {
	t.Parallel()
	b := newEnvelope(t, 0).Put(0, words(300), &here)
	if _, why := newEnvelope(t, 0, keyA).Open(b, &here); why != Unsealed {
		t.Errorf("refusal %d", why)
	}
	if _, why := newEnvelope(t, -1).Open(b, &here); why != None {
		t.Errorf("where nothing is compressed, what others compressed: refusal %d", why)
	}
}

// Two envelopes of one content have nothing in common: each has a nonce of its own.
func TestNoncesDiffer(t *testing.T) {
	t.Parallel()
	e := newEnvelope(t, -1, keyA)
	seen := make(map[string]bool)
	for range 1000 {
		b := e.Put(0, words(100), &here)
		nonce := string(b[2+len(keyA.ID):][:12])
		if seen[nonce] {
			t.Fatal("a nonce came twice")
		}
		seen[nonce] = true
	}
}

// A length that is not true is refused before there is memory for it.
func TestLengthsAreBounded(t *testing.T) {
	e := newEnvelope(t, 0)
	block := s2.Encode(nil, words(300))[2:] // without its length
	for _, n := range []uint64{0, 1, 299, 301, 1 << 16, MaxContent, MaxContent + 1, 1 << 30, math.MaxUint32, 1 << 40, math.MaxUint64} {
		b := append(binary.AppendUvarint([]byte{version | compressed}, n), block...)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if got, why := e.Open(b, &here); why != Malformed || got != nil {
			t.Errorf("a length of %d: refusal %d", n, why)
		}
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > MaxContent+1<<20 {
			t.Errorf("a length of %d took %d MB", n, took>>20)
		}
	}
	if got, why := e.Open(append(binary.AppendUvarint([]byte{version | compressed}, 300), block...), &here); why != None || len(got) != 300 {
		t.Errorf("with its own length: refusal %d", why)
	}
	// What is larger than that is not compressed, so that it can be read again.
	if b := e.Put(0, make([]byte, MaxContent+1), &here); b != nil {
		t.Error("more than may be read was compressed")
	}
}

// Keys that would not do what they should are refused, and their secrets not told.
func TestKeysAreChecked(t *testing.T) {
	t.Parallel()
	for name, keys := range map[string][]Key{
		"no id":           {{"", secret(1)}},
		"a long id":       {{strings.Repeat("x", MaxKeyID+1), secret(1)}},
		"a short secret":  {{"a", secret(1)[:16]}},
		"a long secret":   {{"a", append(secret(1), 1)}},
		"no secret":       {{"a", nil}},
		"an empty secret": {{"a", make([]byte, KeySize)}},
		"an id twice":     {keyA, keyB, {keyA.ID, secret(7)}},
	} {
		if _, err := New(-1, keys); err == nil {
			t.Errorf("%s: no error", name)
		} else if strings.Contains(err.Error(), string(secret(1)[:8])) {
			t.Errorf("%s: the error tells the secret: %v", name, err)
		}
	}
	mine := secret(1)
	e := newEnvelope(t, -1, Key{"a", mine})
	clear(mine)
	if _, why := newEnvelope(t, -1, keyA).Open(e.Put(0, words(10), &here), &here); why != None {
		t.Error("the secret was not copied")
	}
}

// What was opened stays as it is, whatever is opened and put in after it: a result may
// refer to it.
func TestContentIsTheCallersOwn(t *testing.T) {
	t.Parallel()
	for name, e := range map[string]*Envelope{"compressed": newEnvelope(t, 0), "sealed": newEnvelope(t, -1, keyA), "both": newEnvelope(t, 0, keyA)} {
		x := e.Borrow() // as a fill does, which leaves a buffer with room
		x.B = make([]byte, 0, 1<<16)
		e.Return(x)
		first, other := e.Put(0, words(5000), &here), e.Put(0, bytes.Repeat([]byte("others "), 1000), &here)
		sealed := bytes.Clone(first)
		for range 100 {
			content, why := e.Open(first, &here)
			if _, again := e.Open(other, &here); why != None || again != None {
				t.Fatalf("%s: refusals %d and %d", name, why, again)
			}
			e.Put(0, noise(5000), &here)
			if !bytes.Equal(content, words(5000)) {
				t.Fatalf("%s: what was opened changed", name)
			}
			if !bytes.Equal(first, sealed) {
				t.Fatalf("%s: the envelope changed", name)
			}
		}
	}
}

// Many goroutines share one.
func TestTogether(t *testing.T) {
	t.Parallel()
	e := newEnvelope(t, 0, keyA)
	done := make(chan struct{})
	for g := range 8 {
		go func() {
			defer func() { done <- struct{}{} }()
			place := Place{byte(g)}
			for i := range 200 {
				content := append(words(10*i), byte(g))
				got, why := e.Open(e.Put(0, content, &place), &place)
				if why != None || !bytes.Equal(got, content) {
					t.Errorf("refusal %d", why)
				}
			}
		}()
	}
	for range 8 {
		<-done
	}
}

// FuzzOpen opens anything: nothing panics, nothing is longer than the bound, and with
// keys nothing is opened that was not sealed.
func FuzzOpen(f *testing.F) {
	plain, keyed := newEnvelope(f, 0), newEnvelope(f, 0, keyA, keyB)
	packed, sealed := plain.Put(0, words(200), &here), keyed.Put(0, words(200), &here)
	half := newEnvelope(f, -1, keyB).Put(0, words(200), &here)
	for _, b := range [][]byte{packed, sealed, half} {
		for _, at := range []int{0, 1, 2, 3, 4, 16, len(b) - 1, len(b)} {
			f.Add(b[:at])
			f.Add(append(bytes.Clone(b[:at]), 0xff, 0xff, 0xff, 0xff, 0x7f))
		}
	}
	for _, n := range []uint64{0, 1, MaxContent, MaxContent + 1, 1 << 31, math.MaxUint32, math.MaxUint64} {
		f.Add(append(binary.AppendUvarint([]byte{version | compressed}, n), packed[3:]...))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		given := bytes.Clone(b)
		for _, e := range []*Envelope{plain, keyed} {
			content, why := e.Open(b, &here)
			if !bytes.Equal(b, given) {
				t.Fatal("the envelope was changed")
			}
			if why != None {
				if content != nil {
					t.Fatal("there is content with a refusal")
				}
				continue
			}
			if len(content) > MaxContent {
				t.Fatalf("%d bytes came out of %d", len(content), len(b))
			}
			if e.Seals() && !bytes.Equal(content, words(200)) {
				t.Fatalf("what nobody sealed was opened: %q", content)
			}
			if again := e.Put(0, content, &here); again != nil {
				if back, why := e.Open(again, &here); why != None || !bytes.Equal(back, content) {
					t.Fatalf("what was opened does not come out again: refusal %d", why)
				}
			}
		}
	})
}
