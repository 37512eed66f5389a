package integration

import (
	"flag"
	"fmt"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"
)

// bigRows is how many rows the big writes change. The bound is for a million.
var bigRows = flag.Int("rows", 200_000, "rows that TestBigWrites writes at once; the bound is for 1000000")

// heap returns the bytes of Go's heap that are in use. The SQLite of the tests
// keeps its own memory outside of it.
func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// peak runs f and returns by how many bytes the heap grew meanwhile, at most.
func peak(f func()) (grown uint64) {
	runtime.GC()
	start := heap()
	stop, done := make(chan struct{}), make(chan uint64)
	go func() {
		highest := start
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				done <- max(highest, heap())
				return
			case <-tick.C:
				highest = max(highest, heap())
			}
		}
	}()
	f()
	close(stop)
	return <-done - start
}

// A write of a million rows takes no more of our memory than one of a few
// thousand: above the bound of images it is the table's epoch.
func TestBigWrites(t *testing.T) { // not parallel: it measures
	const most = 64 << 20
	s := newCachedSQLite(t, nil)
	n := *bigRows
	numbers := fmt.Sprintf("(WITH RECURSIVE g (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM g WHERE i < %d) SELECT i FROM g)", n)
	exec(t, s.bare,
		"CREATE TABLE big (id INTEGER PRIMARY KEY, kind INT, name TEXT)", "CREATE TABLE copy (id INTEGER PRIMARY KEY, kind INT, name TEXT)",
		"CREATE TABLE small (id INTEGER PRIMARY KEY, big INT REFERENCES big (id) ON DELETE SET NULL, name TEXT)", "CREATE INDEX sb ON small (big)",
		"INSERT INTO big SELECT i, i % 10, 'name ' || i FROM "+numbers, "INSERT INTO small VALUES (1, 1, 'x'), (2, 7, 'y')")
	reads := []string{
		"SELECT count(*) FROM big WHERE kind = 3", "SELECT name FROM big WHERE id = 5", "SELECT id FROM big WHERE name = 'name 7'",
		"SELECT id FROM copy WHERE name = 'name 7'", "SELECT count(*) FROM copy WHERE kind = 3",
		"SELECT group_concat(name) FROM small WHERE big = 7", "SELECT group_concat(name) FROM small WHERE big IS NULL",
	}
	for _, write := range []string{
		"INSERT INTO copy SELECT * FROM big",
		"UPDATE big SET name = 'other', kind = kind + 1",
		"UPDATE copy SET kind = 3 WHERE id IN (SELECT id FROM big WHERE kind > 0)",
		"DELETE FROM copy WHERE id > 0",
		"INSERT INTO copy SELECT * FROM big WHERE 1 ON CONFLICT (id) DO UPDATE SET kind = 5",
		"DELETE FROM copy",
		"DELETE FROM big WHERE kind < 100",
	} {
		for _, q := range reads {
			s.read(t, q)
		}
		grown := peak(func() { exec(t, s.cached, write) })
		t.Logf("%5d KB for %s", grown>>10, write)
		if grown > most {
			t.Errorf("%s: the heap grew by %d MB, more than %d", write, grown>>20, most>>20)
		}
		for _, q := range reads {
			want, _ := readWith(t.Context(), t, s, s.bare, q)
			if got, _ := s.read(t, q); got != want {
				t.Errorf("STALE after %s: %s: %q, the database has %q", write, q, got, want)
			}
		}
	}
}
