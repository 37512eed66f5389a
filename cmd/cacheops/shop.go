package main

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"math/rand/v2"
	"path/filepath"
)

// shopSchema is the schema of the demo's shop, and of explain without a file.
//
//go:embed shop.sql
var shopSchema string

// shop is how large the demo's database is, and where.
type shop struct {
	path                                                   string
	categories, products, customers, orders, items, review int
}

const (
	categoryCount = 24
	minRows       = 1000 // two products at least in each category
)

// shopOf spreads a number of rows over the tables, as a shop has them.
func shopOf(dir string, rows int) *shop {
	s := &shop{
		path: filepath.Join(dir, "shop.sqlite"), categories: categoryCount,
		products: rows * 6 / 100, customers: rows * 8 / 100, orders: rows * 20 / 100, items: rows * 46 / 100,
	}
	s.review = rows - s.categories - s.products - s.customers - s.orders - s.items
	return s
}

// rows is the number of rows in all.
func (s *shop) rows() int {
	return s.categories + s.products + s.customers + s.orders + s.items + s.review
}

// categoryOf is the category of a product as it is filled in: product 3 is in
// category 3, and so is product 27.
func (s *shop) categoryOf(product int) int { return (product-1)%s.categories + 1 }

// dsn is the data source name of the shop's file. Every connection gets the
// settings of a careful SQLite program, except that a demo need not survive a
// loss of power.
func (s *shop) dsn() string {
	return fileURI(s.path) + "?_pragma=journal_mode(wal)&_pragma=synchronous(off)&_pragma=busy_timeout(10000)&_txlock=immediate"
}

// open opens the file past the cache.
func (s *shop) open(conns int) (*sql.DB, error) {
	db, err := sql.Open("sqlite", s.dsn())
	if err != nil {
		return nil, fmt.Errorf("cacheops: open the shop: %w", err)
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

// fillBatch is how many rows a transaction of fill inserts.
const fillBatch = 5000

// fill makes the tables and their rows. Equal seeds make equal shops. Report is
// told of the rows that are there.
func (s *shop) fill(ctx context.Context, db *sql.DB, seed uint64, report func(rows int)) error {
	if _, err := db.ExecContext(ctx, shopSchema); err != nil {
		return fmt.Errorf("cacheops: make the shop's tables: %w", err)
	}
	r := rand.New(rand.NewPCG(seed, 0))
	word := func(words []string) string { return words[r.IntN(len(words))] }
	number := func(n int) int { return 1 + r.IntN(n) }
	tables := []struct {
		insert string
		rows   int
		row    func(id int) []any
	}{
		{"INSERT INTO categories (id, name) VALUES (?, ?)", s.categories, func(id int) []any {
			return []any{id, fmt.Sprintf("%s %d", categoryWords[(id-1)%len(categoryWords)], id)}
		}},
		{"INSERT INTO products (id, category_id, name, price_cents, stock, active) VALUES (?, ?, ?, ?, ?, ?)", s.products, func(id int) []any {
			active := 1
			if id > 2*s.categories && r.IntN(20) == 0 {
				active = 0
			}
			name := fmt.Sprintf("%s %s %d", word(adjectives), word(nouns), id)
			return []any{id, s.categoryOf(id), name, 100 + r.IntN(20000), 50 + r.IntN(500), active}
		}},
		{"INSERT INTO customers (id, name, city) VALUES (?, ?, ?)", s.customers, func(id int) []any {
			return []any{id, word(firstNames) + " " + word(lastNames), word(cities)}
		}},
		{"INSERT INTO orders (id, customer_id, status, total_cents) VALUES (?, ?, ?, ?)", s.orders, func(id int) []any {
			return []any{id, number(s.customers), word(statuses), 500 + r.IntN(50000)}
		}},
		{"INSERT INTO order_items (id, order_id, product_id, quantity, price_cents) VALUES (?, ?, ?, ?, ?)", s.items, func(id int) []any {
			return []any{id, (id-1)%s.orders + 1, number(s.products), number(4), 100 + r.IntN(20000)}
		}},
		{"INSERT INTO reviews (id, product_id, customer_id, rating, body) VALUES (?, ?, ?, ?, ?)", s.review, func(id int) []any {
			return []any{id, number(s.products), number(s.customers), number(5), word(opinions)}
		}},
	}
	done := 0
	for _, t := range tables {
		for from := 1; from <= t.rows; from += fillBatch {
			to := min(from+fillBatch-1, t.rows)
			if err := insertRows(ctx, db, t.insert, from, to, t.row); err != nil {
				return fmt.Errorf("cacheops: fill the shop: %w", err)
			}
			done += to - from + 1
			report(done)
		}
	}
	return nil
}

// insertRows inserts the rows of a range of ids in one transaction.
func insertRows(ctx context.Context, db *sql.DB, insert string, from, to int, row func(id int) []any) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	stmt, err := tx.PrepareContext(ctx, insert)
	if err != nil {
		return err
	}
	defer func() { _ = stmt.Close() }() // the transaction's end closed it
	for id := from; id <= to; id++ {
		if _, err := stmt.ExecContext(ctx, row(id)...); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// What the rows are made of.
var (
	categoryWords = []string{"Lamps", "Chairs", "Tools", "Books", "Pots", "Tea", "Paper", "Games"}
	adjectives    = []string{"Blue", "Small", "Quiet", "Solid", "Old", "Light", "Round", "Warm", "Plain", "Fast"}
	nouns         = []string{"lamp", "chair", "hammer", "atlas", "kettle", "teapot", "notebook", "puzzle", "clock", "basket"}
	firstNames    = []string{"Ada", "Bela", "Chen", "Dora", "Emil", "Farah", "Grete", "Hugo", "Ines", "Jonas", "Kofi", "Lena"}
	lastNames     = []string{"Adler", "Berg", "Costa", "Diaz", "Evans", "Fischer", "Garcia", "Haas", "Ito", "Jensen", "Khan", "Lopez"}
	cities        = []string{"Porto", "Bergen", "Gdansk", "Lyon", "Graz", "Turku", "Ghent", "Cork"}
	statuses      = []string{"new", "paid", "sent", "done", "done", "done"}
	opinions      = []string{"As described.", "Better than I thought.", "It broke after a week.", "Good for the price.", "Would buy again."}
)
