package mysql

// catalogCases are schemas, with what the catalog must say of a table.
var catalogCases = []struct {
	name   string
	schema []string
	table  string
	want   string
}{
	{name: "columns", table: "t", schema: []string{
		"CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, Name varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT 'x', b text CHARACTER SET latin1, u int unsigned, " +
			"v int AS (u + 1) VIRTUAL, w int AS (u + 2) STORED UNIQUE, e enum('a', 'b') CHARACTER SET latin1, ts timestamp(3) DEFAULT current_timestamp(3) ON UPDATE current_timestamp(3), " +
			"inv int INVISIBLE DEFAULT 5, d decimal(10,2), p varchar(30) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, UNIQUE (Name), UNIQUE (p(5)))",
	}, want: "t plain `t` row=`id` unique=[[0] [1] [5]] primary=[0] otherunique numbers=0/1\n" +
		"  id `id` [int(11)] compared notnull default\n" +
		"  name `Name` [varchar(20)] compared notnull default utf8mb4_bin\n" +
		"  b `b` [text] compared latin1_swedish_ci\n" +
		"  u `u` [int(10) unsigned] compared\n" +
		"  v `v` [int(11)] compared generated\n" +
		"  w `w` [int(11)] compared generated\n" +
		"  e `e` [enum('a','b')] compared latin1_swedish_ci\n" +
		"  ts `ts` [timestamp(3)] compared default generated\n" +
		"  d `d` [decimal(10,2)] compared\n" +
		"  p `p` [varchar(30)] compared utf8mb4_bin\n"},
	{name: "child", table: "c", schema: []string{
		"CREATE TABLE p (id int PRIMARY KEY, a int, b int, UNIQUE (a, b))",
		"CREATE TABLE c (id int, t varchar(5) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, pid int, x int, y int, PRIMARY KEY (id, t), FOREIGN KEY (pid) REFERENCES p (id) ON DELETE CASCADE ON UPDATE SET NULL, FOREIGN KEY (x, y) REFERENCES p (a, b))",
	}, want: "c plain `c` row=CONCAT_WS(',', `id`, HEX(`t`)) unique=[[0 1]] primary=[0 1]\n" +
		"  id `id` [int(11)] compared notnull\n" +
		"  t `t` [varchar(5)] compared notnull utf8mb4_bin\n" +
		"  pid `pid` [int(11)] compared\n" +
		"  x `x` [int(11)] compared\n" +
		"  y `y` [int(11)] compared\n" +
		"  fk [2] -> p[id] delete=cascade update=set null\n" +
		"  fk [3 4] -> p[a b] delete=none update=none\n"},
	{name: "a view", table: "v", schema: []string{
		"CREATE TABLE p (id int PRIMARY KEY, a varchar(9), secret int INVISIBLE)", "CREATE VIEW v AS SELECT id, a AS b FROM p WHERE a = 'it''s \\\\'",
	}, want: "v view `v` row= unique=[] noimages=(a view)\n" +
		"  id `id` [int(11)] notnull\n" +
		"  b `b` [varchar(9)] utf8mb4_general_ci\n" +
		"  view select of [p]\n" +
		"  view columns [\"id\" \"b\"]\n"},
	{name: "a view of a view that is gone", table: "v", schema: []string{"CREATE TABLE p (id int)", "CREATE VIEW w AS SELECT * FROM p", "CREATE VIEW v AS SELECT id FROM w", "DROP TABLE p"}, want: "v view `v` row= unique=[] noimages=(a view)\n" +
		"  view select of [w]\n"},
	{name: "a view with a character that cannot be shown", table: "v", schema: []string{"CREATE TABLE p (id int, a varchar(9) CHARACTER SET utf8mb4)", "CREATE VIEW v AS SELECT id FROM p WHERE a = '😀'"}, want: "v view `v` row= unique=[] noimages=(a view)\n" +
		"  id `id` [int(11)]\n" +
		"  view columns [\"id\"]\n"},
	{name: "a view of another sql_mode", table: "v", schema: []string{"CREATE TABLE p (id int, a varchar(9))", "SET sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT'", "CREATE VIEW v AS SELECT \"id\" FROM p WHERE a = 'x' || \"id\"", "SET sql_mode = DEFAULT"}, want: "v view `v` row= unique=[] noimages=(a view)\n" +
		"  id `id` [int(11)]\n" +
		"  view select of [p]\n" +
		"  view columns [\"id\"]\n"},
	{name: "MyISAM", table: "t", schema: []string{"CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY) ENGINE = MyISAM"}, want: "t plain `t` row=`id` unique=[[0]] primary=[0] norollback noimages=(a table of the engine MyISAM, which has no transactions)\n" +
		"  id `id` [int(11)] compared notnull default\n"},
	{name: "Aria", table: "t", schema: []string{"CREATE TABLE t (id int PRIMARY KEY) ENGINE = Aria"}, want: "t plain `t` row=`id` unique=[[0]] primary=[0] norollback noimages=(a table of the engine Aria, which has no transactions)\n" +
		"  id `id` [int(11)] compared notnull\n"},
	{name: "MEMORY", table: "t", schema: []string{"CREATE TABLE t (id int PRIMARY KEY) ENGINE = MEMORY"}, want: "t plain `t` row=`id` unique=[[0]] primary=[0] norollback uncached=(a table of the engine MEMORY, which is empty when the server starts) noimages=(a table of the engine MEMORY, which has no transactions)\n" +
		"  id `id` [int(11)] compared notnull\n"},
	{name: "MERGE", table: "t", schema: []string{"CREATE TABLE m (id int) ENGINE = MyISAM", "CREATE TABLE t (id int) ENGINE = MERGE UNION = (m) INSERT_METHOD = LAST"}, want: "t virtual `t` row= unique=[] noimages=(a table of the engine MRG_MyISAM)\n" +
		"  id `id` [int(11)]\n"},
	{name: "CSV", table: "t", schema: []string{"CREATE TABLE t (id int NOT NULL) ENGINE = CSV"}, want: "t plain `t` row= unique=[] norollback uncached=(a table of the engine CSV, whose file may be written by others) noimages=(a table of the engine CSV, which has no transactions)\n" +
		"  id `id` [int(11)] compared notnull\n"},
	{name: "a sequence", table: "s", schema: []string{"CREATE SEQUENCE s"}, want: "s virtual `s` row= unique=[] noimages=(a sequence)\n" +
		"  next_not_cached_value `next_not_cached_value` [bigint(21)] notnull\n" +
		"  minimum_value `minimum_value` [bigint(21)] notnull\n" +
		"  maximum_value `maximum_value` [bigint(21)] notnull\n" +
		"  start_value `start_value` [bigint(21)] notnull\n" +
		"  increment `increment` [bigint(21)] notnull\n" +
		"  cache_size `cache_size` [bigint(21) unsigned] notnull\n" +
		"  cycle_option `cycle_option` [tinyint(1) unsigned] notnull\n" +
		"  cycle_count `cycle_count` [bigint(21)] notnull\n"},
	{name: "a temporary table", table: "p", schema: []string{"CREATE TABLE p (id int)", "CREATE TEMPORARY TABLE p (x int)", "DROP TEMPORARY TABLE p"}, want: "p plain `p` row= unique=[]\n" +
		"  id `id` [int(11)] compared\n"},
	{name: "versioned", table: "t", schema: []string{"CREATE TABLE t (id int PRIMARY KEY, a int) WITH SYSTEM VERSIONING"}, want: "t plain `t` row=`id` unique=[[0]] primary=[0]\n" +
		"  id `id` [int(11)] compared notnull\n" +
		"  a `a` [int(11)] compared\n"},
	{name: "versioned by columns", table: "t", schema: []string{"CREATE TABLE t (id int PRIMARY KEY, a int, s timestamp(6) GENERATED ALWAYS AS ROW START, e timestamp(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (s, e)) WITH SYSTEM VERSIONING"}, want: "t plain `t` row=`id` unique=[[0]] primary=[0]\n" +
		"  id `id` [int(11)] compared notnull\n" +
		"  a `a` [int(11)] compared\n" +
		"  s `s` [timestamp(6)] compared notnull generated\n" +
		"  e `e` [timestamp(6)] compared notnull generated\n"},
	{name: "periods", table: "t", schema: []string{"CREATE TABLE t (id int NOT NULL, s date, e date, PERIOD FOR p (s, e), UNIQUE (id, p WITHOUT OVERLAPS))"}, want: "t plain `t` row= unique=[[0 2 1]]\n" +
		"  id `id` [int(11)] compared notnull\n" +
		"  s `s` [date] compared notnull\n" +
		"  e `e` [date] compared notnull\n"},
	{name: "partitions", table: "t", schema: []string{"CREATE TABLE t (id int PRIMARY KEY, a int) PARTITION BY HASH (id) PARTITIONS 3"}, want: "t plain `t` row=`id` unique=[[0]] primary=[0]\n" +
		"  id `id` [int(11)] compared notnull\n" +
		"  a `a` [int(11)] compared\n"},
	{name: "a virtual column that is no function of the row", table: "t", schema: []string{"CREATE TABLE t (id int PRIMARY KEY, a int, b int AS (a + CONNECTION_ID()) VIRTUAL)"}, want: "t plain `t` row=`id` unique=[[0]] primary=[0] uncached=(a generated column is not known to be a function of the row) noimages=(a generated column is not known to be a function of the row)\n" +
		"  id `id` [int(11)] compared notnull\n" +
		"  a `a` [int(11)] compared\n" +
		"  b `b` [int(11)] generated\n"},
	{name: "keys of many kinds", table: "t", schema: []string{
		"CREATE TABLE t (a varbinary(9) NOT NULL, b datetime NOT NULL, c text CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, d int INVISIBLE, e int NOT NULL, PRIMARY KEY (b, a), UNIQUE (a), UNIQUE (c), UNIQUE (e, d), UNIQUE (b DESC))",
	}, want: "t plain `t` row= unique=[[1 0] [0] [1] [2]] primary=[1 0] otherunique\n" +
		"  a `a` [varbinary(9)] compared notnull\n" +
		"  b `b` [datetime] compared notnull\n" +
		"  c `c` [text] compared utf8mb4_bin\n" +
		"  e `e` [int(11)] compared notnull\n"},
	{name: "a key of bytes", table: "t", schema: []string{"CREATE TABLE t (a binary(16) PRIMARY KEY, b bigint unsigned)"}, want: "t plain `t` row=HEX(`a`) unique=[[0]] primary=[0]\n" +
		"  a `a` [binary(16)] compared notnull\n" +
		"  b `b` [bigint(20) unsigned] compared\n"},
	{name: "defaults", table: "t", schema: []string{
		"CREATE SEQUENCE s", "CREATE TABLE t (id int PRIMARY KEY DEFAULT NEXTVAL(s), a int DEFAULT (id + 1), b int DEFAULT NULL, c int, d int NOT NULL)",
	}, want: "t plain `t` row=`id` unique=[[0]] primary=[0]\n" +
		"  id `id` [int(11)] compared notnull default\n" +
		"  a `a` [int(11)] compared default\n" +
		"  b `b` [int(11)] compared\n" +
		"  c `c` [int(11)] compared\n" +
		"  d `d` [int(11)] compared notnull\n"},
	{name: "keys between tables of one name in other letters", table: "Child", schema: []string{
		"CREATE TABLE Parent (Id int PRIMARY KEY)", "CREATE TABLE Child (PID int, FOREIGN KEY (pid) REFERENCES Parent (ID) ON DELETE SET NULL)",
	}, want: "child plain `Child` row= unique=[]\n" +
		"  pid `PID` [int(11)] compared\n" +
		"  fk [0] -> Parent[Id] delete=set null update=none\n"},
	{name: "a key to itself", table: "t", schema: []string{"CREATE TABLE t (id int PRIMARY KEY, up int, FOREIGN KEY (up) REFERENCES t (id) ON DELETE CASCADE)"}, want: "t plain `t` row=`id` unique=[[0]] primary=[0]\n" +
		"  id `id` [int(11)] compared notnull\n" +
		"  up `up` [int(11)] compared\n" +
		"  fk [1] -> t[id] delete=cascade update=none\n"},
	{name: "a column of a key that SELECT * leaves out", table: "t", schema: []string{"CREATE TABLE p (id int PRIMARY KEY)", "CREATE TABLE t (id int PRIMARY KEY, up int INVISIBLE, FOREIGN KEY (up) REFERENCES p (id) ON DELETE CASCADE)"}, want: "t plain `t` row=`id` unique=[[0]] primary=[0] noimages=(a column of its foreign key is not in SELECT *, or may not be seen)\n" +
		"  id `id` [int(11)] compared notnull\n" +
		"  fk [-1] -> p[id] delete=cascade update=none\n"},
	{name: "no foreign keys in MyISAM", table: "t", schema: []string{"CREATE TABLE p (id int PRIMARY KEY) ENGINE = MyISAM", "CREATE TABLE t (id int PRIMARY KEY, up int, FOREIGN KEY (up) REFERENCES p (id) ON DELETE CASCADE) ENGINE = MyISAM"}, want: "t plain `t` row=`id` unique=[[0]] primary=[0] norollback noimages=(a table of the engine MyISAM, which has no transactions)\n" +
		"  id `id` [int(11)] compared notnull\n" +
		"  up `up` [int(11)] compared\n"},
	{name: "triggers", table: "t", schema: []string{
		"CREATE TABLE t (id int, a int)", "CREATE TABLE log (id int)", "CREATE FUNCTION f() RETURNS int BEGIN DELETE FROM log; RETURN 1; END", "CREATE PROCEDURE pr(x int) BEGIN SET x = 1; UPDATE log SET id = x; END",
		"CREATE TRIGGER t1 BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1", "CREATE TRIGGER t2 AFTER INSERT ON t FOR EACH ROW BEGIN IF NEW.a THEN INSERT INTO log VALUES (NEW.id); END IF; END",
		"CREATE TRIGGER t3 AFTER UPDATE ON t FOR EACH ROW CALL pr(1)", "CREATE TRIGGER t4 BEFORE DELETE ON t FOR EACH ROW SET @x = f()",
		"SET sql_mode = 'ANSI_QUOTES'", "CREATE TRIGGER t5 AFTER DELETE ON t FOR EACH ROW INSERT INTO \"log\" VALUES (1)", "SET sql_mode = DEFAULT",
	}, want: "t plain `t` row= unique=[]\n" +
		"  id `id` [int(11)] compared\n" +
		"  a `a` [int(11)] compared\n" +
		"  trigger t1 on insert: idle before\n" +
		"  trigger t2 on insert: insert[log]\n" +
		"  trigger t3 on update: idle update[log]\n" +
		"  trigger t4 on delete: idle before select[] calls[f]\n" +
		"  trigger t5 on delete: anything\n"},
}
