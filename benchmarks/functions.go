package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/cacheops/cacheops"
)

// The names of the contenders of functions.
const (
	funcOfInt    = "cacheops function of an int, to a string"
	funcOfText   = "cacheops function of a string, to a string"
	funcOfStruct = "cacheops function of a struct, to a string"
	funcToStruct = "cacheops function of an int, to a struct"
	decoding     = "the codec: decoding that struct"

	plainLists    = "the function itself, of ten lists"
	recordedLists = "cacheops function, of ten lists, missed"
	unkeptLists   = "cacheops function, of ten lists, not to be kept"
	plainRows     = "the function itself, of ten rows"
	recordedRows  = "cacheops function, of ten rows, missed"
)

// titleArgs are arguments as a program has them.
type titleArgs struct {
	ID       int64
	Language string
	Short    bool
}

// title is a function over the database.
func (s *site) title(ctx context.Context, id int64) (title string, err error) {
	err = s.cached.QueryRowContext(ctx, "SELECT title FROM posts WHERE id = ?", id).Scan(&title)
	return title, err
}

// post is a function whose result the codec has to decode.
func (s *site) post(ctx context.Context, id int64) (p Post, err error) {
	n, err := readPosts(ctx, s.cached, selectPost, id, &p)
	return p, expect(1, n, err)
}

// called is a contender's run that calls a function with the same arguments.
func called[A, R any](ctx context.Context, c *cacheops.Cache, name string, args A, f func(context.Context, A) (R, error)) (func(int) error, error) {
	fn, err := cacheops.NewFunc(c, name, f)
	if err != nil {
		return nil, err
	}
	return again(func() error {
		_, err := fn.Call(ctx, args)
		return err
	}), nil
}

// functionHits calls functions whose results are in process.
func functionHits(ctx context.Context, z sizes) (*group, error) {
	s, err := openSite(ctx, siteConfig{rows: z.rows})
	if err != nil {
		return nil, err
	}
	id := hotKey // a variable, as a program's arguments are
	ofInt, err1 := called(ctx, s.cache, "of an int", id, s.title)
	ofText, err2 := called(ctx, s.cache, "of a string", "A title of usual length", func(ctx context.Context, _ string) (string, error) { return s.title(ctx, id) })
	ofStruct, err3 := called(ctx, s.cache, "of a struct", titleArgs{ID: id, Language: "en-GB"}, func(ctx context.Context, a titleArgs) (string, error) { return s.title(ctx, a.ID) })
	toStruct, err4 := called(ctx, s.cache, "to a struct", id, s.post)
	p, err5 := s.post(ctx, id)
	codec := cacheops.CBOR()
	data, err6 := codec.Marshal(p)
	if err := errors.Join(err1, err2, err3, err4, err5, err6); err != nil {
		return nil, closeAfter(err, s.close)
	}
	return &group{
		about: fmt.Sprintf("A function over the database whose result is in process, called with an int, a string of 23 bytes, or a struct of an int, a string and a bool. "+
			"The result is a string of 29 bytes, or a struct of eight fields that takes %d bytes as CBOR.", len(data)),
		contenders: []contender{
			{name: funcOfInt, run: ofInt},
			{name: funcOfText, run: ofText},
			{name: funcOfStruct, run: ofStruct},
			{name: funcToStruct, run: toStruct},
			{name: decoding, run: again(func() error {
				var p Post
				return codec.Unmarshal(data, &p)
			})},
		},
		figures: func(s samples) ([]figure, error) {
			return []figure{
				limited("function of an int, to a string: the time of a hit", s.time(funcOfInt), micros, 1),
				limited("function of a string, to a string: the time of a hit", s.time(funcOfText), micros, 1),
				limited("function of a struct, to a string: the time of a hit", s.time(funcOfStruct), micros, 1),
				limited("function of an int, to a struct: the time of a hit above decoding", s.added(funcToStruct, decoding), micros, 1),
				limited("function of a struct, to a string: allocations of a hit", exactly(s.of(funcOfStruct).allocs), count, 1),
				limited("function of an int, to a struct: allocations of a hit above decoding", s.allocsAbove(funcToStruct, decoding), count, 0),
			}, nil
		},
		check: s.functionsHit(4),
		close: s.close,
	}, nil
}

// functionsHit returns an error unless so many functions were run once each.
func (s *site) functionsHit(functions uint64) func() error {
	return func() error {
		if n := s.cache.Stats().Funcs; n.Misses != functions || n.Uncached > 0 || n.Hits == 0 {
			return fmt.Errorf("%+v: these were no hits of %d functions", n, functions)
		}
		return nil
	}
}

// tenReads is a function that makes ten queries, of tables of which none is cached.
func tenReads(db *sql.DB, query string, rows int) func(context.Context, int64) (int, error) {
	var p Post
	return func(ctx context.Context, _ int64) (all int, err error) {
		for i := range int64(10) {
			n, err := readPosts(ctx, db, query, hotCategory-i, &p)
			if err = expect(rows, n, err); err != nil {
				return 0, err
			}
			all += n
		}
		return all, nil
	}
}

// everyCall is a contender's run in which no call has the arguments of another one.
func everyCall(ctx context.Context, f func(context.Context, int64) (int, error)) func(int) error {
	next := int64(0)
	return again(func() error {
		next++
		_, err := f(ctx, next)
		return err
	})
}

// functionMisses calls functions that have to run.
func functionMisses(ctx context.Context, z sizes) (*group, error) {
	s, err := openSite(ctx, siteConfig{rows: z.rows})
	if err != nil {
		return nil, err
	}
	// The index that lists are read by is on posts alone.
	if _, err := s.bare.ExecContext(ctx, "CREATE INDEX notes_category ON notes (category_id); CREATE INDEX audit_category ON audit (category_id); ANALYZE"); err != nil {
		return nil, closeAfter(err, s.close)
	}
	lists := tenReads(s.cached, "SELECT "+columns+" FROM notes WHERE category_id = ? ORDER BY id", listed)
	unkept := tenReads(s.cached, "SELECT "+columns+" FROM audit WHERE category_id = ? ORDER BY id", listed)
	rows := tenReads(s.cached, selectNote, 1)
	recorded, err1 := cacheops.NewFunc(s.cache, "lists", lists, cacheops.TTL(time.Hour))
	never, err2 := cacheops.NewFunc(s.cache, "lists that are never kept", unkept, cacheops.TTL(time.Hour))
	recordedRow, err3 := cacheops.NewFunc(s.cache, "rows", rows, cacheops.TTL(time.Hour))
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, closeAfter(err, s.close)
	}
	return &group{
		about: "A function that makes ten queries of tables that are not cached, each of 50 rows or of one, through the same handle: called by itself; " +
			"by its cacheops function, with arguments that were never there, so that what it reads is recorded and its result stored; and where a profile of what it reads says never, so that its result is not kept.",
		contenders: []contender{
			{name: plainLists, run: everyCall(ctx, lists)},
			{name: recordedLists, run: everyCall(ctx, recorded.Call)},
			{name: unkeptLists, run: everyCall(ctx, never.Call)},
			{name: plainRows, run: everyCall(ctx, rows)},
			{name: recordedRows, run: everyCall(ctx, recordedRow.Call)},
		},
		figures: func(m samples) ([]figure, error) {
			return []figure{
				limited("function that runs, of ten lists, not to be kept: beside the function itself", m.ratio(unkeptLists, plainLists), times, 1.02),
				limited("function that runs, of ten lists, recorded and stored: beside the function itself", m.ratio(recordedLists, plainLists), times, 1.02),
				info("function that runs, of ten rows, recorded and stored: beside the function itself", m.ratio(recordedRows, plainRows), times),
				info("function that runs, of ten rows, recorded and stored: added", m.added(recordedRows, plainRows), micros),
			}, nil
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
