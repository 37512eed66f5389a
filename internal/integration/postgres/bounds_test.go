package postgres

import (
	"runtime"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/cacheops/cacheops/internal/sample"
)

// A write of very many rows takes no more of our memory than one of a few thousand:
// above the bound of images it is the table's epoch.
func TestBigWrites(t *testing.T) { // not parallel: it measures
	const most = 64 << 20
	for i, driverName := range []string{pgx, pq} {
		if !sample.Takes(testing.Short(), t.Name(), i, 2) {
			continue
		}
		s := newCachedPostgres(t, driverName, nil)
		exec(t, s.bare, "CREATE TABLE big (id int PRIMARY KEY, kind int, name text)", "CREATE TABLE copy (id int PRIMARY KEY, kind int, name text)",
			"CREATE TABLE small (id int PRIMARY KEY, big int REFERENCES big ON DELETE SET NULL, name text)", "CREATE INDEX ON small (big)",
			"INSERT INTO big SELECT i, i % 10, 'name ' || i FROM generate_series(1, 100000) AS i", "INSERT INTO small VALUES (1, 1, 'x'), (2, 7, 'y')")
		reads := []string{
			"SELECT count(*) FROM big WHERE kind = 3", "SELECT name FROM big WHERE id = 5", "SELECT id FROM copy WHERE name = 'name 7'", "SELECT count(*) FROM copy WHERE kind = 3",
			"SELECT name FROM small WHERE big = 7", "SELECT count(name) FROM small WHERE big IS NULL",
		}
		for _, write := range []string{
			"INSERT INTO copy SELECT * FROM big", "UPDATE big SET name = 'other', kind = kind + 1", "UPDATE copy SET kind = 3 WHERE id IN (SELECT id FROM big WHERE kind > 0)",
			"UPDATE copy SET kind = b.kind FROM big AS b WHERE b.id = copy.id", "INSERT INTO copy SELECT * FROM big ON CONFLICT (id) DO UPDATE SET kind = 5", "DELETE FROM copy", "DELETE FROM big WHERE kind < 100",
		} {
			for _, q := range reads {
				s.read(t, q)
			}
			grown := peak(func() { exec(t, s.cached, write) })
			t.Logf("%s: %5d KB for %s", driverName, grown>>10, write)
			if grown > most {
				t.Errorf("%s: the heap grew by %d MB, more than %d", write, grown>>20, most>>20)
			}
			for _, q := range reads {
				want, _ := s.readWith(t.Context(), t, s.bare, q)
				if got, _ := s.read(t, q); got != want {
					t.Errorf("STALE after %s: %s: %q, the database has %q", write, q, got, want)
				}
			}
		}
	}
}

// heap returns the bytes of Go's heap that are in use.
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
