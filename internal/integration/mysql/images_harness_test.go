package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cacheops/cacheops"
)

// imageSchema has two tables with rows of several shelves, one without a key.
var imageSchema = []string{
	"CREATE TABLE goods (id int PRIMARY KEY, shelf int, code varchar(20) UNIQUE, n int DEFAULT 0)",
	"INSERT INTO goods VALUES (1, 1, 'a', 10), (2, 1, 'b', 20), (3, 2, 'c', 30), (4, 3, 'd', 40), (5, 4, 'e', 50)",
	"CREATE TABLE moves (good int, shelf int, amount int)",
	"INSERT INTO moves VALUES (1, 2, 1), (3, 1, 2), (3, 1, 2), (99, 9, 9)",
}

// ofMoves reads the table without a key.
const ofMoves = "SELECT sum(amount) FROM moves WHERE shelf = 1"

// onShelf reads the goods of a shelf.
func onShelf(n int) string {
	return fmt.Sprintf("SELECT id * 1000 + n FROM goods WHERE shelf = %d ORDER BY id", n)
}

// imageShop is a database with imageSchema in it, and more.
func imageShop(t *testing.T, mode string, more ...string) *cachedMySQL {
	t.Helper()
	s := newCachedMySQL(t, mode, nil)
	exec(t, s.bare, imageSchema...)
	exec(t, s.bare, more...)
	return s
}

// imageReads are queries with what they returned before something was written.
type imageReads map[string]string

// fill has the cache answer these queries.
func (s *cachedMySQL) fill(t *testing.T, queries ...string) imageReads {
	t.Helper()
	r := make(imageReads)
	for _, q := range queries {
		r[q], _ = s.read(t, q)
		s.want(t, r[q], true, q)
	}
	return r
}

// check compares the queries with the bare handle: those dropped must have changed,
// all others must be answered by the cache still.
func (r imageReads) check(t *testing.T, s *cachedMySQL, dropped ...string) {
	t.Helper()
	for q, before := range r {
		want, _ := s.readWith(t.Context(), t, s.bare, q)
		got, hit := s.read(t, q)
		gone := slices.Contains(dropped, q)
		switch {
		case got != want:
			t.Errorf("STALE: %s: %q, the database has %q", q, got, want)
		case gone && want == before:
			t.Errorf("%s is as it was: %q", q, want)
		case !gone && !hit:
			t.Errorf("PRECISION: %s was dropped; last reason: %v", q, s.lastReason.Load())
		}
	}
}

// imageCase is a write, with reads that it must drop and reads that it must keep.
type imageCase struct {
	name   string
	schema []string // beside imageSchema
	write  string
	args   []any
	drops  []string // their rows change
	keeps  []string // answered by the cache afterwards
	fails  bool
}

// checkImages runs each write by itself and in a transaction of the program, in each
// mode. Those with one schema take turns in a database.
func checkImages(t *testing.T, cases []imageCase) {
	t.Helper()
	var schemas [][]string
	for _, tt := range cases {
		if !slices.ContainsFunc(schemas, func(s []string) bool { return slices.Equal(s, tt.schema) }) {
			schemas = append(schemas, tt.schema)
		}
	}
	for i, schema := range schemas {
		for _, inTx := range []bool{false, true} {
			t.Run(fmt.Sprintf("schema %d, in a transaction: %v", i, inTx), func(t *testing.T) {
				t.Parallel()
				eachMode(t, func(t *testing.T, mode string) {
					s := imageShop(t, mode, schema...)
					for _, tt := range cases {
						if slices.Equal(schema, tt.schema) {
							t.Run(tt.name, func(t *testing.T) { tt.check(t, s, inTx) })
						}
					}
				})
			})
		}
	}
}

// refill puts the rows of a schema back, and the numbers that are next.
func (s *cachedMySQL) refill(t *testing.T, schema []string) {
	t.Helper()
	name := database(t, s.dsn)
	tables, err := server.SQL(name, "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE'")
	if err != nil {
		t.Fatal(err)
	}
	text := "SET foreign_key_checks = 0"
	for table := range strings.SplitSeq(tables, "\n") {
		text += "; TRUNCATE `" + strings.ReplaceAll(table, "`", "``") + "`"
	}
	text += "; SET foreign_key_checks = 1"
	for _, statement := range slices.Concat(imageSchema, schema) {
		if strings.HasPrefix(statement, "INSERT") {
			text += "; " + statement
		}
	}
	if _, err := server.SQL(name, text); err != nil {
		t.Fatal(err)
	}
	s.forget(t)
}

func (tt *imageCase) check(t *testing.T, s *cachedMySQL, inTx bool) {
	t.Helper()
	ctx := t.Context()
	s.refill(t, tt.schema)
	before := s.fill(t, slices.Concat(tt.drops, tt.keeps)...)
	var err error
	if inTx {
		err = inImageTx(ctx, s.cached, func(tx *sql.Tx) error { return runImageWrite(ctx, tx, tt.write, tt.args) })
	} else {
		err = runImageWrite(ctx, s.cached, tt.write, tt.args)
	}
	if (err != nil) != tt.fails {
		t.Fatalf("%s: %v", tt.write, err)
	}
	before.check(t, s, tt.drops...)
}

func inImageTx(ctx context.Context, db *sql.DB, f func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// imageDB is a *sql.DB, *sql.Conn or *sql.Tx.
type imageDB interface {
	querier
	executor
}

// runImageWrite runs a write as a program does: as a query where it returns rows.
func runImageWrite(ctx context.Context, db imageDB, write string, args []any) error {
	if !strings.Contains(write, " RETURNING ") {
		_, err := db.ExecContext(ctx, write, args...)
		return err
	}
	rows, err := db.QueryContext(ctx, write, args...)
	if err != nil {
		return err
	}
	for rows.Next() { // to the end
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return rows.Close()
}

// rival is a session that another one can be seen to wait for.
type rival struct {
	*sql.Tx
	t *testing.T
	s *cachedMySQL
}

// rival begins a transaction on the bare handle.
func (s *cachedMySQL) rival(t *testing.T) *rival {
	t.Helper()
	tx, err := s.bare.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return &rival{Tx: tx, t: t, s: s}
}

func (o *rival) exec(statements ...string) {
	o.t.Helper()
	for _, text := range statements {
		if _, err := o.ExecContext(o.t.Context(), text); err != nil {
			o.t.Fatalf("%s: %v", text, err)
		}
	}
}

func (o *rival) commit() {
	o.t.Helper()
	if err := o.Commit(); err != nil {
		o.t.Fatal(err)
	}
}

// lockWait finds in InnoDB's status the numbers of the connections that wait for the lock
// of a row.
var lockWait = regexp.MustCompile(`LOCK WAIT [^\n]*\n(?:MySQL|MariaDB) thread id (\d+)`)

// awaitLocks returns once n sessions of the database wait for a lock of a row or of a
// table. It does not ask INNODB_TRX: the server renews what that shows only where nobody
// has looked at it for a while.
func (s *cachedMySQL) awaitLocks(t *testing.T, n int) {
	t.Helper()
	for t.Context().Err() == nil {
		var kind, name, status string
		if err := s.bare.QueryRowContext(t.Context(), "SHOW ENGINE INNODB STATUS").Scan(&kind, &name, &status); err != nil {
			t.Fatal(err)
		}
		waiting := "0"
		for _, found := range lockWait.FindAllStringSubmatch(status, -1) {
			waiting += ", " + found[1]
		}
		got := 0
		err := s.bare.QueryRowContext(t.Context(), "SELECT count(*) FROM information_schema.PROCESSLIST"+
			" WHERE DB = DATABASE() AND (ID IN ("+waiting+") OR STATE LIKE 'Waiting for table%')").Scan(&got)
		if err != nil {
			t.Fatal(err)
		}
		if got >= n {
			return
		}
	}
	t.Fatalf("no %d sessions came to wait for a lock", n)
}

// forget drops everything: what a rival commits is not told to the cache.
func (s *cachedMySQL) forget(t *testing.T) {
	t.Helper()
	if err := s.cache.Database("main").Invalidate(t.Context(), cacheops.All()); err != nil {
		t.Fatal(err)
	}
}

// inBackground runs f on a goroutine. What it returns waits for its end.
func inBackground(f func() error) (wait func() error) {
	done := make(chan error, 1)
	go func() { done <- f() }()
	return func() error { return <-done }
}
