package rueidisstore

import (
	"encoding/binary"
	"runtime"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/store"
)

// joinedQuery is that of a joined entry, and joinedParts what it depends on.
func joinedQuery() *store.Query {
	return &store.Query{Database: "computed", Key: store.Key{1, 2, 3}, Joined: true}
}

func joinedParts() []*snapshot {
	return []*snapshot{
		{check: check{1}, query: &store.Query{Database: "main", Key: store.Key{4}, Deps: []store.TableDep{
			{Table: "posts", Conjs: []store.Conj{{Key: "1:id=1"}, {Key: "1:id=2"}}}, {Table: "tags"},
		}}},
		{check: check{2}, query: &store.Query{Database: "second", Key: store.Key{5}, Deps: []store.TableDep{{Table: "posts"}}}},
	}
}

// sealed is a joined entry of a layout and whatever follows it, with its own check.
func sealed(q *store.Query, layout, rest string) string {
	b := binary.AppendUvarint(make([]byte, checkSize), uint64(len(layout)))
	b = append(append(b, layout...), rest...)
	own := joinCheck(q, layout).with(b[checkSize:])
	copy(b, own[:])
	return string(b)
}

// readJoined takes an entry apart as a hit does, up to where the stamps are asked for.
func readJoined(t testing.TB, s *Store, q *store.Query, entry string) (e joinedEntry, l *layout) {
	t.Helper()
	e, ok := openJoined(q, entry, nil)
	if !ok {
		return e, nil
	}
	if l = s.parseLayout(e.layout); l == nil {
		return e, nil
	}
	if len(e.checks) != checkSize*len(l.parts) {
		t.Fatalf("%d bytes of checks for %d parts", len(e.checks), len(l.parts))
	}
	if len(l.keys) > maxStamps || len(l.at) != len(l.parts) {
		t.Fatalf("%d keys, and places for %d of %d parts", len(l.keys), len(l.at), len(l.parts))
	}
	for i, at := range l.at {
		if want := len(s.keys.hit(l.parts[i])) - 1; len(at) != want {
			t.Fatalf("part %d has %d places, want %d", i, len(at), want)
		}
		for _, place := range at {
			if place < 0 || place >= len(l.keys) {
				t.Fatalf("part %d has place %d of %d keys", i, place, len(l.keys))
			}
		}
	}
	return e, l
}

func testKeys() *Store { return &Store{keys: keyring{prefix: "p"}} }

// FuzzJoinedEntry changes an entry in any way: it is none then. And it has layouts
// read that are sealed as ours are, whatever they hold: nothing panics, and none takes
// more memory than a bound.
func FuzzJoinedEntry(f *testing.F) {
	q, s := joinedQuery(), testKeys()
	text := string(appendLayout(nil, joinedParts()))
	checks := strings.Repeat("c", 2*checkSize)
	entry := sealed(q, text, checks+"payload")
	if e, l := readJoined(f, s, q, entry); l == nil || e.layout != text || e.checks != checks || e.payload != "payload" {
		f.Fatalf("the entry was read as %+v", e)
	}
	known := s.parseLayout(text)
	known.own, known.database = joinCheck(q, text), q.Database
	f.Add([]byte(entry), uint16(0), byte(0))
	f.Add([]byte(text), uint16(20), byte(1))
	for at := range text {
		f.Add([]byte(text[at:]), uint16(at), byte(0x80))
		f.Add([]byte(text[:at]), uint16(checkSize+at), byte(1))
	}
	for _, n := range []uint64{0, 1, 127, 1 << 16, 1 << 20, 1 << 40, 1<<64 - 1} {
		f.Add(append(binary.AppendUvarint(nil, n), text...), uint16(n), byte(1))
	}
	f.Fuzz(func(t *testing.T, b []byte, at uint16, flip byte) {
		one := []byte(entry)
		one[int(at)%len(one)] ^= flip
		for _, given := range []string{string(b), string(one), string(one[:int(at)%len(one)]), string(one) + string(b), entry[:checkSize] + string(b)} {
			if e, ok := openJoined(q, given, nil); ok != (given == entry) && given != sealed(q, e.layout, e.checks+e.payload) {
				t.Fatalf("%x: opened %v", given, ok)
			} else if _, also := openJoined(q, given, known); also != ok {
				t.Fatalf("%x: opened %v with what is remembered, and %v without", given, also, ok)
			}
		}
		changed := []byte(text)
		changed[int(at)%len(changed)] ^= flip
		for _, x := range []string{string(b), string(changed), string(changed) + string(b), text[:int(at)%len(text)] + string(b)} {
			readJoined(t, s, q, sealed(q, x, checks))
			readJoined(t, s, q, sealed(q, x, string(b)))
		}
	})
}

// Layouts that say more than they hold, and those of very many stamps, are none, and
// take no more memory than the largest that is one.
func TestLayoutsAreBounded(t *testing.T) {
	number := func(n uint64) string { return string(binary.AppendUvarint(nil, n)) }
	part := number(0) + strings.Repeat("k", len(store.Key{}))
	many := func(n int, each string) string { return number(uint64(n)) + strings.Repeat(each, n) }
	conjs := func(n int) string {
		var b strings.Builder
		b.WriteString(number(uint64(n)))
		for i := range n {
			b.WriteString("\x03" + string([]byte{byte(i), byte(i >> 8), byte(i >> 16)}))
		}
		return b.String()
	}
	q := joinedQuery()
	for name, x := range map[string]struct {
		layout string
		fits   bool
	}{
		"no part":                             {number(0), false},
		"more parts than there are":           {number(1<<20-10) + part + number(0), false},
		"more tables than there are":          {number(1) + part + number(1<<19), false},
		"empty tables":                        {number(1) + part + many(1<<18, "\x00\x00"), false},
		"more conjunctions than there are":    {number(1) + part + number(1) + "\x01t" + number(1<<15) + strings.Repeat("\x00", 1<<15-1), false},
		"empty conjunctions":                  {number(1) + part + number(1) + "\x01t" + many(1<<19, "\x00"), false},
		"many conjunctions":                   {number(1) + part + number(1) + "\x01t" + conjs(1<<17), false},
		"many parts":                          {many(maxLayout/40, part+number(1)+"\x00\x00"), false},
		"as many stamps as there may be":      {number(1) + part + number(1) + "\x01t" + conjs(maxStamps-2), true},
		"one more stamp than there may be":    {number(1) + part + number(1) + "\x01t" + conjs(maxStamps-1), false},
		"a number that is larger than all":    {number(1<<64 - 1), false},
		"a number that has no end":            {strings.Repeat("\xff", 20), false},
		"something behind its end":            {number(1) + part + number(0) + "x", false},
		"a part that depends on the database": {number(1) + part + number(0), true},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, l := readJoined(t, testKeys(), q, sealed(q, x.layout, strings.Repeat("c", checkSize)))
		runtime.ReadMemStats(&after)
		if (l != nil) != x.fits {
			t.Errorf("%s: it is a layout: %v", name, l != nil)
		}
		// The entry is made here as well.
		if took := after.TotalAlloc - before.TotalAlloc; took > 64<<20 {
			t.Errorf("%s: %d MB for %d kB", name, took>>20, len(x.layout)>>10)
		}
	}
	if _, ok := openJoined(q, sealed(q, strings.Repeat("x", maxLayout+1), ""), nil); ok {
		t.Error("a layout above its bound was opened")
	}
}
