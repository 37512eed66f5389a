package memory

import (
	"fmt"
	"testing"
	"time"

	"github.com/cacheops/cacheops/store"
)

// sized is a payload of that size.
type sized int

func (s sized) Size() int { return int(s) }

func (s sized) AppendBinary(b []byte) ([]byte, error) { return fmt.Append(b, int(s)), nil }

// The numbers are those of what was stored, and what found no room is counted.
func TestStats(t *testing.T) {
	t.Parallel()
	s, err := New(Config{MaxBytes: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	fill := func(n int) {
		t.Helper()
		q := &store.Query{Database: "main", Key: store.Key{byte(n), byte(n >> 8)}, Deps: []store.TableDep{{Table: "items"}}}
		lease, err := s.Lease(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Fill(t.Context(), q, lease.Snapshot, sized(1000), time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 10 {
		fill(n)
	}
	if got := s.Stats(); got.Entries != 10 || got.Bytes < 10*1000 || got.Bytes > 10*2000 || got.Evictions != 0 {
		t.Errorf("ten entries: %+v", got)
	}
	for n := range 1000 {
		fill(n)
	}
	got := s.Stats()
	if got.Entries > 100 || got.Bytes > 100_000 || got.Evictions == 0 || got.Entries+int(got.Evictions) != 1000 {
		t.Errorf("a thousand entries: %+v", got)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if closed := s.Stats(); closed != (Stats{Evictions: got.Evictions}) {
		t.Errorf("after Close: %+v", closed)
	}
}
