// Command mysql shows a cached MySQL or MariaDB: who answers a read before and after
// writes, and how long it takes.
//
//	go run ./examples/mysql -dsn 'user:password@tcp(localhost)/'
//
// Without -dsn it takes DATABASE_DSN from the environment. It makes a database of its
// own, cacheops_example, and drops it at the end. It touches nothing else.
package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	driver "github.com/go-sql-driver/mysql"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/mysql"
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
		fmt.Fprintln(os.Stderr, "mysql:", err)
		os.Exit(1) //nolint:forbidigo // a command
	}
}

// usageError is an error that the flags have told already.
type usageError struct{ error }

// errNoDSN says what to do where no server is named.
var errNoDSN = errors.New(`no server is named: give one by -dsn or DATABASE_DSN, such as 'user:password@tcp(localhost)/'
The user must be allowed to make a database there. Where there is no server yet:
	docker run --rm -p 3306:3306 -e MARIADB_ROOT_PASSWORD=secret mariadb
	go run ./examples/mysql -dsn 'root:secret@tcp(127.0.0.1)/'`)

// command is the program, without what ends it.
func command(ctx context.Context, args []string, out, errs io.Writer) error {
	flags := flag.NewFlagSet("mysql", flag.ContinueOnError)
	flags.SetOutput(errs)
	dsn := flags.String("dsn", os.Getenv("DATABASE_DSN"), "the data source `name` of a server, as the driver takes it; the default is DATABASE_DSN")
	if err := flags.Parse(args); err != nil {
		return usageError{err}
	}
	config, err := driver.ParseDSN(*dsn)
	if err != nil || *dsn == "" {
		return errNoDSN // not its text: it has a password
	}
	config.ParseTime = true
	return show(ctx, out, config)
}

// databaseName is the database that the program makes.
const databaseName = "cacheops_example"

// show makes the tables and tells the story.
func show(ctx context.Context, out io.Writer, config *driver.Config) (err error) {
	server, err := sql.Open("mysql", config.FormatDSN())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	if _, err := server.ExecContext(ctx, "CREATE DATABASE "+databaseName); err != nil {
		return fmt.Errorf("make the database %s (where it is left of another run, drop it): %w", databaseName, err)
	}
	defer func() {
		// Also after an interrupt.
		_, dropped := server.ExecContext(context.WithoutCancel(ctx), "DROP DATABASE "+databaseName)
		err = errors.Join(err, dropped)
	}()
	config.DBName = databaseName
	bare, err := sql.Open("mysql", config.FormatDSN())
	if err != nil {
		return err
	}
	err = blog.CreateMySQL(ctx, bare)
	if err = errors.Join(err, bare.Close()); err != nil {
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
	db, err := sqlcache.Open(cache, "mysql", config.FormatDSN(), sqlcache.Config{Dialect: mysql.Dialect, Database: "blog"})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return tell(ctx, out, db, &source)
}

// tell reads and writes, and says who answered.
func tell(ctx context.Context, out io.Writer, db *sql.DB, source *blog.Source) error {
	read := func(when string) error {
		begin := time.Now()
		var title string
		err := db.QueryRowContext(ctx, "SELECT title FROM posts WHERE id = ?", 1).Scan(&title)
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
		{"after another post was changed", change("UPDATE posts SET title = ? WHERE id = ?", "Rain again", 3)},
		{"after it was changed", change("UPDATE posts SET title = ? WHERE id = ?", "Hello again", 1)},
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
