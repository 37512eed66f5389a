package main

import (
	"context"
	"database/sql"
	"fmt"
)

// write is one kind of write that the shop does.
type write struct {
	name   string
	weight int // its share of the writes, in percent
	// do runs it with the number that products get as their version, and
	// returns the products that it changed.
	do func(ctx context.Context, db *sql.DB, c *chooser, l *ledger, number int64) (products []int64, err error)
}

// writes are what the shop's customers and its owner do.
var writes = []write{
	{"price", 34, changePrice},
	{"order", 28, placeOrder},
	{"review", 18, writeReview},
	{"abandoned order", 10, abandonOrder},
	{"status", 8, sendOrder},
	{"address", 1, moveCustomer},
	{"sale", 1, holdSale},
}

// drawWrite draws a kind of write.
func (c *chooser) drawWrite() *write {
	n := c.IntN(100)
	for i := range writes {
		if n -= writes[i].weight; n < 0 {
			return &writes[i]
		}
	}
	return &writes[0] // not reached: the weights add up to 100, as a test says
}

// changePrice changes any price: owners do not care what is popular.
func changePrice(ctx context.Context, db *sql.DB, c *chooser, _ *ledger, number int64) ([]int64, error) {
	id := 1 + c.Int64N(c.productCount)
	_, err := db.ExecContext(ctx, "UPDATE products SET price_cents = ?, version = ? WHERE id = ?", 100+c.IntN(20000), number, id)
	return []int64{id}, err
}

func placeOrder(ctx context.Context, db *sql.DB, c *chooser, _ *ledger, number int64) ([]int64, error) {
	return order(ctx, db, c, number, true)
}

// abandonOrder does what placeOrder does, and takes it back.
func abandonOrder(ctx context.Context, db *sql.DB, c *chooser, _ *ledger, number int64) ([]int64, error) {
	_, err := order(ctx, db, c, number, false)
	return nil, err
}

// order is a transaction of several tables: an order, two items, and the stock
// of their products.
func order(ctx context.Context, db *sql.DB, c *chooser, number int64, commit bool) ([]int64, error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	r, err := tx.ExecContext(ctx, "INSERT INTO orders (customer_id, status, total_cents) VALUES (?, 'new', ?)", c.id(aCustomer), c.IntN(50000))
	if err != nil {
		return nil, err
	}
	id, err := r.LastInsertId()
	if err != nil {
		return nil, err
	}
	products := []int64{c.id(aProduct), c.id(aProduct)}
	for _, product := range products {
		if _, err := tx.ExecContext(ctx, "INSERT INTO order_items (order_id, product_id, quantity, price_cents) VALUES (?, ?, 1, ?)", id, product, c.IntN(20000)); err != nil {
			return nil, err
		}
		if _, err := tx.ExecContext(ctx, "UPDATE products SET stock = stock - 1, version = ? WHERE id = ?", number, product); err != nil {
			return nil, err
		}
	}
	if !commit {
		return nil, tx.Rollback()
	}
	return products, tx.Commit()
}

func writeReview(ctx context.Context, db *sql.DB, c *chooser, _ *ledger, _ int64) ([]int64, error) {
	_, err := db.ExecContext(ctx, "INSERT INTO reviews (product_id, customer_id, rating, body) VALUES (?, ?, ?, ?)",
		c.id(aProduct), c.id(aCustomer), 1+c.IntN(5), opinions[c.IntN(len(opinions))])
	return nil, err
}

func sendOrder(ctx context.Context, db *sql.DB, c *chooser, _ *ledger, _ int64) ([]int64, error) {
	_, err := db.ExecContext(ctx, "UPDATE orders SET status = 'sent' WHERE id = ?", c.id(anOrder))
	return nil, err
}

func moveCustomer(ctx context.Context, db *sql.DB, c *chooser, _ *ledger, _ int64) ([]int64, error) {
	_, err := db.ExecContext(ctx, "UPDATE customers SET city = ? WHERE id = ?", cities[c.IntN(len(cities))], c.id(aCustomer))
	return nil, err
}

// holdSale changes every product of a category at once.
func holdSale(ctx context.Context, db *sql.DB, c *chooser, l *ledger, number int64) ([]int64, error) {
	category := c.id(aCategory)
	_, err := db.ExecContext(ctx, "UPDATE products SET price_cents = price_cents * 9 / 10 + 1, version = ? WHERE category_id = ?", number, category)
	return l.byCategory[category], err
}

// writing runs one write drawn by the chooser and acknowledges it. The caller
// holds the writers' turn.
func (l *ledger) writing(ctx context.Context, db *sql.DB, c *chooser) error {
	w := c.drawWrite()
	number := l.next
	l.next++
	products, err := w.do(ctx, db, c, l, number)
	if err != nil {
		return fmt.Errorf("cacheops: write of the demo, %s: %w", w.name, err)
	}
	l.acknowledge(number, products...)
	return nil
}
