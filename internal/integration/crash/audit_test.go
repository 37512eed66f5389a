//go:build unix

package crash

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

const (
	// auditLimit bounds a wait of an audit. It takes a second, and then
	// milliseconds.
	auditLimit = 30 * time.Second
	// auditPause lies between two looks.
	auditPause = 5 * time.Millisecond
)

// await waits until look returns true.
func await(ctx context.Context, what string, look func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, auditLimit)
	defer cancel()
	tick := time.NewTicker(auditPause)
	defer tick.Stop()
	for {
		switch done, err := look(); {
		case err != nil:
			return fmt.Errorf("%s: %w", what, err)
		case done:
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("waited %v in vain for %s", auditLimit, what)
		}
	}
}

// fencesOver waits until every fence of those who are dead has run out, by the
// clock that their deadlines are of.
func (r *run) fencesOver(ctx context.Context) error {
	clock := func() (int64, error) {
		answer, err := r.redis("TIME")
		if err != nil {
			return 0, err
		}
		seconds, micros, _ := strings.Cut(answer, "\n")
		s, err := strconv.ParseInt(seconds, 10, 64)
		if err != nil {
			return 0, err
		}
		us, err := strconv.ParseInt(micros, 10, 64)
		return s*1_000_000 + us, err
	}
	from, err := clock()
	if err != nil {
		return err
	}
	return await(ctx, "the fences to run out", func() (bool, error) {
		t, err := clock()
		return t > from+(fenceTTL+time.Millisecond).Microseconds(), err
	})
}

// audit compares every query through the cache with the same query without, once
// nobody writes and all fences have run out. Each must become a hit, and what is
// hit must be right. It returns what is wrong.
func (r *run) audit(ctx context.Context) (wrong []string, err error) {
	if err := r.fencesOver(ctx); err != nil {
		return nil, err
	}
	for _, q := range queries {
		want, _, err := q.read(ctx, r.place.database(), r.bare)
		if err != nil {
			return nil, err
		}
		switch q.kind {
		case byCounter:
			if r.counters[q.arg], err = strconv.ParseInt(want, 10, 64); err != nil {
				return nil, err
			}
		default:
			if want != q.eval(&r.state) {
				return nil, fmt.Errorf("%s returns %q, and by the journal %q", q, want, q.eval(&r.state))
			}
		}
		r.tally.audited++
		stale := false
		err = await(ctx, "the cache to answer "+q.String(), func() (bool, error) {
			got, hit, err := q.read(ctx, r.place.database(), r.handle.db)
			if err == nil && got != want {
				wrong = append(wrong, fmt.Sprintf("permanently stale: %s (hit: %v) reads %q, and the database has %q", q, hit, got, want))
				stale = true
			}
			return hit || stale, err
		})
		if err != nil {
			return nil, err
		}
		if stale {
			r.tally.permanent++
		}
	}
	return wrong, nil
}
