-- The tables that the statements of dialect/sqlite/testdata/corpus.tsv speak of,
-- as the programs that they come from would have made them: so that the plans of
-- corpus.golden say something.

CREATE TABLE companies (
  id integer PRIMARY KEY AUTOINCREMENT,
  deleted_at datetime,
  name text NOT NULL
);
CREATE TABLE users (
  id integer PRIMARY KEY AUTOINCREMENT,
  created_at datetime,
  updated_at datetime,
  deleted_at datetime,
  name text NOT NULL DEFAULT 'x' UNIQUE,
  age integer CHECK (age > 13),
  company_id integer REFERENCES companies (id) ON DELETE SET NULL,
  email text,
  meta json,
  nick text,
  x boolean,
  "first name" text,
  "order by" integer
);
CREATE TABLE orders (
  id integer PRIMARY KEY,
  user_id integer NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at datetime,
  deleted_at datetime,
  status varchar(20) NOT NULL DEFAULT 'new',
  total decimal(10, 2)
);
CREATE TABLE languages (code text PRIMARY KEY, name text);
CREATE TABLE products (id integer PRIMARY KEY, price integer, quantity integer, updated_at datetime);
CREATE TABLE user_groups (
  user_id integer REFERENCES users (id) ON DELETE CASCADE,
  group_id integer,
  PRIMARY KEY (user_id, group_id)
);
CREATE TABLE pets (id integer PRIMARY KEY, name text);
CREATE TABLE user_pets (
  user_id integer REFERENCES users (id) ON DELETE CASCADE,
  pet_id integer REFERENCES pets (id) ON DELETE CASCADE,
  PRIMARY KEY (user_id, pet_id)
) WITHOUT ROWID;
CREATE TABLE books (id INTEGER PRIMARY KEY, title VARCHAR NOT NULL);
CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT NOT NULL, tenant INTEGER NOT NULL);
CREATE TABLE admins (user_id integer PRIMARY KEY REFERENCES users (id));
CREATE TABLE bans (user_id integer REFERENCES users (id), until datetime);
CREATE TABLE payments (id INTEGER PRIMARY KEY, user_id INTEGER, created_at TEXT, amount REAL);
CREATE TABLE items (tenant_id INTEGER, sku TEXT, PRIMARY KEY (tenant_id, sku));
CREATE TABLE posts (id INTEGER PRIMARY KEY, created_at TEXT NOT NULL);
CREATE TABLE inventory (itemId INTEGER PRIMARY KEY, quantity INTEGER);
CREATE TABLE sales (itemId INTEGER REFERENCES inventory (itemId), quantity INTEGER);
CREATE TABLE cats (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES cats (id));

-- Rows have a key and a value; the other columns are computed, so that INSERT
-- without a list of columns takes two values.
CREATE TABLE kv (
  k TEXT PRIMARY KEY,
  v TEXT,
  key TEXT AS (k),
  value TEXT AS (v),
  action TEXT AS (v),
  replace TEXT AS (v),
  order_id TEXT AS (v)
);

CREATE TABLE t (
  id INTEGER PRIMARY KEY,
  a INTEGER UNIQUE,
  b INTEGER UNIQUE,
  c TEXT,
  d TEXT,
  e INTEGER,
  f INTEGER,
  g INTEGER,
  h INTEGER,
  i INTEGER,
  n INTEGER,
  x TEXT,
  y TEXT,
  arr TEXT,
  name TEXT,
  deleted_at TEXT
);
CREATE INDEX idx_a ON t (a);
CREATE UNIQUE INDEX idx_a_b ON t (a) WHERE b > 0;
CREATE TABLE s (id INTEGER PRIMARY KEY, x INTEGER, n INTEGER NOT NULL DEFAULT 0);
CREATE TABLE other (value INTEGER);
CREATE TRIGGER renamed AFTER UPDATE OF name ON t FOR EACH ROW BEGIN
  UPDATE s SET n = n + 1 WHERE id = old.id;
END;
CREATE TRIGGER sold AFTER INSERT ON sales BEGIN
  UPDATE inventory SET quantity = quantity - new.quantity WHERE itemId = new.itemId;
END;

CREATE TABLE a (id INTEGER PRIMARY KEY, x INTEGER, k INTEGER);
CREATE TABLE b (id INTEGER PRIMARY KEY, k INTEGER);
CREATE TABLE c (id INTEGER, k INTEGER);
CREATE TABLE d (id INTEGER PRIMARY KEY, x INTEGER);
CREATE TABLE e (id INTEGER PRIMARY KEY);
CREATE TABLE f (id INTEGER PRIMARY KEY);

CREATE TABLE таблица ("ключ" TEXT PRIMARY KEY, 日本 TEXT);
CREATE VIRTUAL TABLE docs USING fts5(title, body, doc, tokenize = 'porter');
CREATE VIEW v (a, b) AS SELECT id, name FROM t WHERE deleted_at IS NULL;
