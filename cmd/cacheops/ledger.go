package main

import (
	"context"
	"fmt"
	"sync/atomic"
)

// ledger knows which version of each product was acknowledged last, so that a
// reader can tell an old row. Every write of products takes the next number as
// the version of the rows it changes; it is acknowledged when its commit has
// returned. Writers take turns, so numbers are acknowledged in order.
type ledger struct {
	next       int64          // for the one writer whose turn it is
	last       atomic.Int64   // the highest acknowledged number
	version    []atomic.Int64 // by product id: the highest acknowledged one
	byCategory map[int64][]int64
}

// newLedger reads what the database holds. Nobody may write meanwhile.
func newLedger(ctx context.Context, db querier) (*ledger, error) {
	t, err := readTable(ctx, db, "SELECT id, category_id, version FROM products ORDER BY id DESC")
	if err != nil {
		return nil, fmt.Errorf("cacheops: read the products: %w", err)
	}
	l := &ledger{byCategory: make(map[int64][]int64)}
	for _, row := range t.rows {
		id, category, version := integer(row[0]), integer(row[1]), integer(row[2])
		if l.version == nil {
			l.version = make([]atomic.Int64, id+1)
		}
		l.version[id].Store(version)
		l.byCategory[category] = append(l.byCategory[category], id)
		l.next = max(l.next, version+1)
	}
	l.last.Store(l.next - 1)
	return l, nil
}

// integer is the value of an integer column, as SQLite's driver hands it out.
func integer(v any) int64 {
	i, _ := v.(int64)
	return i
}

// acknowledge records that a number is committed, for these products.
func (l *ledger) acknowledge(number int64, products ...int64) {
	for _, id := range products {
		l.version[id].Store(number)
	}
	l.last.Store(number) // last: who sees it finds the products' versions
}

// outdated reports whether a read that began when last was start must not have
// seen this version of a product: a newer one had been acknowledged before. A
// product that was written during the read cannot be judged, and is not.
func (l *ledger) outdated(start, product, version int64) bool {
	newest := l.version[product].Load()
	return version < newest && newest <= start
}
