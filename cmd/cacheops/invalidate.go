package main

import (
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// Where the flags of invalidate are taken from when they are not given. A token
// has no flag: others could read it in the list of processes.
const (
	serverVariable   = "CACHEOPS_SERVER"
	tokenVariable    = "CACHEOPS_TOKEN"
	databaseVariable = "CACHEOPS_DATABASE"
	dsnVariable      = "CACHEOPS_DSN"
)

// invalidateFlags are the flags of invalidate.
type invalidateFlags struct {
	redisFlags

	server, database       string
	cachePrefix            string
	dsn, driver, key       string
	all, schema, yes, json bool
}

func newInvalidate() *cobra.Command {
	var f invalidateFlags
	cmd := &cobra.Command{
		Use:   "invalidate [flags] --database name target ...",
		Short: "Drop what is cached: in Redis, or in a running program",
		Long: `Drops what is cached of a table, a row, the tables that match a pattern, or
everything, for changes that bypassed the library.

  posts, blog.posts         a table
  posts.34, blog.posts.34   a row, by its primary key
  'blog.*', 'log_*'         tables, by a pattern

Where the cache is in Redis, give --redis: no program has to run, and all that use
that Redis see it at once. Where it is in a program, that program serves package
admin's handler at --server. One of both; a flag comes before a variable.

In Redis there are the names of tables, and of the columns that cached queries
compare with values. A name without a schema means the tables of every schema. What
the primary key is called is not there: say it with --key, or the row counts as all
of its table. Of a row only the key is known, so that what is cached by other columns
of its table is dropped with it. With --dsn the row is read from the database, so
that no more is dropped than what it matters to as it is NOW. After a change of its
values leave --dsn out, for what is cached under the old ones would stay. With --dsn
partitions are known, and tables that share rows by inheritance; without it name each.

--schema says that a migration changed the schema: every program reads it anew, and
everything is dropped. --all, --schema and patterns ask first, or take --yes.

Variables: ` + redisVariable + `, ` + prefixVariable + `, ` + dsnVariable + `, ` + databaseVariable + `, ` + serverVariable + `, and for
the handler's token ` + tokenVariable + `. Exit codes: 0 it is dropped, 1 it is not, 2 nothing
was tried, for the call is wrong or nobody answers.`,
		Example: `  cacheops invalidate --redis redis://localhost:6379 --database main posts 'log_*'
  cacheops invalidate --redis redis://localhost:6379 --database main --key id posts.34
  cacheops invalidate --redis redis://localhost:6379 --database main --dsn app.sqlite posts.34
  cacheops invalidate --redis redis://localhost:6379 --database main --dsn mysql://user:password@localhost:3306/app posts.34
  cacheops invalidate --redis redis://localhost:6379 --database main --schema --yes
  cacheops invalidate --server http://127.0.0.1:6060/cacheops --database main posts.34`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return runInvalidate(cmd, &f, args) },
	}
	flags := cmd.Flags()
	f.add(flags)
	flags.StringVar(&f.server, "server", "", "where a program serves the handler, a `URL`; also "+serverVariable+" (default \""+defaultServer+"\")")
	flags.StringVar(&f.database, "database", "", "the `name` of the database, as in sqlcache.Config; also "+databaseVariable)
	flags.StringVar(&f.cachePrefix, "cache-prefix", "", "Config.Prefix of package cacheops, if the programs set it")
	flags.StringVar(&f.key, "key", "", "the `column` that is the primary key of rows, with --redis and without --dsn")
	flags.StringVar(&f.dsn, "dsn", "", "the database to read rows from: a SQLite file, postgres://... or mysql://...; also "+dsnVariable)
	flags.StringVar(&f.driver, "driver", "", "what --dsn is of: sqlite, postgres or mysql, where it does not say so itself")
	flags.BoolVar(&f.all, "all", false, "drop everything of the database")
	flags.BoolVar(&f.schema, "schema", false, "the schema was changed: drop everything, and have it read anew")
	flags.BoolVarP(&f.yes, "yes", "y", false, "do not ask")
	flags.BoolVar(&f.json, "json", false, "print JSON")
	return cmd
}

// runInvalidate checks the call, and does it where it is to be done.
func runInvalidate(cmd *cobra.Command, f *invalidateFlags, targets []string) error {
	if f.database == "" {
		f.database = os.Getenv(databaseVariable)
	}
	inRedis, err := f.inRedis()
	switch {
	case err != nil:
		return err
	case f.database == "":
		return misuse("cacheops: invalidate needs --database: the name that the program gave it in sqlcache.Config")
	case f.all && f.schema:
		return misuse("cacheops: --schema drops everything, as --all does: give one of them")
	case (f.all || f.schema) && len(targets) > 0:
		return misuse("cacheops: invalidate takes --all or targets, not both; so with --schema")
	case !f.all && !f.schema && len(targets) == 0:
		return misuse("cacheops: invalidate needs a target, such as posts or posts.34, or --all")
	}
	asker, what := newAsker(cmd, f.yes), ""
	switch {
	case f.all, f.schema:
		what = "drop everything that is cached of database " + f.database
	case strings.ContainsAny(strings.Join(targets, ""), patternSigns):
		what = "drop what is cached of " + strings.Join(targets, ", ") + " in database " + f.database
	}
	if what != "" {
		if err := asker.able(what); err != nil {
			return err
		}
	}
	if inRedis {
		return invalidateInRedis(cmd.Context(), cmd.OutOrStdout(), f, targets, asker, what)
	}
	if what != "" {
		if err := asker.ask(cmd.Context(), what); err != nil {
			return err
		}
	}
	return invalidateAtServer(cmd.Context(), cmd.OutOrStdout(), f, targets)
}

// patternSigns make a pattern of a target.
const patternSigns = `*?[\`

// inRedis tells whether it is to be done in Redis or in a program: a flag decides, else
// a variable, else it is a program in its usual place.
func (f *invalidateFlags) inRedis() (bool, error) {
	ofRedis := f.key != "" || f.cachePrefix != "" || f.dsn != "" || f.driver != "" || f.schema || f.prefix != ""
	redis, server := f.url != "", f.server != ""
	if redis && server {
		return false, misuse("cacheops: --redis and --server are two places: give one of them")
	}
	if !redis && !server {
		redis, server = os.Getenv(redisVariable) != "", os.Getenv(serverVariable) != ""
		if redis && server {
			return false, misuse("cacheops: %s and %s are both set: say which one by --redis or --server", redisVariable, serverVariable)
		}
	}
	if !redis && ofRedis {
		return false, misuse("cacheops: --prefix, --cache-prefix, --dsn, --driver, --key and --schema are for a cache in Redis: give --redis")
	}
	return redis, nil
}
