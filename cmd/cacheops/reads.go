package main

import "math/rand/v2"

// target is what the argument of a read is: the id of one of these.
type target int

const (
	aProduct target = iota
	aCategory
	aCustomer
	anOrder
)

// read is one kind of read that the shop does, with one argument, an id. The
// columns of a product's id and version, -1 if it has none, let a reader see
// how old a row is.
type read struct {
	name              string
	sql               string
	of                target
	weight            int // its share of the reads, in percent
	idColumn, version int
}

// reads are what the shop's pages ask for.
var reads = []read{
	{"product page", "SELECT id, name, price_cents, stock, version FROM products WHERE id = ?", aProduct, 32, 0, 4},
	{"products of a category", "SELECT id, name, price_cents, version FROM products WHERE category_id = ? AND active = 1 ORDER BY price_cents, id LIMIT 24", aCategory, 16, 0, 3},
	{"prices in a category", "SELECT count(*), min(price_cents), avg(price_cents), max(price_cents) FROM products WHERE category_id = ? AND active = 1", aCategory, 8, -1, -1},
	{"count in stock", "SELECT count(*) FROM products WHERE category_id = ? AND stock > 0", aCategory, 4, -1, -1},
	{"reviews of a product", "SELECT id, rating, body FROM reviews WHERE product_id = ? ORDER BY id DESC LIMIT 10", aProduct, 14, -1, -1},
	{"rating of a product", "SELECT count(*), avg(rating) FROM reviews WHERE product_id = ?", aProduct, 10, -1, -1},
	{"orders of a customer", "SELECT id, status, total_cents FROM orders WHERE customer_id = ? ORDER BY id DESC LIMIT 20", aCustomer, 8, -1, -1},
	{"items of an order", "SELECT id, product_id, quantity, price_cents FROM order_items WHERE order_id = ? ORDER BY id", anOrder, 4, -1, -1},
	{"order and its customer", "SELECT o.id, o.status, o.total_cents, c.name, c.city FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.id = ?", anOrder, 4, -1, -1},
}

// chooser draws reads, writes and what they are about. A few ids are drawn most
// of the time, as in a real shop. It is for one goroutine.
type chooser struct {
	*rand.Rand
	products, categories, customers, orders *rand.Zipf
	reads                                   []int // an index of reads for each percent
	productCount                            int64
}

func newChooser(s *shop, seed, worker uint64) *chooser {
	r := rand.New(rand.NewPCG(seed, worker+1))
	zipf := func(n int) *rand.Zipf { return rand.NewZipf(r, 1.3, 6, uint64(n-1)) }
	c := &chooser{
		Rand: r, products: zipf(s.products), categories: zipf(s.categories),
		customers: zipf(s.customers), orders: zipf(s.orders), productCount: int64(s.products),
	}
	for i := range reads {
		for range reads[i].weight {
			c.reads = append(c.reads, i)
		}
	}
	return c
}

// read draws a kind of read.
func (c *chooser) read() int { return c.reads[c.IntN(len(c.reads))] }

// id draws an id.
func (c *chooser) id(of target) int64 {
	var z *rand.Zipf
	switch of {
	case aProduct:
		z = c.products
	case aCategory:
		z = c.categories
	case aCustomer:
		z = c.customers
	default:
		z = c.orders
	}
	return int64(z.Uint64()) + 1
}
