package rueidisstore

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"
)

// After so many failures in a row calls fail at once, for so long; then one of
// them looks whether Redis is back. Fences are not refused as soon as reads: a
// read has the database to go to.
const (
	readTries  = 5
	readPause  = 500 * time.Millisecond
	writeTries = 3
	writePause = time.Second
)

// guard lets the calls of one kind through, until too many in a row have failed.
// While none fails it costs nothing.
type guard struct {
	breaker *gobreaker.CircuitBreaker[struct{}]
	failing atomic.Bool // a call failed, and none has worked since
}

// caller is wrapped around an error that is the caller's, and no word on Redis.
type caller struct{ error }

func (c caller) Unwrap() error { return c.error }

func newGuard(tries uint32, pause time.Duration) guard {
	return guard{breaker: gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
		MaxRequests: 1, Timeout: pause,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= tries },
		IsExcluded: func(err error) bool {
			_, is := err.(caller) //nolint:errorlint // it is the outermost
			return is
		},
	})}
}

// run runs a call, or refuses it.
func (g *guard) run(call func() error) error {
	if !g.failing.Load() {
		err := call()
		if _, is := err.(caller); err == nil || is { //nolint:errorlint // it is the outermost
			return err
		}
		g.failing.Store(true)
		return g.note(err)
	}
	_, err := g.breaker.Execute(func() (struct{}, error) { return struct{}{}, call() })
	if err == nil {
		g.failing.Store(false)
	}
	return err
}

// note has the breaker count a failure.
func (g *guard) note(failure error) error {
	_, err := g.breaker.Execute(func() (struct{}, error) { return struct{}{}, failure })
	if err != nil && errors.Is(err, failure) {
		return err
	}
	return failure
}

// guarded runs a call within a time, unless too many have failed of late.
func (s *Store) guarded(ctx context.Context, g *guard, limit *terms, what string, call func(context.Context) error) error {
	if err := s.check(ctx); err != nil {
		return err
	}
	err := g.run(func() error {
		within, cancel := limit.bound(ctx)
		defer cancel()
		err := call(within)
		if err != nil && (ctx.Err() != nil || s.closed.Load()) {
			return caller{err}
		}
		return err
	})
	switch err {
	case nil:
		return nil
	case gobreaker.ErrOpenState, gobreaker.ErrTooManyRequests: //nolint:errorlint // returned as they are
		return unavailable(what, errOpen)
	}
	return s.failed(ctx, what, err)
}

// reading guards a call that a read waits for.
func (s *Store) reading(ctx context.Context, what string, call func(context.Context) error) error {
	return s.guarded(ctx, &s.reads, &s.short, what, call)
}

// writing guards a call that a commit waits for.
func (s *Store) writing(ctx context.Context, what string, call func(context.Context) error) error {
	return s.guarded(ctx, &s.writes, &s.long, what, call)
}
