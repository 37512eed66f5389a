// Command postgres shows a cached PostgreSQL: who answers a read before and after
// writes, and how long it takes.
//
//	go run ./examples/postgres -dsn postgres://user:password@localhost/database
//
// Without -dsn it takes DATABASE_URL from the environment. It makes a schema of its
// own, cacheops_example, and drops it at the end. It touches nothing else.
package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/signal"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/postgres"
	"github.com/cacheops/cacheops/examples/internal/blog"
	"github.com/cacheops/cacheops/sqlcache"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := command(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case errors.As(err, new(usageError)):
		os.Exit(2) //nolint:forbidigo // a command; its flags have told why
	default:
		fmt.Fprintln(os.Stderr, "postgres:", err)
		os.Exit(1) //nolint:forbidigo // a command
	}
}

// usageError is an error that the flags have told already.
type usageError struct{ error }

// errNoDSN says what to do where no database is named.
var errNoDSN = errors.New(`no database is named: give one by -dsn or DATABASE_URL, such as postgres://user:password@localhost/database
The user must be allowed to make a schema there. Where there is no PostgreSQL yet:
	docker run --rm -p 5432:5432 -e POSTGRES_PASSWORD=secret postgres
	go run ./examples/postgres -dsn postgres://postgres:secret@localhost/postgres`)

// command is the program, without what ends it.
func command(ctx context.Context, args []string, out, errs io.Writer) error {
	flags := flag.NewFlagSet("postgres", flag.ContinueOnError)
	flags.SetOutput(errs)
	dsn := flags.String("dsn", os.Getenv("DATABASE_URL"), "the `URL` of a database; the default is DATABASE_URL")
	if err := flags.Parse(args); err != nil {
		return usageError{err}
	}
	if *dsn == "" {
		return errNoDSN
	}
	return show(ctx, out, *dsn)
}

// schemaName is the schema that the program makes.
const schemaName = "cacheops_example"

// show makes the tables and tells the story.
func show(ctx context.Context, out io.Writer, dsn string) (err error) {
	own, err := inSchema(dsn)
	if err != nil {
		return err
	}
	bare, err := sql.Open("pgx", own)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bare.Close()) }()
	if _, err := bare.ExecContext(ctx, "CREATE SCHEMA "+schemaName); err != nil {
		return fmt.Errorf("make the schema %s (where it is left of another run, drop it): %w", schemaName, err)
	}
	defer func() {
		// Also after an interrupt.
		_, dropped := bare.ExecContext(context.WithoutCancel(ctx), "DROP SCHEMA "+schemaName+" CASCADE")
		err = errors.Join(err, dropped)
	}()
	if err := blog.CreatePostgres(ctx, bare); err != nil {
		return err
	}

	var source blog.Source
	cache, err := cacheops.New(cacheops.Config{
		Profiles: cacheops.Profiles{"posts": {Ops: cacheops.OpAll, TTL: time.Hour}},
		Hooks:    source.Hooks(),
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cache.Close()) }()
	db, err := sqlcache.Open(cache, "pgx", own, sqlcache.Config{Dialect: postgres.Dialect, Database: "blog"})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return tell(ctx, out, db, &source)
}

// inSchema is a DSN whose connections find the tables of our schema first.
func inSchema(dsn string) (string, error) {
	u, err := url.Parse(dsn)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		return "", errNoDSN // not its text: it has a password
	}
	q := u.Query()
	q.Set("search_path", schemaName)
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// tell reads and writes, and says who answered.
func tell(ctx context.Context, out io.Writer, db *sql.DB, source *blog.Source) error {
	read := func(when string) error {
		begin := time.Now()
		var title string
		err := db.QueryRowContext(ctx, "SELECT title FROM posts WHERE id = $1", 1).Scan(&title)
		took := time.Since(begin)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%-34s %-12s from the %-8s %8.1f us\n", when, title, source, float64(took.Nanoseconds())/1000)
		return nil
	}
	change := func(statement string, args ...any) func() error {
		return func() error {
			_, err := db.ExecContext(ctx, statement, args...)
			return err
		}
	}
	for _, step := range []struct {
		when string
		do   func() error
	}{
		{"the first time", func() error { return nil }},
		{"again", func() error { return nil }},
		{"after another post was changed", change("UPDATE posts SET title = $1 WHERE id = $2", "Rain again", 3)},
		{"after it was changed", change("UPDATE posts SET title = $1 WHERE id = $2", "Hello again", 1)},
		{"again", func() error { return nil }},
	} {
		if err := step.do(); err != nil {
			return err
		}
		source.Take() // what the write did is not told
		if err := read(step.when); err != nil {
			return err
		}
	}
	return nil
}
