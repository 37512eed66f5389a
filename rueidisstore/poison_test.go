package rueidisstore_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/internal/result"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/store"
)

// userRows are the rows of a user, as a driver hands them out.
type userRows struct{ left int }

func (r *userRows) Columns() []string { return []string{"id", "name", "mail", "since"} }
func (r *userRows) Close() error      { return nil }
func (r *userRows) Next(dest []driver.Value) error {
	if r.left == 0 {
		return io.EOF
	}
	r.left--
	dest[0], dest[1], dest[2], dest[3] = int64(42), "Ada Lovelace", []byte("ada@example.org"), time.Date(2024, 2, 3, 4, 5, 6, 7, time.UTC)
	return nil
}

// userResult is a result of one row, as the cache stores it.
func userResult(t testing.TB) *result.Result {
	t.Helper()
	r, rest := result.Record(&userRows{left: 1}, result.Limits{Rows: 10, Bytes: 1 << 20})
	if rest != nil || r == nil {
		t.Fatal("the rows were not recorded")
	}
	return r
}

func decodeResult(b []byte) (store.Payload, error) { return result.Decode(b) }

// resultQuery is a query of one row by its primary key.
func resultQuery(name string) *store.Query {
	return &store.Query{
		Database: "main", Key: sha256.Sum256([]byte(name)), Decode: decodeResult, TTL: time.Hour,
		Deps: []store.TableDep{{Table: "users", Conjs: []store.Conj{{Scheme: "1:id", Key: "1:id=" + name}}}},
	}
}

// fill leases and fills, and wants it to be a hit then.
func fill(t testing.TB, s store.Store, q *store.Query, p store.Payload) store.Snapshot {
	t.Helper()
	ctx := context.Background()
	l, err := s.Lease(ctx, q)
	if err != nil || l.Fenced {
		t.Fatalf("Lease: fenced %v, error %v", l.Fenced, err)
	}
	if err := s.Fill(ctx, q, l.Snapshot, p, time.Hour); err != nil {
		t.Fatal(err)
	}
	wantHit(t, s, q)
	return l.Snapshot
}

func wantHit(t testing.TB, s store.Store, q *store.Query) {
	t.Helper()
	if p, ok, err := s.Get(context.Background(), q); err != nil || !ok || p == nil {
		t.Fatalf("Get: %v, hit %v, error %v; want a hit", p, ok, err)
	}
}

func wantMiss(t testing.TB, s store.Store, q *store.Query) {
	t.Helper()
	if p, ok, err := s.Get(context.Background(), q); err != nil || ok || p != nil {
		t.Fatalf("Get: %v, hit %v, error %v; want a miss", p, ok, err)
	}
}

// What anybody may have written under an entry's key is a miss, and is replaced by
// the next fill.
func TestPoisonedEntriesAreMisses(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	s := newStore(t, server.URL())
	r := newRaw(t, s)
	a, b := resultQuery("a"), resultQuery("b")
	fill(t, s, b, userResult(t))
	m := r.do("GET", []string{s.EntryKey(b.Key)})
	other, _ := m.ToString()
	flip := func(at int) func(string) string {
		return func(e string) string {
			if at < 0 {
				at += len(e)
			}
			return e[:at] + string([]byte{e[at] ^ 1}) + e[at+1:]
		}
	}
	for name, change := range map[string]func(string) string{
		"empty":                         func(string) string { return "" },
		"one byte":                      func(e string) string { return e[:1] },
		"cut in its check":              func(e string) string { return e[:9] },
		"without its payload":           func(e string) string { return e[:16] },
		"cut by one byte":               func(e string) string { return e[:len(e)-1] },
		"longer by one byte":            func(e string) string { return e + "\x00" },
		"twice":                         func(e string) string { return e + e },
		"with another check at its end": flip(11),
		"of a version of ours to come":  func(e string) string { return string([]byte{e[0] + 1}) + e[1:] },
		"with another check":            flip(1),
		"with another checksum":         flip(15),
		"with a bit changed":            flip(-1),
		"of another query":              func(string) string { return other },
		"text":                          func(string) string { return "{\"id\": 1}" },
		"large":                         func(e string) string { return e[:16] + strings.Repeat("\xff", 1<<20) },
	} {
		fill(t, s, a, userResult(t))
		m := r.do("GET", []string{s.EntryKey(a.Key)})
		entry, err := m.ToString()
		if err != nil {
			t.Fatal(err)
		}
		poison := change(entry)
		if poison == entry {
			t.Fatalf("%s: nothing was changed", name)
		}
		r.do("SET", []string{s.EntryKey(a.Key)}, poison)
		p, ok, err := s.Get(context.Background(), a)
		if err != nil || ok {
			t.Errorf("an entry that is %s: %v, hit %v, error %v", name, p, ok, err)
		}
	}
	for name, put := range map[string][]string{
		"a list":       {"RPUSH", "x"},
		"a hash":       {"HSET", "x", "y"},
		"a sorted set": {"ZADD", "1", "x"},
	} {
		fill(t, s, a, userResult(t))
		r.do("DEL", []string{s.EntryKey(a.Key)})
		r.do(put[0], []string{s.EntryKey(a.Key)}, put[1:]...)
		if p, ok, err := s.Get(context.Background(), a); ok || err != nil {
			t.Errorf("%s as an entry: %v, hit %v, error %v", name, p, ok, err)
		}
		fill(t, s, a, userResult(t))
	}
}

// errDecode is what a decoder answers.
var errDecode = errors.New("no such form")

// A payload that its decoder does not take is a miss, also where the decoder
// panics.
func TestUndecodablePayloadsAreMisses(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	s := newStore(t, server.URL())
	for name, decode := range map[string]func([]byte) (store.Payload, error){
		"error": func([]byte) (store.Payload, error) { return nil, errDecode },
		"panic": func(b []byte) (store.Payload, error) { return blob(b[len(b)+1:]), nil },
	} {
		q := resultQuery("a")
		fill(t, s, q, userResult(t))
		q.Decode = decode
		t.Run(name, func(t *testing.T) { wantMiss(t, s, q) })
	}
}

// FuzzEntry changes an entry in any way: it is a miss then, or what it was.
func FuzzEntry(f *testing.F) {
	q := resultQuery("a")
	check := [16]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	entry, err := rueidisstore.AppendEntry(check, userResult(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(entry, uint16(0), byte(0))
	for at := range entry {
		f.Add([]byte{}, uint16(at), byte(1))
	}
	f.Add(entry[:16], uint16(len(entry)), byte(1))
	f.Add([]byte{}, uint16(20), byte(0x80))
	f.Fuzz(func(t *testing.T, b []byte, at uint16, flip byte) {
		// Bytes of its own, and a byte of the real entry: the former seldom get by
		// the check.
		one := bytes.Clone(entry)
		one[int(at)%len(one)] ^= flip
		for _, given := range [][]byte{b, one, one[:int(at)%len(one)], append(one, b...), append(bytes.Clone(entry[:16]), b...)} {
			p, ok := rueidisstore.ReadEntry(q, given, check)
			if ok != bytes.Equal(given, entry) {
				t.Fatalf("%x: hit %v", given, ok)
			}
			if !ok {
				continue
			}
			again, err := rueidisstore.AppendEntry(check, p)
			if err != nil || !bytes.Equal(again, entry) {
				t.Fatalf("%x became %x: %v", given, again, err)
			}
		}
	})
}
