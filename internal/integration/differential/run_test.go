package differential

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	_ "modernc.org/sqlite" // the driver under test

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store"
)

// maxRows is the number of rows above which a query is left out: it costs more
// time than it is worth.
const maxRows = 300

// failure is a difference that was found.
type failure struct{ what, got, want string }

func (f *failure) Error() string { return f.what + "\ngot:  " + f.got + "\nwant: " + f.want }

// files numbers the databases of the process.
var files atomic.Int64

// pair is the two databases of a case.
type pair struct {
	connector driver.Connector // to the one under the cache
	config    sqlcache.Config
	bare      *sql.DB // on the same, without the cache
	twin      *sql.DB
	strict    bool // see flavour
	// early is true where a transaction's statements may be seen before its end: others
	// are compared with what a bare handle sees, not with what was there before.
	early bool
	// nulls is true where it is a matter of chance whether a column is said to hold no
	// NULLs: MariaDB tells it by the plan, and a prepared statement's is not the first one's.
	nulls bool
	close func() error
}

// run is one case under way: a cached handle on a database, and a bare handle on
// the twin, a database on which the same statements run.
type run struct {
	*pair
	c      *testCase
	cache  *cacheops.Cache
	cached *sql.DB
	twin   *sql.Conn

	queries []*reading
	event   cacheops.ReadEvent // of the last read
	differs string             // what shadow mode told of it
	// epochs is true when a change since the step began had no row images. The engine
	// tells of some from a goroutine of its own: those whose outcome it had to ask for.
	epochs  atomic.Bool
	ddl     bool   // the step changes the schema
	inTx    bool   // the step is a transaction
	abandon bool   // it can only be rolled back, see outdated
	tally   *tally // nil: nothing is counted
	// change alters the cache's settings, and amid is called after each write of a
	// transaction; nil: nothing is.
	change  func(*cacheops.Config)
	amid    func(on caller) *failure
	counts  map[string]*count
	steps   int
	refused bool // the last statement was
	failed  map[string]int
	reasons map[string]int
}

// reading is a query of the run.
type reading struct {
	*selection
	count
	at      int       // in the case
	stmt    *sql.Stmt // of the twin
	through *sql.Stmt // of the cached handle, for some
	cached  bool      // the cache should have it
	last    answer    // at the last comparison
	refuse  string    // why it is left out
}

// ctx has no end, so that the driver watches for none.
var ctx = context.Background()

// place is where a case runs.
type place struct {
	dir string // for its database
	// open makes its databases.
	open func(c *testCase, dir string) (*pair, error)
	// store is what the cache keeps its results in; nil: one of its own.
	store store.Store
}

// runCase runs a case and returns the first difference, nil for
// none. An error is a fault of the test.
func runCase(c *testCase, at place, t *tally) (f *failure, err error) {
	r := &run{c: c, tally: t, counts: map[string]*count{}, failed: map[string]int{}, reasons: map[string]int{}}
	if err := r.open(at); err != nil {
		return nil, err
	}
	defer func() {
		if e := r.end(); err == nil {
			err = e
		}
	}()
	if f := r.begin(); f != nil {
		return f, nil
	}
	if f := r.prepare(); f != nil {
		return f, nil
	}
	for i := range c.steps {
		if f := r.step(&c.steps[i]); f != nil {
			return f, nil
		}
	}
	r.report()
	return nil, nil
}

// begin makes the schema and the rows.
func (r *run) begin() *failure {
	for _, text := range slices.Concat(r.c.schema, r.c.data) {
		_, err := r.cached.ExecContext(ctx, text)
		_, twinErr := r.twin.ExecContext(ctx, text)
		if f := r.sameError(text, err, twinErr); f != nil {
			return f
		}
		if err != nil && strings.HasPrefix(text, "CREATE") {
			r.failed[text+": "+err.Error()]++
		}
	}
	return nil
}

// twinOptions and fileOptions leave out what would wait for a disk.
const (
	fileOptions = "?_pragma=journal_mode(wal)&_pragma=busy_timeout(5000)&_pragma=synchronous(off)"
	twinOptions = "?_pragma=busy_timeout(5000)"
)

// openSQLite makes a file, and a twin in memory.
func openSQLite(c *testCase, dir string) (*pair, error) {
	keys := "&_pragma=foreign_keys(0)"
	if c.foreignKeys {
		keys = "&_pragma=foreign_keys(1)"
	}
	twin, err := sql.Open("sqlite", ":memory:"+twinOptions+keys)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, fmt.Sprint(files.Add(1), ".sqlite"))
	bare, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		return nil, err
	}
	return &pair{
		connector: connector{twin.Driver(), "file:" + path + fileOptions + keys},
		config:    sqlcache.Config{Dialect: sqlite.Dialect, Database: "main"},
		bare:      bare,
		twin:      twin,
		close: func() error {
			for _, suffix := range []string{"", "-wal", "-shm"} {
				os.Remove(path + suffix)
			}
			return nil
		},
	}, nil
}

// cases numbers the cases of the process.
var cases atomic.Int64

func (r *run) open(at place) (err error) {
	if r.pair, err = at.open(r.c, at.dir); err != nil {
		return err
	}
	if r.twin, err = r.pair.twin.Conn(ctx); err != nil {
		return err
	}
	cfg := cacheops.Config{
		Store:    at.store,
		Prefix:   fmt.Sprint("case ", cases.Add(1)), // a store is one for many cases
		Profiles: cacheops.Profiles{"?*": {Ops: cacheops.OpAll, TTL: time.Hour}},
		Shadow:   r.c.shadow,
		Logger:   slog.New(slog.DiscardHandler),
		Hooks: cacheops.Hooks{
			OnDifference: func(_ context.Context, e cacheops.DifferenceEvent) {
				if e.Doubt == "" {
					r.differs = e.Difference
				}
			},
			OnRead: func(_ context.Context, e cacheops.ReadEvent) { r.event = e },
			OnInvalidate: func(_ context.Context, e cacheops.InvalidateEvent) {
				if e.All || slices.ContainsFunc(e.Tables, func(t cacheops.TableInvalidation) bool { return t.Epoch }) {
					r.epochs.Store(true)
				}
			},
		},
	}
	if r.change != nil {
		r.change(&cfg)
	}
	if r.cache, err = cacheops.New(cfg); err != nil {
		return err
	}
	if os.Getenv("BARE") != "" {
		r.cached = sql.OpenDB(r.connector)
		r.cached.SetMaxIdleConns(1)
		return nil
	}
	if r.cached, err = sqlcache.OpenDB(r.cache, r.connector, r.config); err == nil && r.strict {
		r.cached.SetMaxIdleConns(1) // as few connections as do, see renew
	}
	return err
}

// connector opens connections of a driver by a name.
type connector struct {
	drv driver.Driver
	dsn string
}

func (c connector) Connect(context.Context) (driver.Conn, error) { return c.drv.Open(c.dsn) }
func (c connector) Driver() driver.Driver                        { return c.drv }

func (r *run) end() error {
	for _, q := range r.queries {
		for _, s := range []*sql.Stmt{q.stmt, q.through} {
			if s != nil {
				s.Close()
			}
		}
	}
	return errors.Join(r.cached.Close(), r.twin.Close(), r.pair.twin.Close(), r.bare.Close(), r.cache.Close(), r.close())
}

// prepare reads all queries for the first time. Those that the database
// refuses are left out.
func (r *run) prepare() *failure {
	for i := range r.c.queries {
		q := &reading{selection: &r.c.queries[i], at: i + 1}
		r.queries = append(r.queries, q)
		q.last = r.ask(q)
		if q.last.err == nil && q.last.rows > maxRows {
			q.refuse = "too many rows"
			continue
		}
		if q.last.err != nil {
			q.refuse = q.last.err.Error()
		}
		if f := r.compare(q, nil); f != nil {
			return f
		}
	}
	return nil
}

// ask reads the twin. Where types matter it is asked as the cached handle is:
// drivers give a prepared statement's arguments other types than they write into a
// text.
func (r *run) ask(q *reading) answer {
	if r.strict && !q.prepared() {
		return r.collect(q, r.twin)
	}
	if q.stmt == nil {
		var err error
		if q.stmt, err = r.twin.PrepareContext(ctx, q.text); err != nil {
			return answer{err: err}
		}
	}
	return r.again(func() answer { return r.collected(q).collect(q.stmt.QueryContext(ctx, q.args...)) })
}

// read reads through the cache. Every fifth query is prepared once and for all.
func (r *run) read(q *reading) answer {
	if !q.prepared() || q.refuse != "" && !r.strict {
		return r.collect(q, r.cached)
	}
	if q.through == nil {
		var err error
		if q.through, err = r.cached.PrepareContext(ctx, q.text); err != nil {
			return answer{err: err}
		}
	}
	return r.again(func() answer { return r.collected(q).collect(q.through.QueryContext(ctx, q.args...)) })
}

// prepared tells whether a query is prepared once and for all.
func (q *reading) prepared() bool { return q.at%5 == 0 }

// collect reads a query that is given as a text.
func (r *run) collect(q *reading, on caller) answer {
	return r.again(func() answer { return r.collected(q).collect(on.QueryContext(ctx, q.text, q.args...)) })
}

// again reads once more where a driver has a plan from before the schema changed:
// it forgets the plan, and each of the pool's connections has one. In a transaction
// that is no use.
func (r *run) again(read func() answer) answer {
	got := read()
	for n := 0; n < 4 && outdated(got.err) && !r.inTx; n++ {
		got = read()
	}
	return got
}

// collected is how the rows of a query are compared.
func (r *run) collected(q *reading) comparison {
	return comparison{types: r.strict, order: q.ordered, nulls: r.nulls}
}

// compare reads a query through the cache and from the twin. After is the
// count of the step before, nil for none.
func (r *run) compare(q *reading, after *count) *failure {
	if q.refuse != "" && after != nil {
		return nil
	}
	before := q.last
	if after != nil {
		q.last = r.ask(q)
	}
	got := r.read(q)
	if unplanned(got.err) != unplanned(q.last.err) {
		return nil
	}
	if !got.equal(&q.last) {
		return r.differ(q, "the cache", &got)
	}
	if r.differs != "" {
		return &failure{what: fmt.Sprintf("STALE: query %d in shadow mode\n%s %v", q.at, q.text, q.args), got: r.differs, want: "no difference"}
	}
	failed := q.last.err != nil
	if q.cached = q.cached && !failed; failed {
		return nil //nolint:nilerr // both have the same error
	}
	one := count{reads: 1}
	switch {
	case r.event.Hit:
		one.hits = 1
	case r.event.Reason != "":
		r.reasons[r.event.Reason]++
	case q.cached && !r.ddl:
		one.dropped = 1
		if !before.equal(&q.last) {
			one.changed = 1
		}
		if !r.epochs.Load() {
			one.byImages, one.byImagesChanged = one.dropped, one.changed
		}
	}
	q.cached = r.event.Reason == ""
	q.count.add(&one)
	if after != nil {
		after.add(&one)
	}
	return nil
}

func (r *run) construct(name string) *count {
	c := r.counts[name]
	if c == nil {
		c = &count{}
		r.counts[name] = c
	}
	return c
}

// differ describes a read that differs, and asks a bare handle on the same
// file, to tell a stale read from rows that were written otherwise.
func (r *run) differ(q *reading, where string, got *answer) *failure {
	f := &failure{what: fmt.Sprintf("query %d read through %s (hit: %v, %s)\n%s %v", q.at, where, r.event.Hit, r.event.Reason, q.text, q.args), got: got.String(), want: q.last.String()}
	file := r.collect(q, r.bare)
	if file.equal(&q.last) {
		f.what = "STALE: " + f.what
	} else if text := r.collect(q, r.twin); got.equal(&file) && text.equal(&file) {
		// Nobody else agrees with the twin's prepared statement: MariaDB may answer one by
		// what it found out about the tables when it was prepared.
		q.refuse = "a prepared statement is answered otherwise"
		return nil
	} else {
		f.what = "WRITTEN OTHERWISE: " + f.what + "\nthe database has: " + file.String()
	}
	return f
}

// report adds what was counted to the tally.
func (r *run) report() {
	if r.tally == nil {
		return
	}
	t := r.tally
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cases++
	t.steps += r.steps
	for _, q := range r.queries {
		t.queries++
		if q.refuse != "" {
			t.refused++
			t.refusals[q.refuse]++
			continue
		}
		t.add(&q.count)
		t.construct(map[bool]string{true: usualName, false: otherName}[r.c.usual]).add(&q.count)
		if !r.c.foreignKeys {
			t.construct("foreign keys off").add(&q.count)
		}
		if r.c.shadow {
			t.construct("shadow mode").add(&q.count)
		}
		for _, tag := range q.tags {
			t.construct(tag).add(&q.count)
		}
	}
	for tag, c := range r.counts {
		t.construct(tag).add(c)
	}
	for what, n := range r.failed {
		t.failures[what] += n
	}
	for reason, n := range r.reasons {
		t.uncached[reason] += n
	}
}
