//go:build unix

package redistest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	// patience is the limit of a wait. It is long, because a machine can be
	// busy; what is waited for takes a second or a few.
	patience = 60 * time.Second

	// pollInterval lies between two looks.
	pollInterval = 10 * time.Millisecond

	// callTimeout is how long a server may take to answer a command.
	callTimeout = 10 * time.Second
)

// await waits until look returns nil. The error of a wait that was too long names
// what was waited for, and the last reason why it had not come yet. A fatal error
// ends the wait.
func await(what string, look func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		err := look(ctx)
		if err == nil {
			return nil
		}
		if f, ok := err.(fatal); ok { //nolint:errorlint // it is made right there, and never wrapped
			return fmt.Errorf("redistest: wait for %s: %w", what, f.error)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("redistest: waited %v in vain for %s: %w", patience, what, err)
		case <-tick.C:
		}
	}
}

// fatal is an error that no waiting mends.
type fatal struct{ error }

// everyOnce returns a function that calls f at once, again while f fails, and again
// where an interval has passed since f succeeded: for a request that is accepted and
// can still come to nothing.
func everyOnce(interval time.Duration, f func() error) func() error {
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

// together calls a function for each element at once, and joins the errors.
func together[E any](elements []E, f func(i int, e E) error) error {
	errs := make([]error, len(elements))
	var wg sync.WaitGroup
	for i, e := range elements {
		wg.Go(func() { errs[i] = f(i, e) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
