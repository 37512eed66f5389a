package result

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/internal/drivertest"
)

// TestDecoderSharesShapes decodes each answer twice, among all others: the second
// result has the shape of the first one, and both are what Decode makes.
func TestDecoderSharesShapes(t *testing.T) {
	t.Parallel()
	known := new(Decoder)
	for name, a := range answers() {
		if !a.whole {
			continue
		}
		b, err := recorded(t, a.Answer).AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		want, err := Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		var shared [2]*Result
		for i := range shared {
			given := slices.Clone(b)
			if shared[i], err = known.Decode(given); err != nil {
				t.Fatal(name, err)
			}
			clear(given) // nothing may be left of it
			if d := difference(want, shared[i]); d != "" {
				t.Errorf("%s: %s", name, d)
			}
		}
		if shared[0].shape != shared[1].shape {
			t.Errorf("%s: the second result has a shape of its own", name)
		}
		if got := want.Size() - shared[1].Size(); got != want.shape.size() {
			t.Errorf("%s: sharing the shape saves %d bytes by the sizes, not %d", name, got, want.shape.size())
		}
	}
}

// TestDecoderRefusesEveryPrefix cuts a result off at every byte, for a decoder that
// knows it whole.
func TestDecoderRefusesEveryPrefix(t *testing.T) {
	t.Parallel()
	b, err := recorded(t, answers()["dynamic"].Answer).AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	known := new(Decoder)
	if _, err := known.Decode(b); err != nil {
		t.Fatal(err)
	}
	for n := range b {
		if r, err := known.Decode(b[:n:n]); r != nil || !errors.Is(err, ErrFormat) {
			t.Fatalf("the first %d of %d bytes: %v, %v", n, len(b), r, err)
		}
	}
}

// TestDecoderKeepsNoLargeHead decodes a result of very long names.
func TestDecoderKeepsNoLargeHead(t *testing.T) {
	t.Parallel()
	b, err := recorded(t, drivertest.Answer{Columns: []drivertest.Column{{Name: strings.Repeat("x", maxHead)}}}).AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	known := new(Decoder)
	if _, err := known.Decode(b); err != nil {
		t.Fatal(err)
	}
	if h := known.last.Load(); h != nil {
		t.Errorf("%d bytes are kept", len(h.bytes))
	}
}
