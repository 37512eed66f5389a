package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// runUserDemo reads the user's file through the cache and past it. BeforeCheck
// is called before the results are compared.
func runUserDemo(ctx context.Context, out *screen, path string, beforeCheck func()) (err error) {
	file, err := findUserFile(path)
	if err != nil {
		return err
	}
	bare, err := file.open(ctx)
	if err != nil {
		return err
	}
	defer closing(bare, &err)
	c, err := openCached(file.dsn, 2)
	if err != nil {
		return err
	}
	defer closing(c, &err)
	header(ctx, out, bare, "demo")
	out.line(tail(printable(path), pageWidth))
	out.line("Read only. Each read runs once for the database, then thrice for the cache.")
	tables, err := userTables(ctx, bare)
	if err != nil {
		return err
	}
	questions, err := readTables(ctx, out, c, bare, tables)
	if err != nil {
		return err
	}
	if len(questions) == 0 {
		return fmt.Errorf("cacheops: %q has no tables to read: give another file with --db", path)
	}
	out.line()
	beforeCheck()
	v, err := checkAll(ctx, c.db, bare, questions, func(int) {})
	if err != nil {
		return err
	}
	if err := file.unchanged(); err != nil {
		return err
	}
	v.print(out)
	return v.err()
}

// readTables reads every table in the ways that programs do, and returns what
// it asked.
func readTables(ctx context.Context, out *screen, c *cachedDB, bare *sql.DB, tables []userTable) ([]question, error) {
	var all []question
	for i := range tables {
		t := &tables[i]
		if i >= maxTables {
			out.line()
			out.line("   ", styleDim.Render("and "+plural(len(tables)-i, "more table", "more tables")))
			break
		}
		out.line()
		out.line("   ", styleHeading.Render(shortened(printable(t.name), 50)), "  ", styleDim.Render(t.count()))
		questions, refused := t.questions(ctx, bare)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for _, err := range refused {
			printRefusal(out, err)
		}
		for _, q := range questions {
			known, err := readAgain(ctx, out, c, q)
			if err != nil {
				return nil, err
			}
			if known {
				all = append(all, q)
			}
		}
	}
	return all, nil
}

// readAgain reads a question again and again through the cache and shows how it went. A
// read that the database refuses, say for a collation that only the user's
// program knows, is shown and left out.
func readAgain(ctx context.Context, out *screen, c *cachedDB, q question) (known bool, err error) {
	for i, line := range wrapped(printable(q.sql), pageWidth-9) {
		out.line([]string{"     ", "       "}[min(i, 1)], line)
	}
	e, err := c.explain(ctx, q.sql, q.args...)
	if err != nil {
		return false, err
	}
	var took [2]time.Duration // of the first, and of the fastest that follows
	var p probe
	for i := range 4 {
		p = probe{}
		began := time.Now()
		if _, err := readTable(p.with(ctx), c.db, q.sql, q.args...); err != nil {
			if ctx.Err() != nil || errors.Is(err, sql.ErrConnDone) {
				return false, err
			}
			printRefusal(out, err)
			return false, nil
		}
		switch t := time.Since(began); {
		case i == 0:
			took[0] = t
		case took[1] == 0 || t < took[1]:
			took[1] = t
		}
	}
	depends, times := e.Reason, ""
	switch {
	case p.hit:
		depends = ""
		if len(e.Depends) > 0 {
			depends = e.Depends[0]
		}
		depends = printable(depends)
		times = styleMiss.Render("miss") + right(latency(took[0]), 7) + "  " + styleHit.Render("hit") + right(latency(took[1]), 7) +
			right(ratio(float64(took[0]), float64(took[1])), 7)
	case e.Cached:
		depends = "a result of this size is passed on and not kept"
	default:
		depends = "not cached: " + depends
	}
	if times == "" {
		out.line("       ", styleMiss.Render(shortened(depends, pageWidth-7)))
		return true, nil
	}
	out.line("       ", left(e.Op.String(), 10), styleDim.Render(left(shortened(depends, 32), 33)), times)
	return true, nil
}

// printRefusal shows the database's error for a read.
func printRefusal(out *screen, err error) {
	out.line("       ", styleMiss.Render(shortened(printable("refused: "+err.Error()), pageWidth-7)))
}
