package integration

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/rueidisstore"
)

// nestedPair is a function of two queries, the second in a function of its own, on a handle.
// Amid runs between them.
type nestedPair struct {
	*cachedSQLite
	outer, inner *cacheops.Func[int, string]
	amid         func()
	runs         int
}

func newNestedPair(t testing.TB, s *cachedSQLite) *nestedPair {
	t.Helper()
	p := &nestedPair{cachedSQLite: s, amid: func() {}}
	read := func(ctx context.Context, query string, kind int) (string, error) {
		rows, err := s.cached.QueryContext(ctx, query, kind)
		if err != nil {
			return "", err
		}
		defer rows.Close()
		var all []string
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				return "", err
			}
			all = append(all, name)
		}
		return strings.Join(all, ","), rows.Err()
	}
	p.inner = newFunc(t, s.cache, "inner", func(ctx context.Context, kind int) (string, error) {
		return read(ctx, "SELECT name FROM others WHERE kind = ? ORDER BY id", kind)
	})
	p.outer = newFunc(t, s.cache, "outer", func(ctx context.Context, kind int) (string, error) {
		p.runs++
		one, err := read(ctx, namesOfKind, kind)
		if err != nil {
			return "", err
		}
		p.amid()
		two, err := p.inner.Call(ctx, kind)
		return one + ";" + two, err
	})
	return p
}

// returns wants the function to return a value, and tells whether it ran.
func (p *nestedPair) returns(t testing.TB, want string) (ran bool) {
	t.Helper()
	before := p.runs
	got, err := p.outer.Call(context.Background(), 1)
	if err != nil || got != want {
		t.Fatalf("STALE: %q, %v; want %q", got, err, want)
	}
	return p.runs > before
}

// The store goes away at any of the calls that a function makes, for that one or until
// the function returns, and somebody writes meanwhile: what is stored then, if
// anything is, is never served when it is older than the write.
func TestFuncWhoseStoreGoesAway(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		name         string
		cached, once bool // the inner function's result is there; the store comes back at once
		write        string
	}{
		{"for a call", false, true, ""},
		{"for a call, while the inner one is there", true, true, ""},
		{"until the end", false, false, ""},
		{"for a call, and the first query's row changes", false, true, renameOne},
		{"for a call, and the inner one's row changes", true, true, "UPDATE others SET name = 'y'"},
		{"until the end, and the first query's row changes", false, false, renameOne},
		{"until the end, and the inner one's row changes", true, false, "UPDATE others SET name = 'y'"},
	} {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			for at, over := 1, false; !over; at++ {
				synctest.Test(t, func(t *testing.T) {
					over = !funcWhoseStoreGoesAway(t, at, x.cached, x.once, x.write)
				})
			}
		})
	}
}

// funcWhoseStoreGoesAway has the store go away at a call of that number, and returns
// false where there are not so many.
func funcWhoseStoreGoesAway(t *testing.T, at int, cached, once bool, write string) (reached bool) {
	st := newMoody(t)
	s, other := degrading(t, st, true, nil)
	p, q := newNestedPair(t, s), newNestedPair(t, other)
	ctx := context.Background()
	if cached {
		if _, err := p.inner.Call(ctx, 1); err != nil {
			t.Fatal(err)
		}
	}
	counting, n := true, 0
	st.watch(func(string) {
		if !counting {
			return
		}
		switch n++; {
		case n == at:
			st.away.Store(true)
			reached = true
		case n == at+1 && once:
			st.away.Store(false)
		}
	})
	one, two := "one,two", "x"
	p.amid = func() {
		if write == "" {
			return
		}
		exec(t, p.cached, write)
		if strings.Contains(write, "others") {
			two = "y"
		}
	}
	got, err := p.outer.Call(ctx, 1)
	if err != nil || got != one+";"+two {
		t.Fatalf("call %d of the store fails: %q, %v; want %q", at, got, err, one+";"+two)
	}
	counting = false
	st.away.Store(false)
	p.amid = func() {}
	if write == renameOne {
		one = "new,two"
	}
	want := one + ";" + two
	p.returns(t, want)
	q.returns(t, want)
	// A write that could not be told leaves its fence for a while.
	if p.returns(t, want) && write == "" {
		t.Errorf("call %d of the store failed, and nothing is stored after that", at)
	}
	// What is stored now depends on all that it should.
	exec(t, q.cached, "UPDATE others SET name = 'z'")
	p.returns(t, one+";z")
	exec(t, p.cached, "UPDATE items SET name = 'last' WHERE id = 2")
	want = strings.TrimSuffix(one, "two") + "last;z"
	q.returns(t, want)
	p.returns(t, want)
	return reached
}

// All keys of Redis are lost at any moment of a function: before it, between its
// queries, with a write before that or after it, and when its result is stored.
func TestFuncWhileRedisIsFlushed(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	flusher := rawClient(t, server)
	flush := func() {
		if err := flusher.Do(context.Background(), flusher.B().Flushall().Build()).Error(); err != nil {
			t.Fatal(err)
		}
	}
	s := newItems(t, onRedis(newRedisStore(t, server)))
	exec(t, s.cached, createOthers, "INSERT INTO others (kind, name) VALUES (1, 'x')")
	other := openCachedSQLite(t, s.path, onRedis(newRedisStore(t, server, func(*rueidisstore.Config) {})))
	p, q := newNestedPair(t, s), newNestedPair(t, other)
	name := "one"
	n := 0
	rename := func(by *cachedSQLite) {
		n++
		name = fmt.Sprint("one", n)
		exec(t, by.cached, fmt.Sprintf("UPDATE items SET name = '%s' WHERE id = 1", name))
	}
	value := func() string { return name + ",two;x" }
	for what, amid := range map[string]func(){
		"nothing":               func() {},
		"a flush":               flush,
		"a write, and a flush":  func() { rename(s); flush() },
		"a flush, and a write":  func() { flush(); rename(s) },
		"another's, and before": func() { rename(other); flush() },
		"another's, and after":  func() { flush(); rename(other) },
		"writes around a flush": func() { rename(s); flush(); rename(other) },
		"flushes around a write": func() {
			flush()
			rename(other)
			flush()
		},
	} {
		for _, before := range []func(){func() {}, flush, func() { p.returns(t, value()); rename(s) }} {
			before()
			old := value()
			p.amid = amid
			if got, err := p.outer.Call(context.Background(), 1); err != nil || got != old && got != value() {
				t.Fatalf("%s: %q, %v; want %q or %q", what, got, err, old, value())
			}
			p.amid = func() {}
			p.returns(t, value())
			q.returns(t, value())
			flush()
			p.returns(t, value())
			if p.returns(t, value()) {
				t.Errorf("%s: nothing is stored afterwards", what)
			}
			rename(other)
			p.returns(t, value())
			q.returns(t, value())
		}
	}
}
