package rueidisstore_test

import (
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

// call is a call of a script, as SLOWLOG tells it.
type call struct {
	took time.Duration
	keys int
}

// scriptCalls returns the calls of scripts since the log was reset.
func scriptCalls(t testing.TB, r raw) []call {
	t.Helper()
	m := r.do("SLOWLOG", nil, "GET", "-1")
	rows, err := m.ToArray()
	if err != nil {
		t.Fatal(err)
	}
	var calls []call
	for _, row := range rows {
		parts, err := row.ToArray()
		if err != nil || len(parts) < 4 {
			t.Fatal(row.String(), err)
		}
		took, _ := parts[2].AsInt64()
		args, _ := parts[3].AsStrSlice()
		if len(args) < 3 || !strings.HasPrefix(strings.ToUpper(args[0]), "EVAL") {
			continue
		}
		keys, err := strconv.Atoi(args[2])
		if err != nil {
			t.Fatal(args[:3], err)
		}
		calls = append(calls, call{time.Duration(took) * time.Microsecond, keys})
	}
	return calls
}

// A transaction that changes 1,000 rows of a table with 10 schemes stops everybody
// else for no longer than one call of a script takes, and no call has more keys than
// is good for that.
func TestLargeChange(t *testing.T) {
	t.Parallel()
	const rows, schemes = 1000, 10
	server := redistest.Start(t, redistest.WithSettings("save ''", "slowlog-log-slower-than 0", "slowlog-max-len 100000"))
	s := newStore(t, server.URL())
	r := newRaw(t, s)
	ctx := context.Background()
	// Everything is cached, so each key has a stamp.
	c := &store.Change{Database: "main", Token: store.Token{1}, TTL: time.Minute, Tables: []store.TableChange{{Table: "users"}}}
	tc := &c.Tables[0]
	for scheme := range schemes {
		name := fmt.Sprintf("1:column%d=int", scheme)
		q := resultQuery(name)
		q.Deps[0].Conjs = nil
		for row := range rows {
			key := fmt.Sprintf("%s;%d", name, row)
			q.Deps[0].Conjs = append(q.Deps[0].Conjs, store.Conj{Scheme: store.Scheme(name), Key: key})
			tc.Keys = append(tc.Keys, key)
			if len(q.Deps[0].Conjs) == 50 {
				if l, err := s.Lease(ctx, q); err != nil || l.Fenced {
					t.Fatalf("Lease: fenced %v, error %v", l.Fenced, err)
				}
				q.Deps[0].Conjs = nil
			}
		}
	}
	w := &writer{t, s, c}
	w.know(tc)
	w.fence() // the scripts are known from here on
	w.bump()
	want := (rows*schemes + rueidisstore.MaxKeys - 1) / rueidisstore.MaxKeys
	for what, do := range map[string]func(){"fence": w.fence, "bump": w.bump} {
		if what == "bump" {
			w.fence()
		}
		r.do("SLOWLOG", nil, "RESET")
		start := time.Now()
		do()
		all := time.Since(start)
		calls := scriptCalls(t, r)
		var longest time.Duration
		keys := 0
		for _, c := range calls {
			longest = max(longest, c.took)
			keys += c.keys - 4
			if c.keys > rueidisstore.MaxKeys+4 {
				t.Errorf("%s: a call with %d keys, want %d at most", what, c.keys, rueidisstore.MaxKeys+4)
			}
		}
		t.Logf("figure: %s of %d keys: %d calls, the longest %v (limit 10ms), %v in all", what, keys, len(calls), longest, all.Round(time.Microsecond))
		if len(calls) != want || keys != rows*schemes {
			t.Errorf("%s: %d calls of a script with %d keys, want %d with %d", what, len(calls), keys, want, rows*schemes)
		}
		w.bump()
	}
}
