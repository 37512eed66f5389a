-- The tables that the statements of dialect/postgres/testdata/corpus.tsv speak of,
-- as the programs that they come from would have made them: so that the plans of
-- corpus.golden say something.

CREATE COLLATION "en_US" (provider = icu, locale = 'en-US');
CREATE TABLE orgs (id bigint PRIMARY KEY);
CREATE TABLE companies (
  id bigserial PRIMARY KEY,
  deleted_at timestamptz,
  name text NOT NULL
);
CREATE TABLE users (
  id bigserial PRIMARY KEY,
  created_at timestamptz,
  updated_at timestamptz,
  deleted_at timestamptz,
  name varchar(255) NOT NULL DEFAULT 'x' UNIQUE,
  age bigint,
  company_id bigint REFERENCES companies (id) ON DELETE SET NULL,
  org_id bigint REFERENCES orgs (id),
  email text,
  meta jsonb,
  nick text,
  banned boolean NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX ON users (lower(email)) WHERE deleted_at IS NULL;
CREATE TABLE orders (
  id bigserial PRIMARY KEY,
  user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  tenant_id bigint,
  created_at timestamptz,
  updated_at timestamptz,
  deleted_at timestamptz,
  status varchar(20) NOT NULL DEFAULT 'new',
  total numeric(10,2)
);
CREATE TABLE lines (order_id bigint REFERENCES orders (id) ON DELETE CASCADE, price numeric(10,2), qty integer);
CREATE TABLE languages (code text PRIMARY KEY, name text);
CREATE TABLE products (id bigint PRIMARY KEY, price integer, quantity integer, updated_at timestamptz);
CREATE TABLE jobs (id bigserial PRIMARY KEY, state text NOT NULL);
CREATE TABLE accounts (id bigint PRIMARY KEY);
CREATE TABLE user_groups (user_id bigint REFERENCES users (id) ON DELETE CASCADE, group_id bigint, PRIMARY KEY (user_id, group_id));
CREATE TABLE pets (id bigint PRIMARY KEY, name text);
CREATE TABLE user_pets (
  user_id bigint REFERENCES users (id) ON DELETE CASCADE,
  pet_id bigint REFERENCES pets (id) ON DELETE CASCADE,
  PRIMARY KEY (user_id, pet_id)
);
CREATE TABLE authors (id bigint PRIMARY KEY, name text NOT NULL, bio text, status text);
CREATE TABLE books (id bigint PRIMARY KEY, title varchar NOT NULL, text varchar, deleted_at timestamptz, author_id bigint REFERENCES authors (id));
CREATE TABLE admins (user_id bigint PRIMARY KEY REFERENCES users (id));
CREATE TABLE bans (user_id bigint REFERENCES users (id), until timestamptz);
CREATE TABLE events (id uuid CONSTRAINT events_pkey PRIMARY KEY, kind text, created_at timestamptz);
CREATE TABLE stats (day timestamptz PRIMARY KEY, n bigint);
CREATE TABLE cats (id bigint PRIMARY KEY, parent_id bigint REFERENCES cats (id));
CREATE TABLE inbox (id bigint PRIMARY KEY, created_at timestamptz);
CREATE TABLE archive (id bigint PRIMARY KEY, created_at timestamptz);
CREATE TABLE payments (id bigint PRIMARY KEY, user_id bigint, created_at timestamptz, amount numeric);
CREATE TABLE logins (id bigint PRIMARY KEY, user_id bigint, created_at timestamptz, ip inet);
CREATE TABLE items (tenant_id bigint, sku text, PRIMARY KEY (tenant_id, sku));
CREATE TABLE posts (id bigint PRIMARY KEY, created_at timestamptz, name text, tags text[]);
CREATE TABLE sessions (id bigint PRIMARY KEY, user_id bigint REFERENCES users (id) ON DELETE CASCADE, expires_at timestamptz, created_at timestamptz, seen timestamptz);
CREATE TABLE docs (id bigint PRIMARY KEY, data jsonb, updated_at timestamptz, tsv tsvector);
CREATE TABLE stock (id integer PRIMARY KEY, qty integer NOT NULL);
CREATE TABLE "таблица" ("ключ" bigint PRIMARY KEY, "日本" text);
CREATE SEQUENCE seq;

-- Names that examples use.
CREATE TABLE t (
  id bigserial PRIMARY KEY,
  a integer, b integer, c integer, d integer, e integer DEFAULT 5,
  x text,
  price numeric,
  created_at timestamptz,
  deleted_at timestamptz
);
CREATE TABLE s (id bigint PRIMARY KEY, x integer, y integer);
CREATE TABLE a (id bigint PRIMARY KEY, x integer);
CREATE TABLE b (id bigint PRIMARY KEY, x integer, k integer);
CREATE TABLE c (id bigint PRIMARY KEY, k integer);
CREATE TABLE d (id bigint PRIMARY KEY, x integer);
CREATE TABLE e (id bigint PRIMARY KEY);
CREATE TABLE f (id bigint PRIMARY KEY);
CREATE TABLE j (doc jsonb);
CREATE MATERIALIZED VIEW mv AS SELECT id FROM t;
CREATE SCHEMA app;
CREATE TABLE app.things (id bigint PRIMARY KEY, arr jsonb);

-- The same name with columns of other types, for the statements that take it so.
CREATE SCHEMA texts;
CREATE TABLE texts.t (id bigserial PRIMARY KEY, a text, b text, c text, d text, e text, f text, x text);
CREATE SCHEMA flags;
CREATE TABLE flags.t (id bigserial PRIMARY KEY, a integer, b integer, c integer, d boolean, e boolean);
