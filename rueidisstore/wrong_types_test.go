package rueidisstore_test

import (
	"context"
	"crypto/rand"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/store"
)

// writer changes the row of a query.
type writer struct {
	t testing.TB
	s *rueidisstore.Store
	c *store.Change
}

// newWriter is a writer of what the query depends on.
func newWriter(t testing.TB, s *rueidisstore.Store, q *store.Query) *writer {
	t.Helper()
	c := &store.Change{Database: q.Database, TTL: time.Minute}
	_, _ = rand.Read(c.Token[:])
	for _, d := range q.Deps {
		tc := store.TableChange{Table: d.Table}
		for _, conj := range d.Conjs {
			tc.Keys = append(tc.Keys, conj.Key)
		}
		c.Tables = append(c.Tables, tc)
	}
	w := &writer{t, s, c}
	for i := range c.Tables {
		w.know(&c.Tables[i])
	}
	return w
}

// know works with the registry as it is known now.
func (w *writer) know(tc *store.TableChange) {
	w.t.Helper()
	r, ok := w.s.RegistryCopy(w.c.Database, tc.Table)
	if !ok {
		var err error
		if r, err = w.s.Registry(context.Background(), w.c.Database, tc.Table); err != nil {
			w.t.Fatalf("Registry: %v", err)
		}
	}
	tc.Registry = r.Version
}

// done repeats a call until no table was stale.
func (w *writer) done(what string, call func() (store.Ack, error)) {
	w.t.Helper()
	for range 10 {
		ack, err := call()
		if err != nil {
			w.t.Fatalf("%s: %v", what, err)
		}
		if len(ack.Stale) == 0 {
			return
		}
		for i := range ack.Stale {
			w.know(w.c.Table(ack.Stale[i].Table))
		}
	}
	w.t.Fatalf("%s: ten tries, and always stale", what)
}

func (w *writer) fence() {
	w.t.Helper()
	w.done("Fence", func() (store.Ack, error) { return w.s.Fence(context.Background(), w.c) })
}

func (w *writer) bump() {
	w.t.Helper()
	w.done("Bump", func() (store.Ack, error) { return w.s.Bump(context.Background(), w.c, store.DropFence) })
}

// kinds put something under a key that is not ours.
var kinds = map[string]func(r raw, key string){
	"list":           func(r raw, key string) { r.do("RPUSH", []string{key}, "x") },
	"set":            func(r raw, key string) { r.do("SADD", []string{key}, "x") },
	"stream":         func(r raw, key string) { r.do("XADD", []string{key}, "*", "a", "b") },
	"hash":           func(r raw, key string) { r.do("HSET", []string{key}, "", "", "s", "", "v", "", "x", "y") },
	"string":         func(r raw, key string) { r.do("SET", []string{key}, "x") },
	"empty string":   func(r raw, key string) { r.do("SET", []string{key}, "") },
	"stamp":          func(r raw, key string) { r.do("SET", []string{key}, strings.Repeat("x", 16)) },
	"sorted set":     func(r raw, key string) { r.do("ZADD", []string{key}, "1", "", "2", "x") },
	"future":         func(r raw, key string) { r.do("ZADD", []string{key}, "8e18", strings.Repeat("x", 16)) },
	"odd future":     func(r raw, key string) { r.do("ZADD", []string{key}, "inf", "x") },
	"odd registry":   func(r raw, key string) { r.do("HSET", []string{key}, "v", "long version", "s1:id", "odd") },
	"empty registry": func(r raw, key string) { r.do("HSET", []string{key}, "", "x", "v", "12345678") },
}

// Whatever is under one of our keys, nothing is read that is not fresh, nothing
// fails, and a write and a read later all is as it was, but where the fences of
// somebody are found who has not ended.
func TestWhatIsNotOursIsReplaced(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	keys := map[string]func(s *rueidisstore.Store, q *store.Query) string{
		"epoch":    func(s *rueidisstore.Store, _ *store.Query) string { return s.EpochKey("main", "users") },
		"live":     func(s *rueidisstore.Store, _ *store.Query) string { return s.LiveKey("main", "users") },
		"registry": func(s *rueidisstore.Store, _ *store.Query) string { return s.RegistryKey("main", "users") },
		"whole":    func(s *rueidisstore.Store, _ *store.Query) string { return s.WholeKey("main", "users") },
		"global":   func(s *rueidisstore.Store, _ *store.Query) string { return s.GlobalKey("main") },
		"schema":   func(s *rueidisstore.Store, _ *store.Query) string { return s.SchemaKey("main") },
		"conjunction": func(s *rueidisstore.Store, q *store.Query) string {
			return s.ConjKey("main", "users", q.Deps[0].Conjs[0].Key)
		},
		"entry": func(s *rueidisstore.Store, q *store.Query) string { return s.EntryKey(q.Key) },
		"lock":  func(s *rueidisstore.Store, q *store.Query) string { return s.LockKey(q.Key) },
	}
	// when is where in the life of an entry the key is overwritten.
	for _, when := range []string{"before", "filled", "leased", "fenced"} {
		for key, of := range keys {
			for kind, put := range kinds {
				t.Run(when+"/"+key+"/"+strings.ReplaceAll(kind, " ", "_"), func(t *testing.T) {
					s := newStore(t, server.URL())
					wreck(t, s, when, func(r raw, q *store.Query) {
						r.do("DEL", []string{of(s, q)})
						put(r, of(s, q))
					})
				})
			}
		}
	}
}

// wreck reads and writes with something put under a key at one moment.
func wreck(t *testing.T, s *rueidisstore.Store, when string, put func(raw, *store.Query)) {
	t.Helper()
	ctx := context.Background()
	r := newRaw(t, s)
	id, whole := resultQuery("1"), resultQuery("all")
	whole.Deps[0].Conjs = nil
	both := []*store.Query{id, whole}
	// lease wants no error. Another's fences may be there: no result is stored then.
	lease := func(q *store.Query) store.Snapshot {
		l, err := s.Lease(ctx, q)
		if err != nil {
			t.Fatalf("Lease: %v", err)
		}
		if l.Snapshot == nil != l.Fenced {
			t.Fatalf("Lease: fenced %v, snapshot %v", l.Fenced, l.Snapshot)
		}
		return l.Snapshot
	}
	store := func(q *store.Query, sn store.Snapshot) {
		if err := s.Fill(ctx, q, sn, userResult(t), time.Hour); err != nil {
			t.Fatalf("Fill: %v", err)
		}
	}
	if when == "before" {
		put(r, id)
	}
	for _, q := range both {
		store(q, lease(q))
	}
	if when == "filled" {
		put(r, id)
		for _, q := range both {
			if _, _, err := s.Get(ctx, q); err != nil {
				t.Fatalf("Get: %v", err)
			}
		}
	}
	old := []held{{id, lease(id)}, {whole, lease(whole)}}
	if when == "leased" {
		put(r, id)
	}
	w := newWriter(t, s, id)
	w.fence()
	if when == "fenced" {
		put(r, id)
	}
	// A reader that saw the state of before, and is late.
	for _, o := range old {
		store(o.q, o.sn)
	}
	w.bump()
	for _, q := range both {
		wantMiss(t, s, q)
	}
	for _, o := range old {
		store(o.q, o.sn)
		wantMiss(t, s, o.q)
	}
	if _, err := s.Registry(ctx, "main", "users"); err != nil {
		t.Fatalf("Registry: %v", err)
	}
	if _, err := s.Schema(ctx, "main"); err != nil {
		t.Fatalf("Schema: %v", err)
	}
	unlock, ok, err := s.Lock(ctx, id.Key, time.Minute)
	if err != nil || !ok && r.kind(s.LockKey(id.Key)) != "string" {
		t.Fatalf("Lock: %v, error %v", ok, err)
	}
	unlock()
	// All is well again, or fenced: that ends when everything is dropped.
	for _, q := range both {
		if sn := lease(q); sn != nil {
			store(q, sn)
			wantHit(t, s, q)
		}
	}
	w.fence()
	w.bump()
	for _, q := range both {
		wantMiss(t, s, q)
	}
}

// held is a query with a snapshot.
type held struct {
	q  *store.Query
	sn store.Snapshot
}

// odd are answers of a script.
var odd = []string{
	"return false", "return 1", "return ''", "return {}", "return {1}", "return redis.status_reply('OK')",
	"return redis.error_reply('ODD that')", "return {1, 2, 3}", "return {1, 2, 3, 4}", "return {'', '', ''}", "return {'', '', '', ''}",
	"return {{}, {}, {}, {}}", "return {'1', '12345678', {{}, {1}, false}, '1'}", "return {'1', '123', {}, '1'}",
	"return {'1', '12345678', 'x', '0'}", "return {string.rep('x', 16), string.rep('y', 17)}", "return {string.rep('x', 15), string.rep('y', 16)}",
	"return {string.rep('x', 16)}", "return {string.rep('x', 33), '12345678', false}", "return {string.rep('x', 32), '1234567', {}}",
	"return {string.rep('x', 32), false, {}}", "return {redis.error_reply('ODD that'), '12345678', {}}", "return {string.rep('x', 48), {}, {}}",
	"return string.rep('x', 1048576)", "local t = {} for i = 1, 5000 do t[i] = {i} end return t",
}

// Answers of a form that no version of ours gives are errors, or make nothing a
// hit. None panics.
func TestOddAnswers(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	ctx := context.Background()
	for i, answer := range odd {
		for _, name := range []string{"lease", "ground", "fence", "bump", "all"} {
			t.Run(name+"/"+strconv.Itoa(i), func(t *testing.T) {
				s := newStore(t, server.URL())
				q := resultQuery("1")
				fill(t, s, q, userResult(t))
				w := newWriter(t, s, q)
				if name == "bump" {
					w.fence()
				}
				s.Replace(name, answer)
				switch name {
				case "lease", "ground":
					l, err := s.Lease(ctx, q)
					if err == nil && !l.Fenced {
						t.Errorf("%s: leased %v", answer, l)
					}
				case "fence", "bump":
					call := func() (store.Ack, error) { return s.Fence(ctx, w.c) }
					if name == "bump" {
						call = func() (store.Ack, error) { return s.Bump(ctx, w.c, store.DropFence) }
					}
					// "1" and a version is what a right answer looks like.
					if ack, err := call(); err == nil && len(ack.Stale) == 0 && !strings.Contains(answer, "{'1', '12345678', {") {
						t.Errorf("%s: taken for an answer", answer)
					}
				case "all":
					all := &store.Change{Database: "main", Token: w.c.Token, TTL: time.Minute, All: true}
					if _, err := s.Fence(ctx, all); err == nil {
						t.Errorf("%s: Fence took it for an answer", answer)
					}
					if _, err := s.Bump(ctx, all, store.DropFence); err == nil {
						t.Errorf("%s: Bump took it for an answer", answer)
					}
				}
			})
		}
	}
}

// The topology is what any server may have answered.
func TestOddTopologies(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	r := newRaw(t, newStore(t, server.URL()))
	for script, want := range map[string]int{
		"return {{0, 16383, {'h', 1, 'id'}}}":                            16384,
		"return {{0, 10, {'', 1, 'id'}}, {11, 16383, {'?', 1, 'id'}}}":   16384,
		"return {{0, 10, {false, 1, 'id'}, {'h', 2, 'id'}}}":             11,
		"return {{5, 4, {'h', 1, 'id'}}}":                                0,
		"return {{0, 16384, {'h', 1, 'id'}}}":                            -1,
		"return {{-1, 5, {'h', 1, 'id'}}}":                               -1,
		"return {{0, 5}}":                                                -1,
		"return {{0, 5, {}}}":                                            -1,
		"return {{0, 5, {'h'}}}":                                         -1,
		"return {{0, 5, {'h', 'x', 'id'}}}":                              -1,
		"return {{0, 5, {'h', {}, 'id'}}}":                               -1,
		"return {{0, 5, 'h'}}":                                           -1,
		"return {{'a', 5, {'h', 1, 'id'}}}":                              -1,
		"return {{{}, 5, {'h', 1, 'id'}}}":                               -1,
		"return {1, 2, 3}":                                               -1,
		"return {}":                                                      -1,
		"return 'x'":                                                     -1,
		"return {redis.error_reply('ODD that')}":                         -1,
		"return {{0, 9007199254740991, {'h', 1, 'id'}}}":                 -1,
		"return {{0, 5, {'h', 1, 'id'}}, {0, 5, {}}}":                    -1,
		"return {{0, 5, {'h', 1, 'id'}}, {3, 9, {'other', 1, 'other'}}}": 10,
	} {
		known, err := rueidisstore.ParseSlots("127.0.0.1:7000", r.do("EVAL", nil, script, "0"))
		if want < 0 && err == nil || want >= 0 && (err != nil || known != want) {
			t.Errorf("%s: %d slots, error %v; want %d", script, known, err, want)
		}
	}
}
