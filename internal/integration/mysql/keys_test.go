package mysql

import "testing"

// TestKeysOfTimes: a driver that makes times of dates shows two that differ as one, where
// a clock is put forward or where there is no such date. A key that changes from the one
// to the other changes the children's all the same.
func TestKeysOfTimes(t *testing.T) {
	t.Parallel()
	for _, c := range []keysCase{
		{name: "a clock that is put forward", mode: "parseTime=true&loc=Europe%2FBerlin", schema: []string{
			"CREATE TABLE p (id int PRIMARY KEY, d datetime UNIQUE)", "CREATE TABLE c (id int PRIMARY KEY, d datetime, FOREIGN KEY (d) REFERENCES p (d) ON UPDATE CASCADE)",
			"INSERT INTO p VALUES (1, '2026-03-29 02:30:00')", "INSERT INTO c VALUES (1, '2026-03-29 02:30:00')",
		}, texts: []string{"UPDATE p SET d = '2026-03-29 03:30:00' WHERE id = 1"}},
		{name: "the date of zeros", mode: "parseTime=true&sql_mode=%27%27", schema: []string{
			"CREATE TABLE p (id int PRIMARY KEY, d date UNIQUE)", "CREATE TABLE c (id int PRIMARY KEY, d date, FOREIGN KEY (d) REFERENCES p (d) ON UPDATE CASCADE)",
			"INSERT INTO p VALUES (1, '0000-00-00')", "INSERT INTO c VALUES (1, '0000-00-00')",
		}, texts: []string{"UPDATE p SET d = '0001-01-01' WHERE id = 1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.check(t, false)
		})
	}
}

// TestKeysOfOtherTypes: InnoDB compares the columns of a foreign key as they are stored. It
// takes for one type what the server compares otherwise.
func TestKeysOfOtherTypes(t *testing.T) {
	t.Parallel()
	for _, c := range []keysCase{
		{name: "decimals of other scales", schema: []string{
			"CREATE TABLE p (id int PRIMARY KEY, k decimal(4,2) UNIQUE)", "CREATE TABLE c (id int PRIMARY KEY, k decimal(4,0), FOREIGN KEY (k) REFERENCES p (k) ON DELETE CASCADE)",
			"INSERT INTO p VALUES (1, 4.34)", "INSERT INTO c VALUES (1, 1058)",
		}, texts: []string{"DELETE FROM p WHERE id = 1"}},
		{name: "words of another list, and years", schema: []string{
			"CREATE TABLE p (id int PRIMARY KEY, k enum('a', 'b') UNIQUE, y year UNIQUE)", "CREATE TABLE c (id int PRIMARY KEY, k enum('x', 'y', 'a'), FOREIGN KEY (k) REFERENCES p (k) ON DELETE CASCADE)",
			"CREATE TABLE g (id int PRIMARY KEY, k tinyint unsigned, FOREIGN KEY (k) REFERENCES p (y) ON DELETE SET NULL)",
			"INSERT INTO p VALUES (1, 'a', 2026), (2, 'b', 2027)", "INSERT INTO c VALUES (1, 'x'), (2, 'y')", "INSERT INTO g VALUES (1, 126), (2, 127)",
		}, texts: []string{"DELETE FROM p WHERE id = 1", "DELETE FROM p WHERE id > 1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.check(t, false)
		})
	}
}
