package main

import (
	"context"
	"errors"
	"fmt"
)

// errStale ends the program with an error when the cache was wrong.
var errStale = errors.New("cacheops: a cached result was not what the database holds")

// errNothingCached ends it when the check had nothing to check.
var errNothingCached = errors.New("cacheops: nothing was answered from the cache, so nothing was checked")

// question is a query with its arguments.
type question struct {
	sql  string
	args []any
}

// verdict is what a check found.
type verdict struct {
	questions int
	cached    int // of them answered from the cache
	stale     int // of those not what the database holds
	wrong     int // not from the cache, and not what the database holds either
	example   question
}

// checkAll reads every question through the cache and past it and compares the
// results, value by value. Nobody may write meanwhile.
func checkAll(ctx context.Context, cached, bare querier, questions []question, report func(done int)) (*verdict, error) {
	v := &verdict{questions: len(questions)}
	var p probe
	probed := p.with(ctx)
	for i, q := range questions {
		p = probe{}
		got, err := readTable(probed, cached, q.sql, q.args...)
		if err != nil {
			return nil, fmt.Errorf("cacheops: check through the cache: %w", err)
		}
		truth, err := readTable(ctx, bare, q.sql, q.args...)
		if err != nil {
			return nil, fmt.Errorf("cacheops: check past the cache: %w", err)
		}
		if p.hit {
			v.cached++
		}
		if !got.equal(truth) {
			if p.hit {
				v.stale++
			} else {
				v.wrong++
			}
			v.example = q
		}
		report(i + 1)
	}
	return v, nil
}

// print tells what was found.
func (v *verdict) print(out *screen) {
	style := styleGood
	if v.stale+v.wrong > 0 {
		style = styleBad
	}
	out.line("   ", fmt.Sprintf("checked %s against the database: ", plural(v.cached, "cached result", "cached results")),
		style.Render(grouped(v.stale)+" stale"))
	if rest := v.questions - v.cached; rest > 0 {
		out.line("   ", styleDim.Render(fmt.Sprintf("%s more had been dropped, or were never kept: read anew, %s wrong", grouped(rest), grouped(v.wrong))))
	}
	if v.stale+v.wrong > 0 {
		out.line("   ", styleBad.Render("for example"), "  ", printable(fmt.Sprintf("%s  %v", v.example.sql, v.example.args)))
	}
}

// err is what the program ends with.
func (v *verdict) err() error {
	switch {
	case v.stale+v.wrong > 0:
		return errStale
	case v.cached == 0:
		return errNothingCached
	default:
		return nil
	}
}
