package main

import (
	"database/sql"
	"errors"
	"testing"
	"time"
)

func TestWeights(t *testing.T) {
	t.Parallel()
	sum := 0
	for _, r := range reads {
		sum += r.weight
	}
	if sum != 100 {
		t.Errorf("the reads' weights add up to %d", sum)
	}
	sum = 0
	for _, w := range writes {
		sum += w.weight
	}
	if sum != 100 {
		t.Errorf("the writes' weights add up to %d", sum)
	}
}

// Every kind of read is valid, and finds rows where the shop has them.
func TestReads(t *testing.T) {
	t.Parallel()
	_, bare, _ := openShop(t, 2000)
	for _, r := range reads {
		got, err := readTable(t.Context(), bare, r.sql, int64(1))
		if err != nil {
			t.Errorf("%s: %v", r.name, err)
			continue
		}
		if len(got.rows) == 0 {
			t.Errorf("%s: no rows", r.name)
			continue
		}
		if r.version >= 0 && (got.columns[r.version] != "version" || got.columns[r.idColumn] != "id") {
			t.Errorf("%s: version and id are said to be %s and %s", r.name, got.columns[r.version], got.columns[r.idColumn])
		}
	}
}

// Every kind of write does what its name says, or nothing if it is taken back,
// and tells which products have the new version.
func TestWrites(t *testing.T) {
	t.Parallel()
	s, bare, _ := openShop(t, 2000)
	l, err := newLedger(t.Context(), bare)
	if err != nil {
		t.Fatal(err)
	}
	changes := func(name string) (n int64) {
		if err := bare.QueryRowContext(t.Context(), "SELECT count(*) FROM "+name).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	c := newChooser(s, 5, 0)
	for i, w := range writes {
		number := l.next + int64(i)
		orders, reviews := changes("orders"), changes("reviews")
		products, err := w.do(t.Context(), bare, c, l, number)
		if err != nil {
			t.Errorf("%s: %v", w.name, err)
			continue
		}
		versioned, err := readTable(t.Context(), bare, "SELECT id FROM products WHERE version = ? ORDER BY id", number)
		if err != nil {
			t.Fatal(err)
		}
		told := make(map[int64]bool)
		for _, id := range products {
			told[id] = true
		}
		if len(versioned.rows) != len(told) {
			t.Errorf("%s: %d products have the version, %d are told", w.name, len(versioned.rows), len(told))
		}
		for _, row := range versioned.rows {
			if !told[row[0].(int64)] {
				t.Errorf("%s: product %v has the version and is not told", w.name, row[0])
			}
		}
		wantOrders, wantReviews := orders, reviews
		switch w.name {
		case "order":
			wantOrders++
		case "review":
			wantReviews++
		}
		if changes("orders") != wantOrders || changes("reviews") != wantReviews {
			t.Errorf("%s: %d orders and %d reviews, want %d and %d", w.name, changes("orders"), changes("reviews"), wantOrders, wantReviews)
		}
	}
}

func TestLedger(t *testing.T) {
	t.Parallel()
	_, bare, _ := openShop(t, 1000)
	l, err := newLedger(t.Context(), bare)
	if err != nil {
		t.Fatal(err)
	}
	if l.next != 1 || l.last.Load() != 0 {
		t.Fatalf("a new shop begins with number %d after %d", l.next, l.last.Load())
	}
	before := l.last.Load()
	l.acknowledge(5, 1, 2)
	after := l.last.Load()
	tests := []struct {
		name                    string
		start, product, version int64
		want                    bool
	}{
		{"the old row, read begun after the write", after, 1, 0, true},
		{"the old row, read begun before the write", before, 1, 0, false},
		{"the new row", after, 1, 5, false},
		{"a row newer than any acknowledged", after, 1, 6, false},
		{"a product that nobody wrote", after, 3, 0, false},
	}
	for _, tt := range tests {
		if got := l.outdated(tt.start, tt.product, tt.version); got != tt.want {
			t.Errorf("%s: outdated is %v", tt.name, got)
		}
	}
}

// The load itself notices results that are older than an acknowledged write:
// here one that went past the cache.
func TestTrafficNoticesOldRows(t *testing.T) {
	t.Parallel()
	s, bare, c := openShop(t, 2000)
	l, err := newLedger(t.Context(), bare)
	if err != nil {
		t.Fatal(err)
	}
	var all []int64
	for _, ids := range l.byCategory {
		all = append(all, ids...)
	}
	page := sqlOf("product page")
	for _, id := range all {
		if _, err := readTable(t.Context(), c.db, page, id); err != nil {
			t.Fatal(err)
		}
	}
	load := &traffic{db: c.db, shop: s, ledger: l, workers: 2, duration: 100 * time.Millisecond, seed: 1}
	if err := load.run(t.Context(), func(time.Duration) {}); err != nil {
		t.Fatal(err)
	}
	if n := load.totals(); n.outdated != 0 || n.judged == 0 {
		t.Fatalf("%d of %d rows outdated before anything was wrong", n.outdated, n.judged)
	}
	number := l.next
	l.next++
	if _, err := bare.ExecContext(t.Context(), "UPDATE products SET version = ?", number); err != nil {
		t.Fatal(err)
	}
	l.acknowledge(number, all...)
	if err := load.run(t.Context(), func(time.Duration) {}); err != nil {
		t.Fatal(err)
	}
	if n := load.totals(); n.outdated == 0 {
		t.Errorf("none of %d rows outdated", n.judged)
	}
}

// What ran is remembered, each query once, and counted where it belongs.
func TestTrafficCounts(t *testing.T) {
	t.Parallel()
	s, bare, c := openShop(t, 2000)
	l, err := newLedger(t.Context(), bare)
	if err != nil {
		t.Fatal(err)
	}
	run := func(db *sql.DB, remember bool) *traffic {
		load := &traffic{db: db, shop: s, ledger: l, workers: 3, duration: 200 * time.Millisecond, seed: 1, remember: remember}
		if err := load.run(t.Context(), func(time.Duration) {}); err != nil {
			t.Fatal(err)
		}
		return load
	}
	bareLoad, cachedLoad := run(bare, false), run(c.db, true)
	if n := bareLoad.totals(); n.hits.total != 0 || n.misses.total == 0 || n.writes.total == 0 || len(bareLoad.everythingAsked()) != 0 {
		t.Errorf("without the cache: %d hits, %d misses, %d writes, %d remembered", n.hits.total, n.misses.total, n.writes.total, len(bareLoad.everythingAsked()))
	}
	n, asked := cachedLoad.totals(), cachedLoad.everythingAsked()
	if n.hits.total == 0 || n.misses.total == 0 || len(asked) == 0 || uint64(len(asked)) > n.reads() {
		t.Errorf("with the cache: %d hits, %d misses, %d remembered", n.hits.total, n.misses.total, len(asked))
	}
	var reads2, hits uint64
	for k := range reads {
		all, h := cachedLoad.of(k)
		reads2 += all.total
		hits += h
	}
	if reads2 != n.reads() || hits != n.hits.total {
		t.Errorf("the kinds add up to %d reads and %d hits, the whole is %d and %d", reads2, hits, n.reads(), n.hits.total)
	}
}

// An error of one worker ends the load and is returned.
func TestTrafficEndsWithAnError(t *testing.T) {
	t.Parallel()
	s, bare, _ := openShop(t, 1000)
	l, err := newLedger(t.Context(), bare)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bare.ExecContext(t.Context(), "DROP TABLE reviews"); err != nil {
		t.Fatal(err)
	}
	load := &traffic{db: bare, shop: s, ledger: l, workers: 3, duration: time.Hour, seed: 1}
	err = load.run(t.Context(), func(time.Duration) {})
	if err == nil || errors.Unwrap(err) == nil {
		t.Errorf("the load ended with %v", err)
	}
}
