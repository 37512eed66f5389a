package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/cacheops/cacheops"
)

// The names of the contenders of functions.
const (
	funcOfInt    = "cacheops function of an int, to a string"
	funcOfText   = "cacheops function of a string, to a string"
	funcOfStruct = "cacheops function of a struct, to a string"
	funcToStruct = "cacheops function of an int, to a struct"
	decoding     = "the codec: decoding that struct"
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
