package mysql

import (
	"testing"

	"github.com/cacheops/cacheops/internal/mysqltest"
)

// digestSchema is what the statements of TestDigest change.
var digestSchema = []string{
	"CREATE TABLE p (id int PRIMARY KEY, a varchar(20), b int DEFAULT 1)", "CREATE TABLE c (id int PRIMARY KEY, p int)", "CREATE VIEW v AS SELECT id FROM p",
	"CREATE TABLE parted (k int) PARTITION BY HASH (k) PARTITIONS 2", "CREATE TABLE free (a int)", "INSERT INTO p SELECT seq, seq, 1 FROM seq_1_to_1000",
	"CREATE TRIGGER c_insert BEFORE INSERT ON c FOR EACH ROW SET NEW.p = 1", "CREATE FUNCTION f(x int) RETURNS int RETURN 1", "CREATE PROCEDURE pr() DELETE FROM c",
	"CREATE TABLE g (a int, b int AS (a + 1) STORED)", "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO DELETE FROM c",
}

// TestDigest: the digest changes with everything that changes the schema, and with
// little else. The statements follow each other within a second.
func TestDigest(t *testing.T) {
	t.Parallel()
	// On a server of its own: it makes an account.
	own := mysqltest.Start(t)
	dsn := own.NewDatabase(t)
	name := database(t, dsn)
	c, other := openCatalogConn(t, dsn, digestSchema...), openCatalogConn(t, withMode(dsn, scripts))
	c.exec(t, "CREATE USER digest@'127.0.0.1' IDENTIFIED BY 'secret'", "GRANT SELECT ON "+name+".* TO digest@'127.0.0.1'")
	limited := openCatalogConn(t, "digest:secret@tcp("+own.Addr()+")/"+name)

	other.exec(t, "CREATE DATABASE beside")
	before := c.digest(t)
	changes := func(ddl string) {
		t.Helper()
		other.exec(t, ddl)
		digest := c.digest(t)
		if digest == before {
			t.Errorf("%s left the digest as it was", ddl)
		}
		before = digest
	}
	for _, ddl := range []string{
		"CREATE TABLE t (a int)", "DROP TABLE t", "ALTER TABLE p ADD COLUMN x int", "ALTER TABLE p RENAME COLUMN x TO y", "ALTER TABLE p MODIFY y bigint", "ALTER TABLE p MODIFY y bigint unsigned",
		"UPDATE p SET y = 1; ALTER TABLE p MODIFY y bigint NOT NULL", "ALTER TABLE p ALTER y SET DEFAULT 1", "ALTER TABLE p ALTER y SET DEFAULT 2", "ALTER TABLE p ALTER y DROP DEFAULT", "ALTER TABLE p MODIFY y bigint FIRST", "ALTER TABLE p DROP COLUMN y",
		"ALTER TABLE p MODIFY a varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", "ALTER TABLE p MODIFY a varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci", "ALTER TABLE p MODIFY b int INVISIBLE",
		"ALTER TABLE p CONVERT TO CHARACTER SET latin1", "ALTER TABLE g MODIFY b int AS (a + 2) STORED", "ALTER TABLE g DROP b", "ALTER TABLE g ADD b int AS (a + 2) VIRTUAL",
		"CREATE UNIQUE INDEX i ON p (a)", "ALTER TABLE p RENAME INDEX i TO j", "DROP INDEX j ON p", "CREATE UNIQUE INDEX i ON p (a(5))", "CREATE UNIQUE INDEX k ON p (b, a)", "ALTER TABLE p DROP PRIMARY KEY", "ALTER TABLE p ADD PRIMARY KEY (id)",
		"ALTER TABLE p MODIFY id int AUTO_INCREMENT",
		"ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE", "ALTER TABLE c DROP FOREIGN KEY fk", "ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES p (id) ON DELETE SET NULL",
		"ALTER TABLE c DROP FOREIGN KEY fk, ADD CONSTRAINT fk2 FOREIGN KEY (p) REFERENCES p (id) ON UPDATE CASCADE",
		"CREATE TRIGGER tr BEFORE INSERT ON p FOR EACH ROW SET NEW.b = 1", "CREATE OR REPLACE TRIGGER tr BEFORE INSERT ON p FOR EACH ROW SET NEW.b = 2", "CREATE OR REPLACE TRIGGER tr AFTER INSERT ON p FOR EACH ROW SET @b = 2",
		"CREATE OR REPLACE TRIGGER tr AFTER DELETE ON p FOR EACH ROW SET @b = 2", "SET @@sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES'); CREATE OR REPLACE TRIGGER tr AFTER DELETE ON p FOR EACH ROW SET @b = 2; SET sql_mode = DEFAULT", "DROP TRIGGER tr",
		"CREATE OR REPLACE FUNCTION f(x int) RETURNS int RETURN 2", "ALTER FUNCTION f READS SQL DATA", "DROP FUNCTION f", "CREATE OR REPLACE PROCEDURE pr() DELETE FROM p", "DROP PROCEDURE pr",
		"CREATE OR REPLACE VIEW v AS SELECT id + 1 AS id FROM p", "ALTER SQL SECURITY INVOKER VIEW v AS SELECT id + 1 AS id FROM p", "RENAME TABLE v TO v2", "DROP VIEW v2",
		"ALTER TABLE parted REMOVE PARTITIONING", "ALTER TABLE free ENGINE = MyISAM", "ALTER TABLE free ENGINE = InnoDB", "ALTER TABLE free ADD SYSTEM VERSIONING", "ALTER TABLE free ROW_FORMAT = COMPRESSED",
		"ALTER EVENT e ENABLE", "ALTER EVENT e DO DELETE FROM p", "DROP EVENT e", "SET GLOBAL event_scheduler = ON", "CREATE SEQUENCE s", "RENAME TABLE free TO freed",

		// Of other databases: what writes wherever it likes, what is called from anywhere, and foreign keys.
		"CREATE EVENT beside.e ON SCHEDULE EVERY 1 DAY DO DELETE FROM " + name + ".p", "ALTER EVENT beside.e DISABLE", "ALTER EVENT beside.e ON SCHEDULE EVERY 1 DAY ENDS '2037-01-01'", "DROP EVENT beside.e",
		"CREATE FUNCTION called() RETURNS int RETURN 1", "CREATE FUNCTION beside.called() RETURNS int RETURN 2", "CREATE OR REPLACE FUNCTION beside.called() RETURNS int RETURN 3", "DROP FUNCTION beside.called",
		"CREATE PROCEDURE pr(c int) DO 1", "CREATE PROCEDURE beside.pr(a int) DO 1", "CREATE OR REPLACE PROCEDURE beside.pr(b int) DO 1",
		"CREATE TABLE beside.k (id int PRIMARY KEY, p int, FOREIGN KEY (p) REFERENCES " + name + ".p (id) ON DELETE CASCADE)",
		"CREATE TRIGGER beside.tr AFTER INSERT ON beside.k FOR EACH ROW SET @b = 2", "ALTER TABLE beside.k ADD x int", "DROP TABLE beside.k",
	} {
		changes(ddl)
	}
	digest := c.digest(t)
	if got := other.digest(t); got != digest {
		t.Errorf("two connections have other digests:\n%s\n%s", digest, got)
	}
	for _, quiet := range []string{
		"INSERT INTO p (id) SELECT seq FROM seq_2001_to_4000", "UPDATE p SET b = 2", "DELETE FROM p WHERE id > 3000", "ANALYZE TABLE p", "OPTIMIZE TABLE p", "FLUSH TABLES", "SELECT NEXTVAL(s)", "TRUNCATE c",
		"CREATE FUNCTION beside.uncalled() RETURNS int RETURN 1", "DROP FUNCTION beside.uncalled", "CREATE FUNCTION beside.called() RETURNS int RETURN 1",
		"CREATE TEMPORARY TABLE tmp (a int PRIMARY KEY)", "CREATE DATABASE digest_other", "CREATE TABLE digest_other.t (a int)", "DROP DATABASE digest_other", "GRANT INSERT ON *.* TO digest@'127.0.0.1'", "REVOKE INSERT ON *.* FROM digest@'127.0.0.1'",
	} {
		other.exec(t, quiet)
		if got := c.digest(t); got != digest {
			t.Errorf("%s changed the digest:\n%s\n%s", quiet, digest, got)
		}
	}

	before = limited.digest(t)
	for _, grant := range []string{
		"GRANT UPDATE ON " + name + ".* TO digest@'127.0.0.1'", "GRANT TRIGGER ON " + name + ".p TO digest@'127.0.0.1'", "REVOKE TRIGGER ON " + name + ".p FROM digest@'127.0.0.1'",
		"GRANT TRIGGER ON *.* TO digest@'127.0.0.1'", "REVOKE TRIGGER ON *.* FROM digest@'127.0.0.1'", "GRANT INSERT (a) ON " + name + ".p TO digest@'127.0.0.1'",
		"GRANT EVENT ON " + name + ".* TO digest@'127.0.0.1'",
	} {
		other.exec(t, grant)
		// What it may do everywhere a connection learns when it is made.
		limited = openCatalogConn(t, "digest:secret@tcp("+own.Addr()+")/"+name)
		got := limited.digest(t)
		if got == before {
			t.Errorf("%s left the digest of the account as it was", grant)
		}
		before = got
	}
	other.exec(t, "CREATE ROLE readers", "GRANT readers TO digest@'127.0.0.1'")
	limited.exec(t, "SET ROLE readers")
	before = limited.digest(t)
	other.exec(t, "GRANT EVENT ON *.* TO readers")
	limited = openCatalogConn(t, "digest:secret@tcp("+own.Addr()+")/"+name, "SET ROLE readers")
	if limited.digest(t) == before {
		t.Error("a right that a role got left the digest of its member as it was")
	}
}
