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
}
