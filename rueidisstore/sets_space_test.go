package rueidisstore_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/store"
)

// setsHead is what stands before the payload of a plain entry: its value and its check.
const setsHead = 32

// setsBytes returns what is in Redis, and where its payload or its envelope begins.
func setsBytes(t testing.TB, r raw, s *rueidisstore.Sets, q *store.Query) (text string, payload int) {
	t.Helper()
	m := r.do("GET", []string{s.EntryKey(q)})
	text, err := m.ToString()
	if err != nil {
		t.Fatal(err)
	}
	if !q.Joined {
		return text, setsHead
	}
	return text, setsHead + 4 + int(binary.BigEndian.Uint32([]byte(text[setsHead:])))
}

// In sets mode too, results of any size come out as they went in, and who reads Redis
// finds neither them nor the values that they depend on.
func TestSetsSpaceRoundTrips(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	const from = 1000
	marker := "secret words "
	for name, x := range map[string]struct {
		set             []func(*rueidisstore.Config)
		packs, encrypts bool
	}{
		"neither":    {[]func(*rueidisstore.Config){compressing(-1)}, false, false},
		"compressed": {[]func(*rueidisstore.Config){compressing(from)}, true, false},
		"encrypted":  {[]func(*rueidisstore.Config){keyed("a")}, false, true},
		"both":       {[]func(*rueidisstore.Config){keyed("a", "b"), compressing(from)}, true, true},
	} {
		s := newSets(t, server.URL(), x.set...)
		r := newRaw(t, s)
		var packed, sealed uint64
		for _, size := range []int{0, 1, 13, from - 1, from, from + 1, 4096, 70_000, 1 << 20} {
			content := []byte(strings.Repeat(marker, size/len(marker)+1)[:size])
			one := blobQuery(name + strconv.Itoa(size))
			sn := fill(t, s, one, blob(content))
			joined := joinedBlob("joined " + name + strconv.Itoa(size))
			joinedOf(t, s, joined, blob(content), one, blobQuery("the other"))
			for _, q := range []*store.Query{one, joined} {
				wantBlob(t, s, q, content)
				text, at := setsBytes(t, r, s, q)
				if x.encrypts {
					sealed++
					for _, word := range []string{marker, "1:id"} {
						if strings.Contains(text[min(len(text), setsHead):], word) {
							t.Errorf("%s, %d bytes, joined %v: %q can be read in Redis", name, size, q.Joined, word)
						}
					}
				}
				small := x.packs && size >= from
				switch {
				case small:
					packed++
					if len(text)-at > 100+size/4 {
						t.Errorf("%s, %d bytes, joined %v: they take %d", name, size, q.Joined, len(text)-at)
					}
				case len(text)-at < size:
					t.Errorf("%s, %d bytes, joined %v: they take %d, although they are too few to compress", name, size, q.Joined, len(text)-at)
				}
				// A process that knows of no envelopes must not take one for a result.
				if inside := small || x.encrypts; rueidisstore.Rechecked(q, sn, text, inside) != text || rueidisstore.Rechecked(q, sn, text, !inside) == text {
					t.Errorf("%s, %d bytes, joined %v: the check does not tell what follows", name, size, q.Joined)
				}
			}
		}
		if got := s.SpaceStats(); got.Encrypted != sealed || got.Compressed != packed || got.Refused() != 0 || got.BytesAfter > got.BytesBefore+100*sealed {
			t.Errorf("%s: the counts are %+v, want %d compressed and %d encrypted", name, got, packed, sealed)
		}
	}
}

// What each process makes of what another wrote, as TestMixedProcesses has it.
func TestSetsMixedProcesses(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	mixedProcesses(t, func(set ...func(*rueidisstore.Config)) spaceStore {
		return newSets(t, server.URL(), append(set, prefixed("mixed"))...)
	})
}

// Who can write to Redis cannot have a program read what was not encrypted for that very
// result, or list it elsewhere. The checksums are made right, as he would.
func TestSetsForgedEntriesAreMisses(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	for name, set := range map[string]func(*rueidisstore.Config){"encrypted": compressing(-1), "both": compressing(10)} {
		var told refusalsSeen
		s := newSets(t, server.URL(), keyed("a"), set, told.set)
		r := newRaw(t, s)
		content := bytes.Repeat([]byte("the balance is 100 "), 20)
		a, b := rowQuery("t", "a"), rowQuery("t", "b")
		sn := fill(t, s, a, blob(content))
		fill(t, s, b, blob("the balance is 999999"))
		x, y := madeOf("x"), madeOf("y")
		joinedOf(t, s, x, blob(content), a)
		joinedOf(t, s, y, blob("the balance is 999999"), a)
		want := uint64(0)
		try := func(q *store.Query, what, entry string, refusals uint64) {
			t.Helper()
			r.do("SET", []string{s.EntryKey(q)}, entry)
			want += refusals
			p, ok, err := s.Get(context.Background(), q)
			if ok || err != nil {
				t.Errorf("%s, joined %v, %s: %q, hit %v, error %v", name, q.Joined, what, p, ok, err)
			}
			if got := s.SpaceStats(); got.Refused() != want {
				t.Fatalf("%s, joined %v, %s: %d refusals, want %d: %+v", name, q.Joined, what, got.Refused(), want, got)
			}
		}
		for _, pair := range [][2]*store.Query{{a, b}, {x, y}} {
			q := pair[0]
			whole, at := setsBytes(t, r, s, q)
			moved, _ := setsBytes(t, r, s, pair[1])
			forged := func(entry string) string { return rueidisstore.Rechecked(q, sn, entry, true) }
			try(q, "moved from another key as it is", moved, 0)
			told.reasons, told.keys = nil, nil
			try(q, "moved from another key", forged(moved), 1)
			if len(told.reasons) != 1 || told.reasons[0] != rueidisstore.RefusedForged || told.keys[0] != s.EntryKey(q) {
				t.Errorf("%s: what was told is %+v", name, told)
			}
			for i := at; i < len(whole); i += 1 + len(whole)/60 {
				changed := []byte(whole)
				changed[i] ^= 8
				try(q, fmt.Sprintf("byte %d changed", i), forged(string(changed)), 1)
				try(q, "the same with its old checksum", string(changed), 1)
				try(q, "cut at "+strconv.Itoa(i), forged(whole[:i]), 1)
			}
			try(q, "longer", forged(whole+"x"), 1)
			try(q, "of another place", forged("another place    "[:16]+whole[16:]), 1)
			try(q, "not encrypted", rueidisstore.Rechecked(q, sn, whole[:at]+"the balance is 999999", false), 1)
			if q.Joined {
				// Whoever recalls it would list what he makes of it there.
				key := s.Base().ConjKey("main", "t", "id=a")
				lines := strings.Replace(whole[:at], key, s.Base().ConjKey("main", "t", "id=b"), 1)
				if lines == whole[:at] {
					t.Fatalf("%s is not among the sets of the joined entry", key)
				}
				try(q, "of other sets", forged(lines+whole[at:]), 1)
			}
			r.do("SET", []string{s.EntryKey(q)}, whole)
			wantBlob(t, s, q, content)
			try(q, "another's", forged(moved), 1)
			if q.Joined {
				joinedOf(t, s, q, blob(content), a)
			} else {
				fill(t, s, q, blob(content)) // the next read replaces it
			}
			wantBlob(t, s, q, content)
		}

		// An old result in the place of a later one does not open.
		old, _ := setsBytes(t, r, s, a)
		write(t, s, ofRow("t", "a"))
		wantMiss(t, s, a)
		wantMiss(t, s, x)
		fill(t, s, a, blob("the balance is 5"))
		now, _ := setsBytes(t, r, s, a)
		try(a, "of before a write", rueidisstore.Rechecked(a, sn, now[:16]+old[16:], true), 1)
	}
}

// After a change of the key a process with both reads what either wrote, and one that
// has the new one alone what was written with that.
func TestSetsKeysRotate(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	at := prefixed("rotated")
	old, both, last := newSets(t, server.URL(), keyed("1"), at), newSets(t, server.URL(), keyed("2", "1"), at), newSets(t, server.URL(), keyed("2"), at)
	q, made := rowQuery("t", "1"), madeOf("f")
	fill(t, old, q, blob("of the old key"))
	joinedOf(t, old, made, blob("of the old key"), q)
	for _, x := range []*store.Query{q, made} {
		wantBlob(t, both, x, []byte("of the old key"))
		wantMiss(t, last, x)
	}
	if got := last.SpaceStats(); got.UnknownKey != 2 || got.Refused() != 2 {
		t.Errorf("without the old key: %+v", got)
	}
	fill(t, both, q, blob("of the new key"))
	joinedOf(t, both, made, blob("of the new key"), q)
	for _, s := range []*rueidisstore.Sets{both, last} {
		for _, x := range []*store.Query{q, made} {
			wantBlob(t, s, x, []byte("of the new key"))
		}
	}
	// Who cannot read an entry drops it all the same.
	write(t, old, ofRow("t", "1"))
	wantMiss(t, last, q)
	wantMiss(t, last, made)
	if got := last.SpaceStats(); got.Refused() != 2 {
		t.Errorf("what was dropped is there, and refused: %+v", got)
	}
}
