//go:build unix

package testprocess

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	// Patience is the limit of a wait. It is long, because a machine can be
	// busy; what is waited for takes a second or a few.
	Patience = 60 * time.Second

	// pollInterval lies between two looks.
	pollInterval = 10 * time.Millisecond

	// CallTimeout is how long a server may take to answer a command.
	CallTimeout = 10 * time.Second
)

// Await waits until look returns nil. The error of a wait that was too long names
// what was waited for, and the last reason why it had not come yet. An error that is
// [FatalError] ends the wait.
func Await(what string, look func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		err := look(ctx)
		if err == nil {
			return nil
		}
		if f, ok := err.(FatalError); ok { //nolint:errorlint // it is made right there, and never wrapped
			return fmt.Errorf("testprocess: wait for %s: %w", what, f.Err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("testprocess: waited %v in vain for %s: %w", Patience, what, err)
		case <-tick.C:
		}
	}
}

// FatalError is an error that no waiting mends.
type FatalError struct{ Err error }

// Error implements error.
func (f FatalError) Error() string { return f.Err.Error() }

// EveryOnce returns a function that calls f at once, again while f fails, and again
// where an interval has passed since f succeeded: for a request that is accepted and
// can still come to nothing.
func EveryOnce(interval time.Duration, f func() error) func() error {
	var accepted time.Time
	return func() error {
		if !accepted.IsZero() && time.Since(accepted) < interval {
			return nil
		}
		if err := f(); err != nil {
			return err
		}
		accepted = time.Now()
		return nil
	}
}

// Together calls a function for each element at once, and joins the errors.
func Together[E any](elements []E, f func(i int, e E) error) error {
	errs := make([]error, len(elements))
	var wg sync.WaitGroup
	for i, e := range elements {
		wg.Go(func() { errs[i] = f(i, e) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
