package conformance

import (
	"context"
	"database/sql"
	"regexp"
	"strconv"
	"strings"
	"testing"

	_ "github.com/go-sql-driver/mysql" // the driver "mysql"
	_ "github.com/jackc/pgx/v5/stdlib" // two drivers of PostgreSQL: "pgx"
	_ "github.com/lib/pq"              // and "postgres"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/mysql"
	"github.com/cacheops/cacheops/dialect/postgres"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/examples/internal/blog"
	"github.com/cacheops/cacheops/internal/mysqltest"
	"github.com/cacheops/cacheops/internal/pgtest"
)

// Database is what the suite runs on.
type Database struct {
	driver  string
	dialect dialect.Dialect
	// create makes a database with the blog, and returns its data source name.
	create func(t *testing.T) string
	// samples has each write be made in one way with -short, see package sample.
	samples bool
	// coarse are writes of which the database does not tell which row they changed, so
	// that they drop every read of posts.
	coarse []string
}

// SQLite is a file for each part of the suite. The driver "sqlite" must be
// registered.
func SQLite() Database {
	return Database{driver: "sqlite", dialect: sqlite.Dialect, create: func(t *testing.T) string {
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
	return Database{
		driver: driver, dialect: postgres.Dialect, samples: true,
		create: blogOf(t, driver, dsn, blog.CreatePostgres, blog.ResetPostgres),
	}
}

// MySQL makes a database of a server of MariaDB for a test, as [Postgres] does. Options
// are more of them for the DSN of the driver, such as "&interpolateParams=true". Coarse
// are writes of which the library does not let the server tell which row they changed,
// beside an upsert of a row that is there.
func MySQL(t *testing.T, server *mysqltest.Server, options string, coarse ...string) Database {
	t.Helper()
	const driver = "mysql"
	dsn := server.NewDatabase(t) + "?parseTime=true" + options
	return Database{
		driver: driver, dialect: mysql.Dialect, samples: true, coarse: append(coarse, "upsert an old row"),
		create: blogOf(t, driver, dsn, blog.CreateMySQL, blog.ResetMySQL),
	}
}

// blogOf is a function that makes the blog in a database when it is first called, and
// puts its rows back from then on. It returns the DSN.
func blogOf(t *testing.T, driver, dsn string, create, reset func(context.Context, *sql.DB) error) func(*testing.T) string {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return func(t *testing.T) string {
		t.Helper()
		if err := create(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		create = reset
		return dsn
	}
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

// excluded is a value of the row that was to be inserted, as SQLite and PostgreSQL
// name it.
var excluded = regexp.MustCompile(`excluded\.(\w+)`)

// Duplicate is an upsert of SQLite and PostgreSQL in the words of MySQL, and any other
// statement as it is.
func Duplicate(statement string) string {
	before, after, found := strings.Cut(statement, "ON CONFLICT (id) DO UPDATE SET")
	if !found {
		return statement
	}
	return before + "ON DUPLICATE KEY UPDATE" + excluded.ReplaceAllString(after, "VALUES($1)")
}
