// Command benchmarks measures what the cache costs and saves, beside what the
// same work costs without it, all in one run of some minutes. It needs redis-server
// or valkey-server for the groups about Redis, and PostgreSQL and MariaDB for those about
// them, and fails without. It prints its
// configuration and tables, and writes them into a document:
//
//	go run ./benchmarks -o docs/performance.md
//
// What is compared is measured in turns, round by round, and compared within
// each round, because the speed of a machine changes. -run chooses groups by a
// regular expression; then no document is written.
//
// To see where the time goes, -profile names a folder. Nothing is measured
// then: each contender of the groups chosen runs for -profiletime, and a CPU
// profile of it goes there, for go tool pprof. What a contender prepares
// between its turns is in its profile too.
//
//	go run ./benchmarks -run 'one hot key' -profile /tmp/profiles
//	go tool pprof -top /tmp/profiles/hit-one-row-one-hot-key.cacheops-hit.pprof
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"time"
)

// fullSizes are those of the figures.
var fullSizes = sizes{rows: 120_000, written: 10_000, keys: 10_000, entries: []int{1000, 100_000, 1_000_000}, cached: 100_000, changed: 1000}

// options are what the flags say.
type options struct {
	effort
	sizes

	run         *regexp.Regexp
	document    string // where to write it; empty: nowhere
	profiles    string // the folder for profiles; empty: measure
	profileTime time.Duration
}

func main() {
	o := options{effort: effort{tries: 8}, sizes: fullSizes}
	flag.IntVar(&o.rounds, "rounds", 75, "how often each contender has its turn")
	flag.DurationVar(&o.sample, "sample", 20*time.Millisecond, "how long a turn takes, about: several cycles of the garbage collector")
	flag.StringVar(&o.document, "o", "", "write what was found to this `file`")
	flag.StringVar(&o.profiles, "profile", "", "measure nothing, write CPU profiles into this `folder`")
	flag.DurationVar(&o.profileTime, "profiletime", 3*time.Second, "how long a profile takes")
	run := flag.String("run", "", "measure only the groups whose name matches this `regexp`")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := start(ctx, os.Stdout, o, *run)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchmarks:", err)
		os.Exit(1)
	}
}

// start checks the flags and does what they say.
func start(ctx context.Context, w io.Writer, o options, run string) (err error) {
	if o.rounds < 1 || o.sample <= 0 || o.profileTime <= 0 {
		return errors.New("use positive numbers for -rounds, -sample and -profiletime")
	}
	if o.run, err = regexp.Compile(run); err != nil {
		return fmt.Errorf("-run: %w", err)
	}
	if run != "" && o.document != "" {
		return errors.New("the document tells all figures: use -o without -run")
	}
	if o.profiles != "" {
		return profile(ctx, w, o)
	}
	r, err := measureAll(ctx, w, o)
	if err != nil || o.document == "" {
		return err
	}
	return save(r, o.document)
}

// save writes the document into a file.
func save(r *report, name string) (err error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return r.writeDocument(f)
}

// measureAll measures the groups chosen, and prints what it finds.
func measureAll(ctx context.Context, w io.Writer, o options) (*report, error) {
	r := &report{Settings: configuration(o.effort, o.sizes)}
	var t table
	for _, s := range r.Settings {
		t = append(t, []string{s.name, s.value})
	}
	t.write(w)
	err := o.each(func(name string, g *group) error {
		found, err := g.measure(ctx, o.effort)
		if err != nil {
			return err
		}
		found.Name = name
		r.Groups = append(r.Groups, found)
		fmt.Fprintf(w, "\n%s\n  %s\n\n", name, found.About)
		if found.HasContenders() {
			found.Contenders().write(w)
			fmt.Fprintln(w)
		}
		found.Results().write(w)
		return nil
	})
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(w, "\nall limits\n\n")
	r.Limits().write(w)
	return r, nil
}

// each opens the groups chosen one after the other.
func (o *options) each(f func(name string, g *group) error) error {
	// Under a context that can end, database/sql starts a goroutine for each
	// query, and one without cancellation allocates when it is asked for a
	// value. That is not what is measured.
	calls := context.Background()
	found := false
	for _, entry := range groups {
		if !o.run.MatchString(entry.name) {
			continue
		}
		found = true
		err := entry.use(calls, o.sizes, func(g *group) error { return f(entry.name, g) })
		if err != nil {
			return fmt.Errorf("%s: %w", entry.name, err)
		}
		runtime.GC()
	}
	if !found {
		return errors.New("no group has such a name")
	}
	return nil
}

// use opens a group, and closes it after f.
func (e *entry) use(ctx context.Context, s sizes, f func(*group) error) (err error) {
	if e.oneProcessor {
		restore, err := onOneProcessor()
		if err != nil {
			return err
		}
		defer func() { err = closeAfter(err, restore) }()
	}
	g, err := e.open(ctx, s)
	if err != nil {
		return err
	}
	return closeAfter(f(g), g.close)
}

// measure measures a group.
func (g *group) measure(ctx context.Context, e effort) (out groupReport, err error) {
	out.About = g.about
	if out.samples, err = measure(ctx, e, g.contenders); err != nil {
		return out, err
	}
	// Before the figures, which may do things of their own.
	checked := g.check()
	if out.Figures, err = g.figures(out.samples); err != nil {
		return out, err
	}
	return out, checked
}
