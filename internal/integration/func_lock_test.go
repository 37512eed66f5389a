package integration

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cacheops/cacheops"
)

// callersOf are functions with one name in two processes, and those who call them.
type callersOf struct {
	fns [2]*cacheops.Func[int, string]

	mu   sync.Mutex // guards runs
	runs int

	all sync.WaitGroup
}

// newCallers makes them of a pair. First is what the first run does, by its number in all.
func newCallers(t *testing.T, p *pair, lock bool, first func(ctx context.Context, run int) error) *callersOf {
	t.Helper()
	c := new(callersOf)
	var options []cacheops.FuncOption
	if lock {
		options = append(options, cacheops.Lock())
	}
	for i, s := range p.peers {
		c.fns[i] = newFunc(t, s.cache, "names", func(ctx context.Context, kind int) (out string, err error) {
			c.mu.Lock()
			c.runs++
			run := c.runs
			c.mu.Unlock()
			if err := first(ctx, run); err != nil {
				return "", err
			}
			err = s.cached.QueryRowContext(ctx, "SELECT name FROM items WHERE kind = ? ORDER BY id", kind).Scan(&out)
			return out, err
		}, options...)
	}
	return c
}

// call has so many call the function of a process.
func (c *callersOf) call(t *testing.T, peer, many int) {
	for range many {
		c.all.Go(func() {
			if got, err := c.fns[peer].Call(t.Context(), 1); got != "one" || err != nil {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

func (c *callersOf) ran() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.runs
}

// Of 50 who call a function at once whose result is nowhere, in two processes, one runs
// it. Without the lock it is one in each process.
func TestFuncLockLetsOneRun(t *testing.T) {
	t.Parallel()
	for lock, runs := range map[bool]int{true: 1, false: 2} {
		synctest.Test(t, func(t *testing.T) {
			p := newPair(t, false, nil)
			resume := make(chan struct{})
			c := newCallers(t, p, lock, func(context.Context, int) error { <-resume; return nil })
			c.call(t, 0, 25)
			c.call(t, 1, 25)
			synctest.Wait()
			close(resume)
			c.all.Wait()
			if n := c.ran(); n != runs {
				t.Errorf("with the lock %v: it ran %d times, want %d", lock, n, runs)
			}
		})
	}
}

// Who runs the function in another process never comes to an end, or fails: one of the
// others runs it then, after the time of the lock, or at once.
func TestFuncLockEnds(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		fail  func(never chan struct{}) error
		after time.Duration
	}{
		"it dies":  {func(never chan struct{}) error { <-never; return errOwn }, cacheops.DefaultLockTTL},
		"an error": {func(chan struct{}) error { return errOwn }, time.Second},
		"a panic":  {func(chan struct{}) error { panic("own") }, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPair(t, false, nil)
				start := time.Now()
				amid, never := make(chan struct{}), make(chan struct{})
				var second time.Duration
				c := newCallers(t, p, true, func(_ context.Context, run int) error {
					if run == 1 {
						<-amid
						return x.fail(never)
					}
					second = time.Since(start)
					return nil
				})
				var dead sync.WaitGroup
				dead.Go(func() {
					defer func() { _ = recover() }()
					if got, err := c.fns[0].Call(t.Context(), 1); !errors.Is(err, errOwn) {
						t.Errorf("the one who failed has %q, %v", got, err)
					}
				})
				synctest.Wait()
				<-time.After(time.Second) // of the bubble: the others come later
				c.call(t, 1, 50)
				synctest.Wait()
				if n := c.ran(); n != 1 {
					t.Errorf("it ran %d times beside the one who has the lock", n-1)
				}
				close(amid)
				c.all.Wait()
				if n := c.ran(); n != 2 || second != x.after {
					t.Errorf("it ran %d times, the second time after %v; want 2 and %v", n, second, x.after)
				}
				close(never)
				dead.Wait()
			})
		})
	}
}

var errOwn = errors.New("own")
