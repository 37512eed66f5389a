CREATE TABLE categories (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL
);
CREATE TABLE products (
	id INTEGER PRIMARY KEY,
	category_id INTEGER NOT NULL REFERENCES categories (id),
	name TEXT NOT NULL,
	price_cents INTEGER NOT NULL,
	stock INTEGER NOT NULL,
	active INTEGER NOT NULL DEFAULT 1,
	version INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE customers (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL,
	city TEXT NOT NULL
);
CREATE TABLE orders (
	id INTEGER PRIMARY KEY,
	customer_id INTEGER NOT NULL REFERENCES customers (id),
	status TEXT NOT NULL,
	total_cents INTEGER NOT NULL
);
CREATE TABLE order_items (
	id INTEGER PRIMARY KEY,
	order_id INTEGER NOT NULL REFERENCES orders (id),
	product_id INTEGER NOT NULL REFERENCES products (id),
	quantity INTEGER NOT NULL,
	price_cents INTEGER NOT NULL
);
CREATE TABLE reviews (
	id INTEGER PRIMARY KEY,
	product_id INTEGER NOT NULL REFERENCES products (id),
	customer_id INTEGER NOT NULL REFERENCES customers (id),
	rating INTEGER NOT NULL,
	body TEXT NOT NULL
);
CREATE INDEX products_category ON products (category_id);
CREATE INDEX orders_customer ON orders (customer_id);
CREATE INDEX order_items_order ON order_items (order_id);
CREATE INDEX reviews_product ON reviews (product_id);
