package conformance

import (
	"database/sql"
	"strconv"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // two drivers of PostgreSQL: "pgx"
	_ "github.com/lib/pq"              // and "postgres"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/postgres"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/examples/internal/blog"
	"github.com/cacheops/cacheops/internal/pgtest"
)

// Database is what the suite runs on.
type Database struct {
	driver  string
	dialect dialect.Dialect
	// create makes a database with the blog, and returns its data source name.
	create func(t *testing.T) string
}

// SQLite is a file for each part of the suite. The driver "sqlite" must be
// registered.
func SQLite() Database {
	return Database{"sqlite", sqlite.Dialect, func(t *testing.T) string {
		t.Helper()
		dsn, err := blog.Create(t.Context(), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		return dsn
	}}
}

// Postgres makes a database of a server for a test. It is used by a driver, "pgx" or
// "postgres" or another that is registered. Each part of the suite finds the rows as
// they were, so the parts run one after the other.
func Postgres(t *testing.T, server *pgtest.Server, driver string) Database {
	t.Helper()
	dsn := server.NewDatabase(t)
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	create := blog.CreatePostgres
	return Database{driver, postgres.Dialect, func(t *testing.T) string {
		t.Helper()
		if err := create(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		create = blog.ResetPostgres
		return dsn
	}}
}

// Numbered is a statement whose parameters are each a ?, with $1, $2 and so on for
// them, for libraries that pass SQL on as it is.
func Numbered(statement string) string {
	var b strings.Builder
	for n := 1; ; n++ {
		before, after, found := strings.Cut(statement, "?")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteString("$" + strconv.Itoa(n))
		statement = after
	}
}
