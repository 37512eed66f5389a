package main

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// view is a cached query that the first act watches.
type view struct {
	name string
	sql  string
	arg  int64
}

// deed is a write that the first act does, and whether it is taken back.
type deed struct {
	name       string
	sql        string
	args       []any
	rolledBack bool
}

// The watched queries are about categories 3 and 5, and about product 3, which
// is in category 3 like product 27.
var views = []view{
	{"page of product 3", sqlOf("product page"), 3},
	{"page of product 5", sqlOf("product page"), 5},
	{"list of category 3", sqlOf("products of a category"), 3},
	{"list of category 5", sqlOf("products of a category"), 5},
	{"in stock in category 3", sqlOf("count in stock"), 3},
	{"rating of product 3", sqlOf("rating of a product"), 3},
	{"items of order 7", sqlOf("items of an order"), 7},
}

var deeds = []deed{
	{"new price for product 3", "UPDATE products SET price_cents = price_cents + 1 WHERE id = ?", []any{3}, false},
	{"new price for product 27", "UPDATE products SET price_cents = price_cents + 1 WHERE id = ?", []any{27}, false},
	{"new product in category 5", "INSERT INTO products (category_id, name, price_cents, stock) VALUES (?, ?, ?, ?)", []any{5, "New lamp", 1999, 5}, false},
	{"product 27 moves from 3 to 5", "UPDATE products SET category_id = ? WHERE id = ?", []any{5, 27}, false},
	{"review of product 3", "INSERT INTO reviews (product_id, customer_id, rating, body) VALUES (?, ?, ?, ?)", []any{3, 1, 5, "Just right."}, false},
	{"review of product 4", "INSERT INTO reviews (product_id, customer_id, rating, body) VALUES (?, ?, ?, ?)", []any{4, 1, 2, "Not for me."}, false},
	{"one more in order 7", "UPDATE order_items SET quantity = quantity + 1 WHERE order_id = ?", []any{7}, false},
	{"a customer moves", "UPDATE customers SET city = ? WHERE id = ?", []any{"Oslo", 1}, false},
	{"sale in category 3, rolled back", "UPDATE products SET price_cents = price_cents * 9 / 10 WHERE category_id = ?", []any{3}, true},
	{"sale in category 3", "UPDATE products SET price_cents = price_cents * 9 / 10 WHERE category_id = ?", []any{3}, false},
}

// sqlOf is the text of a read of the shop.
func sqlOf(name string) string {
	for i := range reads {
		if reads[i].name == name {
			return reads[i].sql
		}
	}
	return "" // not reached: a test reads all of views
}

// closeUp is what the first act saw.
type closeUp struct {
	dropped     [][]bool // by deed and view
	stale       int      // answers that were not the database's
	checked     int
	first, next time.Duration
}

// runCloseUp is the first act: one query twice, then writes one by one, and
// what each does to seven cached results.
func runCloseUp(ctx context.Context, out *screen, c *cachedDB, bare *sql.DB) (*closeUp, error) {
	out.heading("1", "One query, closely")
	seen := new(closeUp)
	if err := seen.twice(ctx, out, c, views[0]); err != nil {
		return nil, err
	}
	out.line()
	out.line("   Seven results, each with the condition that it depends on:")
	out.line()
	for i, v := range views {
		e, err := c.explain(ctx, v.sql, v.arg)
		if err != nil {
			return nil, err
		}
		depends := "not cached: " + e.Reason
		if e.Cached && len(e.Depends) > 0 {
			depends = e.Depends[0]
		}
		out.line("     ", styleTitle.Render(letter(i)), "  ", left(v.name, 24), styleDim.Render(shortened(depends, 48)))
		if _, err := seen.look(ctx, c, bare, v); err != nil { // now it is cached
			return nil, err
		}
	}
	out.line()
	out.line("   Ten writes, and what becomes of the seven:")
	out.line()
	var header strings.Builder
	for i := range views {
		header.WriteString(right(letter(i), 5))
	}
	out.line(styleDim.Render("     " + left("write", 33) + right("rows", 5) + header.String()))
	for _, d := range deeds {
		if err := seen.do(ctx, out, c, bare, d); err != nil {
			return nil, err
		}
	}
	out.line()
	drops := 0
	for _, row := range seen.dropped {
		for _, dropped := range row {
			if dropped {
				drops++
			}
		}
	}
	kept := len(views)*len(deeds) - drops
	out.line("   ", styleDrop.Render("drop"), fmt.Sprintf("  the write dropped it: %d times.   ", drops),
		styleDim.Render("."), fmt.Sprintf("  left alone, still a hit: %d times.", kept))
	return seen, nil
}

// letter names a column.
func letter(i int) string { return string(rune('A' + i)) }

// twice reads one query twice and shows what the cache made of it.
func (u *closeUp) twice(ctx context.Context, out *screen, c *cachedDB, v view) error {
	e, err := c.explain(ctx, v.sql, v.arg)
	if err != nil {
		return err
	}
	// The first statement of a handle reads the schema too: that is not what
	// is to be shown, so another row is read before.
	if _, err := readTable(ctx, c.db, v.sql, v.arg+1); err != nil {
		return fmt.Errorf("cacheops: read %s: %w", v.name, err)
	}
	for _, line := range wrapped(v.sql, pageWidth-6) {
		out.line("   ", line)
	}
	out.line()
	out.fact("argument", strconv.FormatInt(v.arg, 10))
	out.fact("kind", e.Op.String())
	for _, d := range e.Depends {
		out.fact("depends on", d)
	}
	p := new(probe)
	for _, take := range []struct {
		name string
		into *time.Duration
	}{{"first read", &u.first}, {"again", &u.next}} {
		began := time.Now()
		if _, err := readTable(p.with(ctx), c.db, v.sql, v.arg); err != nil {
			return fmt.Errorf("cacheops: read %s: %w", v.name, err)
		}
		*take.into = time.Since(began)
		verdict, note := styleMiss.Render("miss"), "from the database"
		if p.hit {
			verdict, note = styleHit.Render("hit "), "from the cache, "+ratio(float64(u.first), float64(u.next))+" as fast"
		}
		out.fact(take.name, verdict+right(latency(*take.into), 9)+"   "+note)
	}
	return nil
}

// look reads a view through the cache, compares it with the database and
// reports whether it was a hit.
func (u *closeUp) look(ctx context.Context, c *cachedDB, bare *sql.DB, v view) (hit bool, err error) {
	p := new(probe)
	cached, err := readTable(p.with(ctx), c.db, v.sql, v.arg)
	if err != nil {
		return false, fmt.Errorf("cacheops: read %s: %w", v.name, err)
	}
	truth, err := readTable(ctx, bare, v.sql, v.arg)
	if err != nil {
		return false, fmt.Errorf("cacheops: read %s past the cache: %w", v.name, err)
	}
	u.checked++
	if !cached.equal(truth) {
		u.stale++
	}
	return p.hit, nil
}

// do does a deed and shows which views it dropped.
func (u *closeUp) do(ctx context.Context, out *screen, c *cachedDB, bare *sql.DB, d deed) error {
	tx, err := c.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("cacheops: %s: %w", d.name, err)
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	r, err := tx.ExecContext(ctx, d.sql, d.args...)
	if err != nil {
		return fmt.Errorf("cacheops: %s: %w", d.name, err)
	}
	rows, err := r.RowsAffected()
	if err != nil {
		return fmt.Errorf("cacheops: %s: %w", d.name, err)
	}
	end := tx.Commit
	if d.rolledBack {
		end = tx.Rollback
	}
	if err := end(); err != nil {
		return fmt.Errorf("cacheops: end %s: %w", d.name, err)
	}
	var cells strings.Builder
	dropped := make([]bool, len(views))
	for i, v := range views {
		hit, err := u.look(ctx, c, bare, v)
		if err != nil {
			return err
		}
		cell := styleDim.Render(".")
		if !hit {
			dropped[i], cell = true, styleDrop.Render("drop")
		}
		cells.WriteString(right(cell, 5))
	}
	u.dropped = append(u.dropped, dropped)
	out.line("     ", left(d.name, 33), right(grouped(rows), 5), cells.String())
	return nil
}
