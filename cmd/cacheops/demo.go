package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// demoFlags are the flags of the demo.
type demoFlags struct {
	db       string
	keep     bool
	rows     int
	workers  int
	duration time.Duration
	seed     uint64

	// beforeCheck is a test's chance to put something wrong into the database.
	beforeCheck func(ctx context.Context, bare *sql.DB) error
}

func newDemo() *cobra.Command {
	var f demoFlags
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run a small shop through the cache, and check every cached result",
		Long: `Fills a small shop in SQLite, shows what single writes do to cached results, runs
an ordinary mix of reads and writes without the cache and with it, and ends with a
check of every cached result against the database. It exits with 1 when one is stale.

With --db it reads a SQLite file of your own instead, and writes nothing.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			out := newScreen(cmd.OutOrStdout(), environment())
			defer out.clear() // on an error or an interrupt a status may stand
			if cmd.Flags().Changed("db") {
				return runUserDemo(cmd.Context(), out, f.db, func() {})
			}
			if err := f.validate(); err != nil {
				return err
			}
			return runDemo(cmd.Context(), out, f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.db, "db", "", "read this SQLite `file` instead of the shop, without writing to it")
	flags.IntVar(&f.rows, "rows", 100_000, "rows of the shop")
	flags.DurationVar(&f.duration, "duration", 8*time.Second, "how long the traffic runs with the cache; without it, a quarter of that")
	flags.IntVar(&f.workers, "workers", 4, "goroutines that read and write")
	flags.Uint64Var(&f.seed, "seed", 1, "equal seeds make equal shops")
	flags.BoolVar(&f.keep, "keep", false, "keep the shop's file and say where it is")
	for _, shops := range []string{"rows", "duration", "workers", "seed", "keep"} {
		cmd.MarkFlagsMutuallyExclusive("db", shops)
	}
	return cmd
}

// validate returns an error that names the flag and the fix.
func (f *demoFlags) validate() error {
	switch {
	case f.rows < minRows:
		return misuse("cacheops: --rows is %d: use %d at least", f.rows, minRows)
	case f.rows > 20_000_000:
		return misuse("cacheops: --rows is %d: use 20000000 at most", f.rows)
	case f.workers < 1 || f.workers > 1000:
		return misuse("cacheops: --workers is %d: use 1 to 1000", f.workers)
	case f.duration < 100*time.Millisecond:
		return misuse("cacheops: --duration is %v: use 100ms at least", f.duration)
	default:
		return nil
	}
}

// runDemo makes the shop, runs the acts, and clears up.
func runDemo(ctx context.Context, out *screen, f demoFlags) (err error) {
	began := time.Now()
	dir, err := os.MkdirTemp("", "cacheops-demo-")
	if err != nil {
		return fmt.Errorf("cacheops: make a folder for the shop: %w", err)
	}
	s := shopOf(dir, f.rows)
	if !f.keep {
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	bare, err := s.open(f.workers + 1)
	if err != nil {
		return err
	}
	defer closing(bare, &err)
	header(ctx, out, bare, "demo")
	out.line("A small shop in SQLite, its reads and writes, and a cache under database/sql.")
	out.line()
	if err := fillShop(ctx, out, s, bare, f.seed); err != nil {
		return err
	}
	stale, err := actOne(ctx, out, s, bare, f)
	if err != nil {
		return err
	}
	found, err := actTwoAndThree(ctx, out, s, bare, f)
	if err != nil {
		return err
	}
	out.line()
	out.line("   ", styleDim.Render(fmt.Sprintf("%.0f seconds in all", time.Since(began).Seconds())))
	if f.keep {
		out.line("   ", "the shop is kept in ", s.path)
	}
	if stale > 0 {
		return errStale
	}
	return found
}

// closing closes what a function opened. An error counts if there is no other.
func closing(c io.Closer, err *error) {
	if closed := c.Close(); *err == nil && closed != nil {
		*err = fmt.Errorf("cacheops: close the database: %w", closed)
	}
}

// header prints what runs on what.
func header(ctx context.Context, out *screen, db *sql.DB, what string) {
	on := runtime.Version() + ", " + plural(runtime.GOMAXPROCS(0), "CPU", "CPUs")
	var version string
	if err := db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version); err == nil {
		on = "SQLite " + version + ", " + on
	}
	out.title("cacheops "+what, on)
}

// fillShop fills the tables and shows how far it is.
func fillShop(ctx context.Context, out *screen, s *shop, bare *sql.DB, seed uint64) error {
	began := time.Now()
	bar := out.newProgress("filling", s.rows())
	if err := s.fill(ctx, bare, seed, bar.set); err != nil {
		return err
	}
	bar.done(fmt.Sprintf("filled with %s in 6 tables, in %.1f s", plural(s.rows(), "row", "rows"), time.Since(began).Seconds()))
	return nil
}

// actOne shows single queries and writes. It returns how many answers were not
// the database's.
func actOne(ctx context.Context, out *screen, s *shop, bare *sql.DB, f demoFlags) (stale int, err error) {
	c, err := openCached(s.dsn(), f.workers+1)
	if err != nil {
		return 0, err
	}
	defer closing(c, &err)
	seen, err := runCloseUp(ctx, out, c, bare)
	if err != nil {
		return 0, err
	}
	style := styleGood
	if seen.stale > 0 {
		style = styleBad
	}
	out.line("   ", plural(seen.checked, "answer", "answers")+" compared with the database: ",
		style.Render(fmt.Sprintf("%d stale", seen.stale)))
	return seen.stale, nil
}

// actTwoAndThree runs the traffic and the check. The load without the cache
// writes past it, so it runs before this cache is opened and after the one of
// the first act is closed. What was found wrong is in found, not in err.
func actTwoAndThree(ctx context.Context, out *screen, s *shop, bare *sql.DB, f demoFlags) (found, err error) {
	l, err := newLedger(ctx, bare)
	if err != nil {
		return nil, err
	}
	without := &traffic{db: bare, shop: s, ledger: l, workers: f.workers, duration: f.duration / 4, seed: f.seed}
	c, err := openCached(s.dsn(), f.workers+1) // stores nothing before its first query
	if err != nil {
		return nil, err
	}
	defer closing(c, &err)
	with := &traffic{db: c.db, shop: s, ledger: l, workers: f.workers, duration: f.duration, seed: f.seed + 1, remember: true}
	coarse := make([]bool, len(reads))
	for k := range reads {
		e, err := c.explain(ctx, reads[k].sql, 1)
		if err != nil {
			return nil, err
		}
		coarse[k] = slices.ContainsFunc(e.Depends, func(d string) bool { return strings.HasSuffix(d, ": every row") })
	}
	if err := runTraffic(ctx, out, without, with, coarse); err != nil {
		return nil, err
	}
	if f.beforeCheck != nil {
		if err := f.beforeCheck(ctx, bare); err != nil {
			return nil, err
		}
	}
	found, err = actThree(ctx, out, c, bare, with.everythingAsked())
	if err != nil {
		return nil, err
	}
	return overall(found, with.totals()), nil
}

// overall is what is wrong in the end: rows that were too old while others wrote
// count as much as what the check found.
func overall(checked error, n *totals) error {
	if n.outdated > 0 {
		return errStale
	}
	return checked
}

// actThree checks what was asked.
func actThree(ctx context.Context, out *screen, c *cachedDB, bare *sql.DB, all map[asked]struct{}) (found, err error) {
	out.heading("3", "The check")
	questions := make([]question, 0, len(all))
	for q := range all {
		questions = append(questions, question{reads[q.read].sql, []any{q.arg}})
	}
	out.line("   ", fmt.Sprintf("Every different query of the traffic, %s, read through the cache", grouped(len(questions))))
	out.line("   and past it, compared value by value:")
	out.line()
	bar := out.newProgress("checking", len(questions))
	v, err := checkAll(ctx, c.db, bare, questions, bar.set)
	if err != nil {
		return nil, err
	}
	v.print(out)
	return v.err(), nil
}
