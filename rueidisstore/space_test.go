package rueidisstore_test

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/store"
)

// testKey is a key that differs by its id.
func testKey(id string) rueidisstore.Key {
	return rueidisstore.Key{ID: id, Secret: []byte((id + "-0123456789abcdef0123456789abcdef")[:32])}
}

// keyed sets keys of these ids, and compresses nothing.
func keyed(ids ...string) func(*rueidisstore.Config) {
	return func(c *rueidisstore.Config) {
		for _, id := range ids {
			c.Keys = append(c.Keys, testKey(id))
		}
	}
}

// compressing compresses from that size.
func compressing(from int) func(*rueidisstore.Config) {
	return func(c *rueidisstore.Config) { c.CompressFrom = from }
}

// beside has a store use the same keys in Redis as another.
func beside(s *rueidisstore.Store) func(*rueidisstore.Config) {
	return func(c *rueidisstore.Config) { c.Prefix = s.Prefix() }
}

// seen collects refusals.
type refusalsSeen struct {
	reasons []rueidisstore.Refusal
	keys    []string
}

func (r *refusalsSeen) set(c *rueidisstore.Config) {
	c.OnRefusal = func(_ context.Context, e rueidisstore.RefusalEvent) {
		r.reasons, r.keys = append(r.reasons, e.Reason), append(r.keys, e.Key)
	}
}

// blobQuery is a query whose results are bytes; with a condition on a name.
func blobQuery(name string) *store.Query {
	q := resultQuery(name)
	q.Decode = decodeBlob
	return q
}

// joinedOf fills an entry that is made of the queries.
func joinedOf(t testing.TB, s store.Store, q *store.Query, p store.Payload, parts ...*store.Query) {
	t.Helper()
	ctx := context.Background()
	var snapshots []store.Snapshot
	for _, part := range parts {
		l, err := s.Lease(ctx, part)
		if err != nil || l.Fenced {
			t.Fatalf("Lease: fenced %v, error %v", l.Fenced, err)
		}
		snapshots = append(snapshots, l.Snapshot)
	}
	if err := s.Fill(ctx, q, s.Join(snapshots...), p, time.Hour); err != nil {
		t.Fatal(err)
	}
}

func joinedBlob(name string) *store.Query {
	q := blobQuery(name)
	q.Deps, q.Joined = nil, true
	return q
}

// wantBlob wants a hit with those bytes, of Get and of Recall.
func wantBlob(t testing.TB, s store.Store, q *store.Query, want []byte) {
	t.Helper()
	p, ok, err := s.Get(context.Background(), q)
	if err != nil || !ok || !bytes.Equal(p.(blob), want) {
		t.Fatalf("Get: hit %v, error %v; want a hit with %d bytes", ok, err, len(want))
	}
	p, sn, ok, err := s.Recall(context.Background(), q)
	if err != nil || !ok || sn == nil || !bytes.Equal(p.(blob), want) {
		t.Fatalf("Recall: hit %v, error %v; want a hit with %d bytes", ok, err, len(want))
	}
}

// entryBytes returns what is in Redis.
func entryBytes(t testing.TB, r raw, s *rueidisstore.Store, q *store.Query) string {
	t.Helper()
	m := r.do("GET", []string{s.EntryKey(q.Key)})
	text, err := m.ToString()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Results of any size come out as they went in, whether they are compressed, encrypted
// or both; and who reads Redis finds neither them nor what they depend on.
func TestSpaceRoundTrips(t *testing.T) {
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
		s := newStore(t, server.URL(), x.set...)
		r := newRaw(t, s)
		var packed, sealed uint64
		for _, size := range []int{0, 1, 13, from - 1, from, from + 1, 4096, 70_000, 1 << 20} {
			content := []byte(strings.Repeat(marker, size/len(marker)+1)[:size])
			one := blobQuery(name + strconv.Itoa(size))
			fill(t, s, one, blob(content))
			joined := joinedBlob("joined " + name + strconv.Itoa(size))
			joinedOf(t, s, joined, blob(content), one, blobQuery("the other"))
			for _, q := range []*store.Query{one, joined} {
				wantBlob(t, s, q, content)
				text := entryBytes(t, r, s, q)
				if x.encrypts {
					sealed++
					for _, word := range []string{marker, "main", "users", "1:id"} {
						if strings.Contains(text[min(len(text), 18):], word) {
							t.Errorf("%s, %d bytes, joined %v: %q can be read in Redis", name, size, q.Joined, word)
						}
					}
				}
				switch {
				case x.packs && size >= from:
					packed++
					if len(text) > 300+size/4 {
						t.Errorf("%s, %d bytes, joined %v: the entry has %d", name, size, q.Joined, len(text))
					}
				case len(text) < size && !(x.packs && q.Joined): // the list of what it depends on counts
					t.Errorf("%s, %d bytes, joined %v: the entry has %d, although they are too few to compress", name, size, q.Joined, len(text))
				}
			}
		}
		got := s.SpaceStats()
		// What a joined entry depends on counts as well, so one of less may be compressed.
		if got.Encrypted != sealed || got.Compressed < packed || got.Compressed > packed+1 || got.Refused() != 0 {
			t.Errorf("%s: the counts are %+v, want %d compressed and %d encrypted", name, got, packed, sealed)
		}
	}
}

// What each process makes of what another wrote: it is right, or a miss for the reason
// named, and the process's own fill replaces it.
func TestMixedProcesses(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	mixedProcesses(t, func(set ...func(*rueidisstore.Config)) spaceStore {
		return newStore(t, server.URL(), append(set, prefixed("mixed"))...)
	})
}

// spaceStore is a store of either mode.
type spaceStore interface {
	store.Store
	SpaceStats() rueidisstore.SpaceStats
}

func mixedProcesses(t *testing.T, with func(set ...func(*rueidisstore.Config)) spaceStore) {
	t.Helper()
	stores := map[string]spaceStore{
		"plain": with(compressing(-1)), "compressing": with(compressing(10)), "a": with(keyed("a")), "a, then b": with(keyed("a", "b"), compressing(10)),
		"b, then a": with(keyed("b", "a"), compressing(10)), "b": with(keyed("b")),
		"another a": with(func(c *rueidisstore.Config) { c.Keys = []rueidisstore.Key{{ID: "a", Secret: testKey("z").Secret}} }),
	}
	const hit = "hit"
	locked := map[string]string{"plain": hit, "compressing": hit, "a": "locked", "a, then b": "locked", "b, then a": "locked", "b": "locked", "another a": "locked"}
	want := map[string]map[string]string{
		"plain": locked, "compressing": locked,
		"a":         {"plain": "plain", "compressing": "plain", "a": hit, "a, then b": hit, "b, then a": "unknown key", "b": "unknown key", "another a": "forged"},
		"a, then b": {"plain": "plain", "compressing": "plain", "a": hit, "a, then b": hit, "b, then a": hit, "b": hit, "another a": "forged"},
		"b, then a": {"plain": "plain", "compressing": "plain", "a": hit, "a, then b": hit, "b, then a": hit, "b": hit, "another a": "forged"},
		"b":         {"plain": "plain", "compressing": "plain", "a": "unknown key", "a, then b": "unknown key", "b, then a": hit, "b": hit, "another a": "unknown key"},
		"another a": {"plain": "plain", "compressing": "plain", "a": "forged", "a, then b": "forged", "b, then a": "unknown key", "b": "unknown key", "another a": hit},
	}
	content := bytes.Repeat([]byte("what was read "), 50)
	refused := func(s spaceStore) string {
		x := s.SpaceStats()
		return fmt.Sprintf("damaged %d, plain %d, locked %d, unknown key %d, forged %d", x.Damaged, x.Plain, x.Locked, x.UnknownKey, x.Forged)
	}
	for readerName, reader := range stores {
		for writerName, writer := range stores {
			for _, joined := range []bool{false, true} {
				q := blobQuery(readerName + " reads " + writerName)
				put := func(s spaceStore) {
					fill(t, s, q, blob(content))
				}
				if joined {
					part := q
					q = joinedBlob("joined " + readerName + " reads " + writerName)
					put = func(s spaceStore) { joinedOf(t, s, q, blob(content), part) }
				}
				put(writer)
				before := refused(reader)
				p, ok, err := reader.Get(context.Background(), q)
				expected := want[readerName][writerName]
				if err != nil || ok != (expected == hit) || ok && !bytes.Equal(p.(blob), content) {
					t.Errorf("%s reads what %s wrote, joined %v: hit %v, error %v; want %s", readerName, writerName, joined, ok, err, expected)
					continue
				}
				if expected == hit {
					if after := refused(reader); after != before {
						t.Errorf("%s reads what %s wrote, joined %v: a refusal is counted: %s", readerName, writerName, joined, after)
					}
					continue
				}
				if after := refused(reader); after == before || !changedOnly(before, after, expected) {
					t.Errorf("%s reads what %s wrote, joined %v: counted %s, then %s; want one more %q", readerName, writerName, joined, before, after, expected)
				}
				put(reader)
				wantBlob(t, reader, q, content)
			}
		}
	}
}

// changedOnly tells whether the count of that reason is one more, and all others are as
// they were.
func changedOnly(before, after, reason string) bool {
	b, a := strings.Split(before, ", "), strings.Split(after, ", ")
	for i := range b {
		count := func(s string) int { n, _ := strconv.Atoi(s[strings.LastIndexByte(s, ' ')+1:]); return n }
		more := 0
		if strings.HasPrefix(b[i], reason+" ") {
			more = 1
		}
		if count(a[i]) != count(b[i])+more {
			return false
		}
	}
	return true
}

// Who can write to Redis cannot have a program read what was not encrypted for that very
// result: neither changed, nor moved, nor of before a write. The checksums are made
// right, as he would.
func TestForgedEntriesAreMisses(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	for name, set := range map[string]func(*rueidisstore.Config){"encrypted": compressing(-1), "both": compressing(10)} {
		var told refusalsSeen
		s := newStore(t, server.URL(), keyed("a"), set, told.set)
		r := newRaw(t, s)
		content := bytes.Repeat([]byte("the balance is 100 "), 20)
		a, b := blobQuery("a"), blobQuery("b")
		inA := fill(t, s, a, blob(content))
		fill(t, s, b, blob("the balance is 999999"))
		body, other := entryBytes(t, r, s, a)[16:], entryBytes(t, r, s, b)[16:]
		check := rueidisstore.CheckOf(inA)
		want := uint64(0)
		try := func(what, entry string, refusals uint64) {
			t.Helper()
			r.do("SET", []string{s.EntryKey(a.Key)}, entry)
			want += refusals
			p, ok, err := s.Get(context.Background(), a)
			if ok || err != nil {
				t.Errorf("%s, %s: %q, hit %v, error %v", name, what, p, ok, err)
			}
			if got := s.SpaceStats(); got.Refused() != want {
				t.Fatalf("%s, %s: %d refusals, want %d: %+v", name, what, got.Refused(), want, got)
			}
		}
		try("moved from another key", rueidisstore.Envelop(check, []byte(other)), 1)
		if told.reasons[0] != rueidisstore.RefusedForged || told.keys[0] != s.EntryKey(a.Key) {
			t.Errorf("%s: what was told is %+v", name, told)
		}
		fill(t, s, a, blob(content)) // the next read replaces it
		wantBlob(t, s, a, content)
		for at := 0; at < len(body); at += 1 + len(body)/60 {
			for _, bit := range []int{0, 3, 7} {
				changed := []byte(body)
				changed[at] ^= 1 << bit
				try(fmt.Sprintf("bit %d of byte %d changed", bit, at), rueidisstore.Envelop(check, changed), 1)
				try("the same with its old checksum", rueidisstore.Envelop(check, []byte(body))[:16]+string(changed), 1)
			}
			try("cut at "+strconv.Itoa(at), rueidisstore.Envelop(check, []byte(body[:at])), 1)
		}
		try("longer", rueidisstore.Envelop(check, []byte(body+"x")), 1)
		plain, err := rueidisstore.AppendEntry(check, blob("the balance is 999999"))
		if err != nil {
			t.Fatal(err)
		}
		try("not encrypted", string(plain), 1)
		try("with another check", "x"+rueidisstore.Envelop(check, []byte(body))[1:], 0)
		r.do("SET", []string{s.EntryKey(a.Key)}, rueidisstore.Envelop(check, []byte(body)))
		wantBlob(t, s, a, content)

		// An old result under new stamps does not open, also when its check is mended.
		w := &writer{t, s, &store.Change{Database: "main", Token: store.Token{1}, TTL: time.Minute, Tables: []store.TableChange{{Table: "users", Keys: []string{a.Deps[0].Conjs[0].Key}}}}}
		w.know(&w.c.Tables[0])
		w.fence()
		w.bump()
		now := fill(t, s, a, blob("the balance is 5"))
		try("of before a write", rueidisstore.Envelop(rueidisstore.CheckOf(now), []byte(body)), 1)

		// A joined entry opens under its own key alone.
		x, y := joinedBlob("x"), joinedBlob("y")
		joinedOf(t, s, x, blob(content), a)
		joinedOf(t, s, y, blob(content), a)
		of := entryBytes(t, r, s, y)[16:]
		r.do("SET", []string{s.EntryKey(x.Key)}, rueidisstore.Envelop(rueidisstore.OuterCheck(x), []byte(of)))
		wantMiss(t, s, x)
		wantBlob(t, s, y, content)
		if got := s.SpaceStats(); got.Refused() != want+1 {
			t.Errorf("%s: %d refusals after a joined entry was moved, want %d", name, got.Refused(), want+1)
		}
	}
}

// What a program of before envelopes makes of one is a miss, and what it wrote is read
// as ever.
func TestOlderProcesses(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	s := newStore(t, server.URL(), compressing(10))
	r := newRaw(t, s)
	q := blobQuery("a")
	content := bytes.Repeat([]byte("words "), 100)
	check := rueidisstore.CheckOf(fill(t, s, q, blob(content)))
	text := entryBytes(t, r, s, q)
	if len(text) > len(content) {
		t.Fatal("it was not compressed, so nothing is shown")
	}
	if old := rueidisstore.PlainCheck(check, []byte(text[16:])); text[:16] == string(old[:]) {
		t.Error("a process that knows of no envelopes takes one for a result")
	}
	// That is how such a process writes.
	old := rueidisstore.PlainCheck(check, content)
	r.do("SET", []string{s.EntryKey(q.Key)}, string(old[:])+string(content))
	wantBlob(t, s, q, content)
}

// A hook that panics harms no read.
func TestRefusalHookMayPanic(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	plain := newStore(t, server.URL())
	s := newStore(t, server.URL(), keyed("a"), beside(plain), func(c *rueidisstore.Config) {
		c.OnRefusal = func(context.Context, rueidisstore.RefusalEvent) { panic("the program's own") }
	})
	q := blobQuery("a")
	fill(t, plain, q, blob("plain"))
	wantMiss(t, s, q)
	if got := s.SpaceStats().Plain; got != 1 {
		t.Errorf("%d refusals", got)
	}
}

// Wrong keys are told of at once, and a key is never printed with its secret.
func TestSpaceConfig(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(*rueidisstore.Config){
		"no id":        func(c *rueidisstore.Config) { c.Keys = []rueidisstore.Key{{Secret: testKey("a").Secret}} },
		"a password":   func(c *rueidisstore.Config) { c.Keys = []rueidisstore.Key{{ID: "a", Secret: []byte("hunter2")}} },
		"an id twice":  keyed("a", "b", "a"),
		"a bare array": func(c *rueidisstore.Config) { c.Keys = []rueidisstore.Key{{ID: "a", Secret: make([]byte, 32)}} },
	} {
		c := rueidisstore.Config{URL: "redis://localhost"}
		set(&c)
		if s, err := rueidisstore.New(c); err == nil {
			_ = s.Close()
			t.Errorf("%s: no error", name)
		} else if !strings.Contains(err.Error(), "Config.Keys") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
	k := testKey("mine")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q", "%d"} {
		for _, v := range []any{k, &k, []rueidisstore.Key{k}, rueidisstore.Config{Keys: []rueidisstore.Key{k}}} {
			if text := fmt.Sprintf(verb, v); strings.Contains(text, "0123") || strings.Contains(text, "30313233") || strings.Contains(text, "48 49 50") {
				t.Errorf("%s of %T prints the secret: %s", verb, v, text)
			}
		}
	}
}
