package postgres

import "github.com/cacheops/cacheops/dialect"

// harmlessTrigger makes a function for triggers that does nothing.
const harmlessTrigger = "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"

// writer makes a function that may write anything, of one argument.
const writer = "CREATE FUNCTION writer(int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN DELETE FROM log; RETURN $1; END $$"

// catalogCases are schemas, and what the catalog has to say of a table in them.
var catalogCases = []struct {
	name   string
	schema []string
	table  dialect.Name
	want   string
}{
	{
		"columns", []string{
			"CREATE DOMAIN price AS numeric(10,2) NOT NULL DEFAULT 1", "CREATE DOMAIN code AS varchar(5)", "CREATE DOMAIN code2 AS code CHECK (length(VALUE) > 1)", "CREATE TYPE mood AS ENUM ('a', 'b')",
			`CREATE TABLE "Odd.name" (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, gone int, t text NOT NULL DEFAULT 'x', p price, c code2, "We""ird" mood, a int[], g int GENERATED ALWAYS AS (id * 2) STORED, s serial, ch char(3), l text COLLATE "C")`,
			`ALTER TABLE "Odd.name" DROP COLUMN gone`,
		},
		dialect.Name{Name: "Odd.name"}, `public."Odd.name" plain "public"."Odd.name" row=("id")::text unique=[[0]] primary=[0]
  id "id" [integer] compared notnull default
  t "t" [text] compared notnull default "pg_catalog"."default"
  p "p" [price] compared default
  c "c" [code2] compared "pg_catalog"."default"
  We"ird "We""ird" [mood] compared
  a "a" [integer[]]
  g "g" [integer] compared generated
  s "s" [integer] compared notnull default
  ch "ch" [character(3)] compared "pg_catalog"."default"
  l "l" [text] compared "pg_catalog"."C"
`,
	},
	{
		"unique indexes", []string{
			`CREATE COLLATION fuzzy (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
			`CREATE TABLE t (a text NOT NULL, b text, c int UNIQUE, d int UNIQUE DEFERRABLE, e int, f text COLLATE fuzzy, PRIMARY KEY (c, a))`,
			"CREATE UNIQUE INDEX ON t (b) WHERE c > 0", "CREATE UNIQUE INDEX ON t (lower(b))", "CREATE UNIQUE INDEX ON t (e, b) INCLUDE (c)",
			`CREATE UNIQUE INDEX ON t (a COLLATE "C")`, "CREATE INDEX ON t (a, b)", "CREATE UNIQUE INDEX ON t (e) NULLS NOT DISTINCT",
		},
		dialect.Name{Name: "t"}, `public.t plain "public"."t" row=ROW("c","a")::text unique=[[2 0] [2] [4 1] [0] [4]] primary=[2 0]
  a "a" [text] compared notnull "pg_catalog"."default"
  b "b" [text] compared "pg_catalog"."default"
  c "c" [integer] compared notnull
  d "d" [integer] compared
  e "e" [integer] compared
  f "f" [text] "public"."fuzzy"
`,
	},
	{
		"an index that compares otherwise", []string{
			`CREATE COLLATION fuzzy (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
			"CREATE TABLE t (a text NOT NULL)", "CREATE UNIQUE INDEX ON t (a COLLATE fuzzy)",
		},
		dialect.Name{Name: "t"}, `public.t plain "public"."t" row= unique=[] otherunique
  a "a" [text] compared notnull "pg_catalog"."default"
`,
	},
	{
		"an index with operators of its own", []string{"CREATE TABLE t (a text NOT NULL)", "CREATE UNIQUE INDEX ON t (a text_pattern_ops)"},
		dialect.Name{Name: "t"}, `public.t plain "public"."t" row= unique=[] otherunique
  a "a" [text] compared notnull "pg_catalog"."default"
`,
	},
	{
		"rows named by another key", []string{"CREATE TABLE t (a float8 PRIMARY KEY, b int UNIQUE, c int NOT NULL, d text NOT NULL, UNIQUE (c, d))"},
		dialect.Name{Name: "t"}, `public.t plain "public"."t" row=ROW("c","d")::text unique=[[0] [1] [2 3]] primary=[0]
  a "a" [double precision] notnull
  b "b" [integer] compared
  c "c" [integer] compared notnull
  d "d" [text] compared notnull "pg_catalog"."default"
`,
	},
	{
		"a key that is checked late names no rows", []string{"CREATE TABLE t (a int PRIMARY KEY DEFERRABLE)"},
		dialect.Name{Name: "t"}, `public.t plain "public"."t" row= unique=[] primary=[0]
  a "a" [integer] compared notnull
`,
	},
	{
		"foreign keys", []string{
			"CREATE SCHEMA other", "CREATE TABLE other.p (a int PRIMARY KEY, b int, c int, UNIQUE (c, b))",
			"CREATE TABLE t (x int REFERENCES other.p ON DELETE CASCADE, y int, z int, w int REFERENCES other.p ON UPDATE SET DEFAULT ON DELETE RESTRICT, FOREIGN KEY (z, y) REFERENCES other.p (c, b) ON DELETE SET NULL (z) ON UPDATE CASCADE)",
		},
		dialect.Name{Schema: "public", Name: "t"}, `public.t plain "public"."t" row= unique=[]
  x "x" [integer] compared
  y "y" [integer] compared
  z "z" [integer] compared
  w "w" [integer] compared
  fk [3] -> other.p[a] delete=none update=set default
  fk [0] -> other.p[a] delete=cascade update=none
  fk [2 1] -> other.p[c b] delete=set null update=cascade sets=[2]
`,
	},
	{
		"triggers", []string{
			"CREATE TABLE log (a int)", "CREATE TABLE t (id int PRIMARY KEY, a int, b int)", "CREATE TABLE child (t int REFERENCES t ON UPDATE CASCADE)", harmlessTrigger, writer,
			"CREATE FUNCTION logs() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES (NEW.a); UPDATE t SET b = 1 WHERE id = NEW.id; RETURN NULL; END $$",
			"CREATE FUNCTION stamps() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.b := 1; RETURN NEW; END $$",
			"CREATE FUNCTION rekeys() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.id := 1; RETURN NEW; END $$",
			"CREATE FUNCTION hides() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'x'; RETURN NEW; END $$",
			"CREATE TRIGGER t1 AFTER INSERT OR TRUNCATE ON t EXECUTE FUNCTION nothing()",
			"CREATE TRIGGER t2 AFTER INSERT OR UPDATE OF a ON t FOR EACH ROW EXECUTE FUNCTION logs()",
			"CREATE TRIGGER t3 BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION stamps()",
			"CREATE TRIGGER t4 BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION rekeys()",
			"CREATE TRIGGER t5 BEFORE DELETE ON t FOR EACH ROW EXECUTE FUNCTION hides()",
			"CREATE CONSTRAINT TRIGGER t6 AFTER DELETE ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION logs()",
			`CREATE TRIGGER "t7 when" BEFORE UPDATE ON t FOR EACH ROW WHEN (writer(NEW.a) > 1) EXECUTE FUNCTION nothing('execute')`,
			"CREATE TRIGGER t8 BEFORE UPDATE ON t FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION suppress_redundant_updates_trigger()",
			"CREATE TRIGGER t9 BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION hides()", "ALTER TABLE t DISABLE TRIGGER t9",
		},
		dialect.Name{Name: "t"}, `public.t plain "public"."t" row=("id")::text unique=[[0]] primary=[0]
  id "id" [integer] compared notnull
  a "a" [integer] compared
  b "b" [integer] compared
  trigger t1 on insert:
  trigger t1 on delete:
  trigger t2 on insert: insert[log] update[t]
  trigger t2 on update: insert[log] update[t]
  trigger t3 on update: before
  trigger t4 on insert: before
  trigger t4 on update: before update[public.t]
  trigger t5 on delete: before anything
  trigger t6 on delete: insert[log] update[t]
  trigger t7 when on update: before select[] calls[writer]
  trigger t8 on update: before
  trigger t9 on insert: before anything
`,
	},
	{
		"rules", []string{"CREATE TABLE log (a int)", "CREATE TABLE t (a int)", "CREATE RULE r AS ON INSERT TO t DO ALSO INSERT INTO log VALUES (NEW.a)", "CREATE RULE s AS ON DELETE TO t DO INSTEAD NOTHING"},
		dialect.Name{Name: "t"}, `public.t plain "public"."t" row= unique=[]
  a "a" [integer] compared
  trigger rule r on insert: anything
  trigger rule s on delete: anything
`,
	},
	{
		"expressions that write", []string{
			"CREATE TABLE log (a int)", writer, "CREATE FUNCTION keeps(int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT true'",
			"CREATE TABLE t (a int DEFAULT writer(1), b int CHECK (keeps(b)), c timestamptz DEFAULT now(), d int CHECK (writer(d) > 0))", "CREATE SEQUENCE s",
		},
		dialect.Name{Name: "t"}, `public.t plain "public"."t" row= unique=[]
  a "a" [integer] compared default
  b "b" [integer] compared
  c "c" [timestamp with time zone] compared default
  d "d" [integer] compared
  trigger expression on insert: select[] calls[writer]
  trigger expression on update: select[] calls[writer]
  trigger expression on insert: select[] calls[writer]
  trigger expression on update: select[] calls[writer]
`,
	},
	{
		"a view", []string{"CREATE TABLE t (a int, b int)", "CREATE VIEW v (x, y) AS WITH c AS (SELECT a FROM t) SELECT a, 1 FROM c -- the end"},
		dialect.Name{Name: "v"}, `public.v view "public"."v" row= unique=[] noimages=(a view)
  x "x" [integer]
  y "y" [integer]
  view select of [t]
  view columns ["x" "y"]
`,
	},
	{
		"a view that can be written", []string{"CREATE SCHEMA other", "CREATE TABLE other.t (a int, b int)", "CREATE VIEW v AS SELECT b FROM other.t WHERE a > 1 WITH CHECK OPTION"},
		dialect.Name{Name: "v"}, `public.v view "public"."v" row= unique=[] noimages=(a view)
  b "b" [integer]
  trigger view v on insert: insert[other.t]
  trigger view v on update: update[other.t]
  trigger view v on delete: delete[other.t]
  view select of [other.t]
  view columns ["b"]
`,
	},
	{
		"a view with a trigger", []string{harmlessTrigger, "CREATE TABLE t (a int)", "CREATE VIEW v AS SELECT a FROM t", "CREATE TRIGGER tr INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION nothing()"},
		dialect.Name{Name: "v"}, `public.v view "public"."v" row= unique=[] noimages=(a view)
  a "a" [integer]
  trigger tr on insert:
  trigger view v on update: update[t]
  trigger view v on delete: delete[t]
  view select of [t]
  view columns ["a"]
`,
	},
	{"a materialised view", []string{"CREATE MATERIALIZED VIEW m AS SELECT 1 AS a"}, dialect.Name{Name: "m"}, `public.m virtual "public"."m" row= unique=[] noimages=(a materialised view)
  a "a" [integer]
`},
	{"a sequence", []string{"CREATE SEQUENCE s"}, dialect.Name{Name: "s"}, `public.s virtual "public"."s" row= unique=[] noimages=(a sequence)
`},
	{
		"a foreign table", []string{"CREATE FOREIGN DATA WRAPPER w", "CREATE SERVER s FOREIGN DATA WRAPPER w", "CREATE FOREIGN TABLE f (a int) SERVER s"},
		dialect.Name{Name: "f"}, `public.f virtual "public"."f" row= unique=[] noimages=(a foreign table)
  a "a" [integer]
`,
	},
	{"an unlogged table", []string{"CREATE UNLOGGED TABLE t (a int)"}, dialect.Name{Name: "t"}, `public.t plain "public"."t" row= unique=[] uncached=(an unlogged table, which a crash empties)
  a "a" [integer] compared
`},
	{"a temporary table does not hide another", []string{"CREATE TABLE t (a int)", "CREATE TEMP TABLE t (b text)"}, dialect.Name{Name: "t"}, `public.t plain "public"."t" row= unique=[]
  a "a" [integer] compared
`},
	{
		"row level security", []string{"CREATE TABLE t (a int PRIMARY KEY)", "ALTER TABLE t ENABLE ROW LEVEL SECURITY"},
		dialect.Name{Name: "t"}, `public.t plain "public"."t" row=("a")::text unique=[[0]] primary=[0] uncached=(a table with row level security)
  a "a" [integer] compared notnull
`,
	},
	{
		"partitions", []string{
			harmlessTrigger, "CREATE FUNCTION logs() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES (1); RETURN NULL; END $$", "CREATE TABLE log (a int)",
			"CREATE TABLE q (id int PRIMARY KEY)", "CREATE TABLE p (id int, k int, r int REFERENCES q ON DELETE CASCADE, PRIMARY KEY (id, k)) PARTITION BY LIST (k)",
			"CREATE SCHEMA parts", "CREATE TABLE parts.p1 PARTITION OF p FOR VALUES IN (1)", "CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2) PARTITION BY LIST (id)",
			"CREATE TABLE p21 PARTITION OF p2 DEFAULT", "CREATE UNIQUE INDEX ON p21 (id)",
			"CREATE TRIGGER all_of_them AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION nothing()", "CREATE TRIGGER one AFTER DELETE ON p21 FOR EACH ROW EXECUTE FUNCTION logs()",
			"ALTER TABLE parts.p1 ADD FOREIGN KEY (k) REFERENCES q ON DELETE SET NULL",
		},
		dialect.Name{Schema: "parts", Name: "p1"}, `public.p plain "public"."p" row=ROW("id","k")::text unique=[[0 1]] primary=[0 1] also=[parts.p1 public.p2 public.p21]
  id "id" [integer] compared notnull
  k "k" [integer] compared notnull
  r "r" [integer] compared
  fk [2] -> public.q[id] delete=cascade update=none
  fk [1] -> public.q[id] delete=set null update=none
  trigger all_of_them on insert:
  trigger one on delete: insert[log]
  trigger all_of_them on update: of [k id]
  trigger one on update: of [k id] insert[log]
`,
	},
	{
		"a partition in another order", []string{
			"CREATE TABLE p (id int, k int, PRIMARY KEY (id, k)) PARTITION BY LIST (k)", "CREATE TABLE p1 (k int NOT NULL, id int NOT NULL)", "ALTER TABLE p ATTACH PARTITION p1 FOR VALUES IN (1)",
		},
		dialect.Name{Name: "p1"}, `public.p plain "public"."p1" row= unique=[] uncached=(a partition whose columns stand in another order than those of p) noimages=(a partition whose columns stand in another order than those of p)
  k "k" [integer] compared notnull
  id "id" [integer] compared notnull
  trigger partition of p on insert: insert[public.p]
  trigger partition of p on update: update[public.p]
  trigger partition of p on delete: delete[public.p]
`,
	},
	{
		"a reference to a partition is one to its root", []string{
			"CREATE TABLE p (id int, k int, PRIMARY KEY (id, k)) PARTITION BY LIST (k)", "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)",
			"CREATE TABLE c (a int, b int, FOREIGN KEY (a, b) REFERENCES p1 ON DELETE CASCADE)",
		},
		dialect.Name{Name: "c"}, `public.c plain "public"."c" row= unique=[]
  a "a" [integer] compared
  b "b" [integer] compared
  fk [0 1] -> public.p[id k] delete=cascade update=none
`,
	},
	{
		"a partition with row level security", []string{
			"CREATE TABLE p (k int) PARTITION BY LIST (k)", "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)", "ALTER TABLE p1 ENABLE ROW LEVEL SECURITY",
		},
		dialect.Name{Name: "p"}, `public.p plain "public"."p" row= unique=[] also=[public.p1] uncached=(a table with row level security)
  k "k" [integer] compared
`,
	},
	{
		"a partition elsewhere", []string{
			"CREATE FOREIGN DATA WRAPPER w", "CREATE SERVER s FOREIGN DATA WRAPPER w",
			"CREATE TABLE p (k int) PARTITION BY LIST (k)", "CREATE FOREIGN TABLE p1 PARTITION OF p FOR VALUES IN (1) SERVER s",
		},
		dialect.Name{Name: "p"}, `public.p virtual "public"."p" row= unique=[] also=[public.p1] noimages=(a table with a partition at another server)
  k "k" [integer] compared
`,
	},
	{
		"heirs", []string{"CREATE TABLE a (x int PRIMARY KEY)", "CREATE TABLE b (y int)", "CREATE TABLE c () INHERITS (a)", "CREATE TABLE d () INHERITS (c, b)", "CREATE TABLE e () INHERITS (b)"},
		dialect.Name{Name: "a"}, `public.a plain "public"."a" row= unique=[] primary=[0] noimages=(the rows of the tables that inherit from it are among its own)
  x "x" [integer] compared notnull
  relative public.c
  relative public.d
  relative public.b
`,
	},
	{
		"an heir", []string{"CREATE TABLE a (x int)", "CREATE TABLE b (y int)", "CREATE TABLE c () INHERITS (a)", "CREATE UNLOGGED TABLE d () INHERITS (c, b)", "CREATE TABLE e () INHERITS (b)"},
		dialect.Name{Name: "c"}, `public.c plain "public"."c" row= unique=[] uncached=(an unlogged table, which a crash empties) noimages=(the rows of the tables that inherit from it are among its own)
  x "x" [integer] compared
  relative public.d
  relative public.a
  relative public.b
`,
	},
	{
		"a cast that may write", []string{
			"CREATE TABLE log (a int)", "CREATE TYPE pair AS (a int, b int)",
			"CREATE FUNCTION to_pair(int) RETURNS pair LANGUAGE plpgsql AS $$ BEGIN DELETE FROM log; RETURN ROW(1, 2)::pair; END $$", "CREATE CAST (int AS pair) WITH FUNCTION to_pair(int)",
		},
		dialect.Name{Name: "log"}, `public.log plain "public"."log" row= unique=[] uncached=(the cast integer to pair is by a function that may read tables) noimages=(the cast integer to pair is by a function that may read tables)
  a "a" [integer] compared
  trigger the cast integer to pair on insert: select[] calls[to_pair]
  trigger the cast integer to pair on update: select[] calls[to_pair]
  trigger the cast integer to pair on delete: select[] calls[to_pair]
`,
	},
	{
		"a cast that may read", []string{
			"CREATE TYPE pair AS (a int, b int)", "CREATE FUNCTION to_pair(int) RETURNS pair LANGUAGE sql STABLE AS 'SELECT ROW(1, 2)::pair'",
			"CREATE CAST (int AS pair) WITH FUNCTION to_pair(int) AS ASSIGNMENT", "CREATE TABLE t (a pair)",
		},
		dialect.Name{Name: "t"}, `public.t plain "public"."t" row= unique=[] uncached=(the cast integer to pair is by a function that may read tables)
  a "a" [pair]
`,
	},
	{
		"a domain's condition that may write", []string{
			"CREATE TABLE log (a int)", writer, "CREATE DOMAIN d AS int CHECK (writer(VALUE) > 0)", "CREATE TABLE t (a text)",
		},
		dialect.Name{Name: "t"}, `public.t plain "public"."t" row= unique=[] uncached=(a domain's condition is by a function that may read tables) noimages=(a domain's condition is by a function that may read tables)
  a "a" [text] compared "pg_catalog"."default"
  trigger a domain's condition on insert: select[] calls[writer]
  trigger a domain's condition on update: select[] calls[writer]
  trigger a domain's condition on delete: select[] calls[writer]
`,
	},
	{"a table of the system", nil, dialect.Name{Name: "pg_class"}, `pg_catalog.pg_class system "pg_catalog"."pg_class" row= unique=[] noimages=(a table of PostgreSQL's own)
`},
	{"a view of the system", nil, dialect.Name{Schema: "information_schema", Name: "tables"}, `information_schema.tables system "information_schema"."tables" row= unique=[] noimages=(a table of PostgreSQL's own)
`},
}
