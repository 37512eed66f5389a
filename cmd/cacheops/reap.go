package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/redis/rueidis"
	"github.com/spf13/cobra"

	"github.com/cacheops/cacheops/rueidisstore"
)

// reapFlags are the flags of reap.
type reapFlags struct {
	redisFlags

	chunk, minSize int
	dryRun, json   bool
}

func newReap() *cobra.Command {
	var f reapFlags
	cmd := &cobra.Command{
		Use:   "reap [flags]",
		Short: "Take the names of results that ended out of the sets in Redis",
		Long: `Takes names out of the sets of a Redis in sets mode (rueidisstore.NewSets): those of
results that ended by their time. Sets in steady use grow with every result that there
ever was, so let it run now and then. Programs may use the cache meanwhile, and nothing
that is cached is lost. With stamps (rueidisstore.New) there is nothing to reap, and a
Redis that is not in sets mode is an error.

An interrupt, and the end of --timeout, leave all in order: what was done by then is
told, and the next run does the rest.

` + redisURLForms + `

Variables: ` + redisVariable + `, ` + prefixVariable + `. Exit codes: 0 it is done; 1 it is not, or not all of
it; 2 nothing was tried, for the call is wrong or nobody answers.`,
		Example: `  cacheops reap --redis redis://localhost:6379
  cacheops reap --redis redis://localhost:6379 --timeout 10m
  cacheops reap --redis redis://localhost:6379 --min-size 1 --dry-run --json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 { // it may be a URL with a password, and is not repeated
				return misuse("cacheops: reap takes no arguments: name the Redis by --redis, or %s", redisVariable)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runReap(cmd.Context(), cmd.OutOrStdout(), &f)
		},
	}
	flags := cmd.Flags()
	f.add(flags)
	flags.IntVar(&f.chunk, "chunk", rueidisstore.DefaultReapChunk, "how many keys or names one call of Redis looks at, while Redis does nothing else")
	flags.IntVar(&f.minSize, "min-size", rueidisstore.DefaultReapMinSize, "how many names a set has at least that is looked through")
	flags.BoolVar(&f.dryRun, "dry-run", false, "take nothing out, and tell what would be")
	flags.BoolVar(&f.json, "json", false, "print JSON")
	return cmd
}

// reaped is what reap prints with --json.
type reaped struct {
	Prefix  string `json:"prefix"`
	DryRun  bool   `json:"dryRun"`
	Found   int    `json:"found"`
	Sets    int    `json:"sets"`
	Members int    `json:"members"`
	Dead    int    `json:"dead"`
	// Share is how much of the database was gone through: 1 is all of it.
	Share float64 `json:"share"`
	Error string  `json:"error,omitempty"`
}

func runReap(ctx context.Context, out io.Writer, f *reapFlags) error {
	switch {
	case f.chunk < 1 || f.chunk > rueidisstore.DefaultReapChunk:
		return misuse("cacheops: --chunk is %d: use 1 to %d", f.chunk, rueidisstore.DefaultReapChunk)
	case f.minSize < 1:
		return misuse("cacheops: --min-size is %d: use 1 or more", f.minSize)
	}
	s := newScreen(out, environment())
	done, err := f.reap(ctx, s)
	if f.json {
		answer := reaped{
			Prefix: f.inUse(), DryRun: f.dryRun, Found: done.Found, Sets: done.Sets, Members: done.Members, Dead: done.Dead, Share: done.Share,
		}
		if err != nil {
			answer.Error = err.Error()
		}
		if printing := json.NewEncoder(out).Encode(answer); err == nil {
			err = printing
		}
		return err
	}
	if err == nil || done != (rueidisstore.Reaped{}) { // also after an interrupt
		printReaped(s, f, &done)
	}
	return err
}

// reap opens the Redis and reaps it. What was done is told with an error, too.
func (f *reapFlags) reap(ctx context.Context, s *screen) (done rueidisstore.Reaped, err error) {
	bounded, cancel := context.WithTimeout(ctx, max(f.timeout, 1))
	defer cancel()
	conn, err := f.open(bounded)
	if err != nil {
		return done, err
	}
	defer conn.Close()
	st, err := conn.toReap(bounded)
	if err != nil {
		return done, err
	}
	options := rueidisstore.ReapOptions{Chunk: f.chunk, MinSize: f.minSize, DryRun: f.dryRun}
	if s.rewrites && !f.json { // a job at night has no use for a bar
		const whole = 1000
		bar := s.newProgress("reaping", whole)
		options.Progress = func(r rueidisstore.Reaped) { bar.set(int(r.Share * whole)) }
	}
	done, err = st.Reap(bounded, options)
	s.clear()
	// The client ends a command by the deadline itself, so the context's timer may come after the error.
	late := bounded.Err() != nil || errors.Is(err, context.DeadlineExceeded)
	if ctx.Err() == nil && late && done.Found > 0 {
		err = fmt.Errorf("cacheops: --timeout of %v was over before all was gone through: give it more time, and run it again", f.timeout)
	} else {
		err = conn.reapFailed(err)
	}
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		err = errInterrupted
	}
	if closing := st.Close(); err == nil {
		err = closing
	}
	return done, err
}

// toReap opens the store of a Redis in sets mode. It writes nothing to another one.
func (c *redisConn) toReap(ctx context.Context) (*rueidisstore.Sets, error) {
	if c.Mode() == rueidis.ClientModeCluster {
		return nil, errors.New("cacheops: this is a Cluster, and sets mode is for a single server: there is nothing to reap")
	}
	st, err := c.sets()
	if err != nil {
		return nil, err
	}
	noted, err := c.mode(ctx)
	switch {
	case err != nil:
		err = c.failed(err)
	case noted == rueidisstore.ModeSets:
		return st, nil
	case noted == rueidisstore.ModeStamps:
		err = fmt.Errorf("cacheops: the prefix %q is used with stamps, which leave nothing to reap: look at --redis and --prefix if the programs use sets mode", c.prefix)
	default:
		err = fmt.Errorf("cacheops: no program has used the prefix %q in sets mode here, so there is nothing to reap: look at --redis, its database number, and --prefix", c.prefix)
	}
	return nil, errors.Join(err, st.Close())
}

// reapFailed tells what went wrong.
func (c *redisConn) reapFailed(err error) error {
	switch {
	case err == nil, errors.Is(err, context.Canceled):
		return err
	case answered(err, "NOPERM"):
		return c.secrets.hide(fmt.Errorf("%w: reaping takes +scan +sscan +scard beside what the cache needs", err))
	case answered(err, ""), errors.Is(err, rueidisstore.ErrEvicts), errors.Is(err, rueidisstore.ErrMode), errors.Is(err, rueidisstore.ErrOld):
		return c.secrets.hide(err)
	default:
		return c.failed(err)
	}
}

// printReaped tells what was done.
func printReaped(s *screen, f *reapFlags, r *rueidisstore.Reaped) {
	took := "took "
	if f.dryRun {
		took = "would take "
	}
	s.line(took, plural(r.Dead, "name", "names"), " of results that ended out of ", plural(r.Sets, "set", "sets"))
	s.line("kept ", plural(r.Members-r.Dead, "name", "names"), " of results that are there")
	if small := r.Found - r.Sets; small > 0 && r.Share >= 1 {
		s.line("left alone ", plural(small, "set", "sets"), " of fewer than ", plural(f.minSize, "name", "names"))
	}
	if r.Share < 1 {
		s.line("gone through are ", percent(uint64(r.Share*1000), 1000), " of the database: run it again for the rest")
	}
}

// answered reports whether an error is an answer of Redis that begins with a word.
func answered(err error, word string) bool {
	var answer *rueidis.RedisError
	return errors.As(err, &answer) && !answer.IsNil() && strings.HasPrefix(answer.Error(), word)
}
