package integration

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// writeMaker makes random writes of two tables.
type writeMaker struct{ *rand.Rand }

func (m writeMaker) of(list ...string) string { return list[m.IntN(len(list))] }

// value is one of few, in the forms that SQLite may or may not find equal.
func (m writeMaker) value() string {
	return m.of("1", "2", "3", "4", "'1'", "'2'", "2.0", "'2.0'", "'a'", "'A'", "'b'", "'b '", "x'61'", "NULL", "1.5", "9007199254740993", "9007199254740992.0", "-1")
}

func (m writeMaker) column() string { return m.of("a", "b", "c", "d") }

func (m writeMaker) condition(alias string) string {
	col := func() string { return alias + m.column() }
	return m.of(
		col()+" = "+m.value(), col()+" IN ("+m.value()+", "+m.value()+")", col()+" > "+m.value(), col()+" IS NULL",
		col()+" IN (SELECT "+m.column()+" FROM u)", "EXISTS (SELECT 1 FROM u WHERE u.a = "+col()+")",
		alias+"id IN (SELECT id FROM t ORDER BY "+m.column()+" LIMIT 2)", col()+" = (SELECT max("+m.column()+") FROM t)", "1",
	)
}

func (m writeMaker) rows(width int) string {
	var rows []string
	for range 1 + m.IntN(3) {
		values := make([]string, width)
		for i := range values {
			values[i] = m.value()
		}
		rows = append(rows, "("+strings.Join(values, ", ")+")")
	}
	return strings.Join(rows, ", ")
}

func (m writeMaker) write() string {
	var text string
	switch m.IntN(4) {
	case 0:
		list := m.of("(a, b, c, d)", "(id, a, b, c)", "(d, c, b, a)", "(b, d, c, id)")
		text = "INSERT " + m.of("", "", "OR IGNORE ", "OR REPLACE ") + "INTO t " + list + " "
		if m.IntN(3) == 0 {
			text += "SELECT " + m.of("a, b, c, d", "NULL, a, b, c", "b, b, a, NULL") + " FROM u WHERE " + m.condition("u.")
		} else {
			text += "VALUES " + m.rows(4)
		}
		if m.IntN(3) > 0 {
			text += " ON CONFLICT (" + m.of("a", "b", "c, d", "d, c", "id") + ") DO " +
				m.of("NOTHING", "UPDATE SET b = excluded.b", "UPDATE SET a = excluded.a, d = "+m.value(), "UPDATE SET id = excluded.id, c = "+m.value()+" WHERE t.d IS NOT excluded.d")
		}
	case 1:
		text = "UPDATE " + m.of("", "", "OR IGNORE ", "OR REPLACE ") + "t SET " + m.column() + " = " +
			m.of(m.value(), m.column(), "(SELECT "+m.column()+" FROM u LIMIT 1)") + m.of("", ", id = id + 10", ", "+"d = d") + " WHERE " + m.condition("t.")
	case 2:
		text = "UPDATE t AS x SET " + m.column() + " = y." + m.column() + " FROM " + m.of("u AS y", "(SELECT * FROM u LIMIT 2) AS y", "u AS z LEFT JOIN u AS y ON y.a = z.b") +
			" WHERE " + m.condition("x.") + " AND " + m.condition("y.")
		if strings.Contains(text, "u AS z") {
			text = strings.ReplaceAll(text, "y.id", "z.id")
		}
	default:
		text = m.of("", "WITH w AS (SELECT a FROM u) ") + "DELETE FROM t WHERE " + m.condition("t.")
	}
	if m.IntN(4) == 0 {
		text += " RETURNING " + m.of("*", "id, b", "a || b AS c")
	}
	return text
}

// Random writes in all their forms, over keys of every kind: after each, every
// read says what the database says.
func TestWritesAtRandom(t *testing.T) {
	t.Parallel()
	m := writeMaker{rand.New(rand.NewPCG(3, 5))}
	done, hits, checks := 0, 0, 0
	for range 10 {
		s := newCachedSQLite(t, nil)
		schema := []string{
			"CREATE TABLE t (id INTEGER PRIMARY KEY, a " + m.of("INT", "REAL", "", "NUMERIC") + m.of(" UNIQUE", " UNIQUE DEFAULT 2") + ", b " + m.of("TEXT", "TEXT COLLATE NOCASE", "TEXT COLLATE RTRIM") + " UNIQUE, c " + m.of("INT", "TEXT", "") + ", d " + m.of("INT", "TEXT COLLATE NOCASE", "") + ", UNIQUE (c, d))",
			"CREATE TABLE u (id INTEGER PRIMARY KEY, a, b, c, d, t INT REFERENCES t (id) ON DELETE SET NULL ON UPDATE CASCADE)",
			"CREATE TABLE log (id INTEGER PRIMARY KEY, a, t INT)",
			m.of("SELECT 1", "CREATE UNIQUE INDEX i ON t (b COLLATE BINARY)", "CREATE UNIQUE INDEX i ON t (c) WHERE d = 1", "CREATE UNIQUE INDEX i ON t (lower(c))"),
			m.of("SELECT 1", "CREATE TRIGGER x AFTER "+m.of("INSERT", "UPDATE", "DELETE")+" ON t BEGIN "+m.of("INSERT INTO log (a, t) VALUES (1, 1)", "UPDATE t SET d = 1 WHERE id = 2", "DELETE FROM log WHERE t = 1", "SELECT RAISE(IGNORE) WHERE random() IS NULL")+"; END"),
		}
		exec(t, s.bare, schema...)
		reads := []string{"SELECT count(*) FROM log WHERE t = 1", "SELECT group_concat(t) FROM u WHERE t IS NULL", "SELECT group_concat(id) FROM u WHERE t = 1"}
		for _, column := range []string{"id", "a", "b", "c", "d"} {
			for _, v := range []string{"1", "2", "'a'", "'b'", "1.5", "x'61'", "'2.0'", "11", "9007199254740992"} {
				reads = append(reads, fmt.Sprintf("SELECT group_concat(quote(id) || quote(a) || quote(b) || quote(c) || quote(d)) FROM t WHERE %s = %s", column, v))
			}
			reads = append(reads, fmt.Sprintf("SELECT group_concat(quote(id) || quote(a)) FROM t WHERE %s IS NULL", column))
		}
		for range 30 {
			refill(t, s, "INSERT OR IGNORE INTO t (a, b, c, d) VALUES "+m.rows(4)+", "+m.rows(4),
				"INSERT INTO u (a, b, c, d, t) SELECT 1, 'a', 2, NULL, id FROM t ORDER BY random() LIMIT 1", "DELETE FROM u WHERE id < (SELECT max(id) - 4 FROM u)")
			for _, q := range reads {
				s.read(t, q)
			}
			write := m.write()
			if err := runWrite(context.Background(), s.cached, write, nil); err == nil {
				done++
			}
			for _, q := range reads {
				want, _ := readWith(context.Background(), t, s, s.bare, q)
				got, hit := s.read(t, q)
				if got != want {
					t.Fatalf("STALE after %s: %s: %q, the database has %q\n%s", write, q, got, want, strings.Join(schema, "\n"))
				}
				checks++
				if hit {
					hits++
				}
			}
		}
	}
	t.Logf("%d writes, %d hits in %d reads", done, hits, checks)
	if done < 100 || hits < checks/4 {
		t.Errorf("only %d writes passed, with %d hits in %d reads", done, hits, checks)
	}
}
