package main

import (
	"context"
	"fmt"
	"time"

	"github.com/cacheops/cacheops"
)

// The names of the contenders of functions that run: what they read, by themselves and
// as a cacheops function.
const (
	missedLists  = "ten lists that miss"
	missedRows   = "ten rows that miss"
	hitLists     = "ten lists that hit"
	leftOutLists = "ten lists of a table that no profile matches"
	neverLists   = "ten lists of a table whose profile says never"

	byItself  = "the function itself, "
	asRun     = "cacheops function that runs, "
	tenOfThem = 10
)

// running is a function that runs at each call, by itself and as a cacheops function.
type running struct {
	name  string
	query string
	rows  int
	// before has the call miss what it is to miss.
	before func(ctx context.Context, f *cacheops.Func[int64, int]) error
}

// contenders makes the two.
func (r *running) contenders(ctx context.Context, s *site) ([]contender, error) {
	var p Post
	f := func(ctx context.Context, category int64) (all int, err error) {
		for i := range int64(tenOfThem) {
			n, err := readPosts(ctx, s.cached, r.query, category-i, &p)
			if err = expect(r.rows, n, err); err != nil {
				return 0, err
			}
			all += n
		}
		return all, nil
	}
	fn, err := cacheops.NewFunc(s.cache, r.name, f, cacheops.TTL(time.Hour))
	if err != nil {
		return nil, err
	}
	run := func(call func(context.Context, int64) (int, error)) func(int) error {
		return again(func() error {
			if err := r.before(ctx, fn); err != nil {
				return err
			}
			n, err := call(ctx, hotCategory)
			return expect(tenOfThem*r.rows, n, err)
		})
	}
	return []contender{{name: byItself + r.name, run: run(f)}, {name: asRun + r.name, run: run(fn.Call)}}, nil
}

// functionRuns calls functions that have to run.
func functionRuns(ctx context.Context, z sizes) (*group, error) {
	s, err := openSite(ctx, siteConfig{rows: z.rows})
	if err != nil {
		return nil, err
	}
	// The index that lists are read by is on posts alone.
	if _, err := s.bare.ExecContext(ctx, "CREATE INDEX notes_category ON notes (category_id); CREATE INDEX audit_category ON audit (category_id); ANALYZE"); err != nil {
		return nil, closeAfter(err, s.close)
	}
	all := func(ctx context.Context, _ *cacheops.Func[int64, int]) error {
		return s.cache.Database(database).Invalidate(ctx, cacheops.All())
	}
	itself := func(ctx context.Context, f *cacheops.Func[int64, int]) error { return f.Invalidate(ctx, hotCategory) }
	list := func(table string) string {
		return "SELECT " + columns + " FROM " + table + " WHERE category_id = ? ORDER BY id"
	}
	var contenders []contender
	for _, r := range []running{
		{missedLists, selectList, listed, all},
		{missedRows, selectPost, 1, all},
		{hitLists, selectList, listed, itself},
		{leftOutLists, list("notes"), listed, itself},
		{neverLists, list("audit"), listed, itself},
	} {
		two, err := r.contenders(ctx, s)
		if err != nil {
			return nil, closeAfter(err, s.close)
		}
		contenders = append(contenders, two...)
	}
	return &group{
		about: "A function that makes ten queries, each of 50 rows or of one, through one and the same handle: called by itself, and by its cacheops function, " +
			"for which there is nothing stored, so that what it reads is recorded. Its result is stored, but where a profile of what it reads says never. " +
			"Before each call the function's result is dropped, or everything: a part of what is measured, of both.",
		contenders: contenders,
		figures: func(m samples) ([]figure, error) {
			beside := func(name string) (string, summary) {
				return "function that runs, " + name + ": beside the function itself", m.ratio(asRun+name, byItself+name)
			}
			var out []figure
			for _, name := range []string{missedLists, neverLists} {
				what, value := beside(name)
				out = append(out, limited(what, value, times, 1.02))
			}
			for _, name := range []string{missedRows, leftOutLists, hitLists} {
				what, value := beside(name)
				out = append(out, info(what, value, times), info("function that runs, "+name+": added", m.added(asRun+name, byItself+name), micros))
			}
			return out, nil
		},
		check: func() error {
			if n := s.cache.Stats().Funcs; n.Hits > 0 || n.Misses == 0 || n.Uncached == 0 {
				return fmt.Errorf("%+v: these functions did not run", n)
			}
			return nil
		},
		close: s.close,
	}, nil
}
