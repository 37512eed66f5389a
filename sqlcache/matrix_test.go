package sqlcache_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/internal/drivertest"
	"github.com/cacheops/cacheops/sqlcache"
)

// program is something a user of database/sql does. It writes down everything
// that it sees.
type program struct {
	name string
	run  func(*session)
	// failures are what goes wrong in the driver.
	failures []drivertest.Failure
	// hits is true when the second run is to be answered by the cache alone.
	hits bool
	// once is true when a second run would not meet the same failures.
	once bool
	// loose is true when the driver need not be asked the same: the order of the
	// calls is not fixed, or they never had a chance.
	loose bool
	// only, if set, tells with which capabilities the program can run at all.
	only func(drivertest.Capability) bool
}

// programs are what the matrix runs.
func programs() []program {
	var all []program
	for _, list := range [][]program{
		readPrograms, columnPrograms, argumentPrograms, preparedPrograms,
		writePrograms, transactionPrograms, contextPrograms, failurePrograms(), sessionPrograms,
	} {
		all = append(all, list...)
	}
	return all
}

// session is one run of a program.
type session struct {
	ctx     context.Context //nolint:containedctx // one session is one run, and this is its context
	db      *sql.DB
	drv     *drivertest.Driver
	set     drivertest.Capability
	raw     func(context.Context, *sql.Conn, func(any) error) error
	wrapped bool
	lines   []string
}

// note writes down a line.
func (s *session) notef(format string, args ...any) {
	s.lines = append(s.lines, fmt.Sprintf(format, args...))
}

// The errors of the tests' own.
var (
	errFirst  = errors.New("the first thing that went wrong")
	errSecond = errors.New("the second thing that went wrong")
)

// sentinels are the errors that programs look for.
var sentinels = []error{
	sql.ErrNoRows, sql.ErrTxDone, sql.ErrConnDone, driver.ErrBadConn, driver.ErrSkip, driver.ErrRemoveArgument,
	context.Canceled, context.DeadlineExceeded, io.EOF, errFirst, errSecond,
}

// err writes down an error: its text, its type, and what it is.
func (s *session) err(what string, err error) {
	if err == nil {
		s.notef("%s: no error", what)
		return
	}
	is := ""
	for _, target := range sentinels {
		switch {
		case err == target: //nolint:errorlint // some programs compare like this
			is += fmt.Sprintf(" == %q", target)
		case errors.Is(err, target):
			is += fmt.Sprintf(" is %q", target)
		}
	}
	s.notef("%s: %T %q%s", what, err, err, is)
}

// result writes down what an Exec returned.
func (s *session) result(what string, res sql.Result, err error) {
	s.err(what, err)
	if err != nil {
		return
	}
	id, idErr := res.LastInsertId()
	n, nErr := res.RowsAffected()
	s.notef("%s: id %d, %v; affected %d, %v", what, id, idErr, n, nErr)
}

// types writes down everything that database/sql tells of the columns now.
func (s *session) types(rows *sql.Rows) {
	names, err := rows.Columns()
	s.err("columns", err)
	s.notef("names %q", names)
	list, err := rows.ColumnTypes()
	s.err("types", err)
	for _, c := range list {
		length, hasLength := c.Length()
		nullable, hasNullable := c.Nullable()
		precision, scale, hasScale := c.DecimalSize()
		s.notef("type %q %q scan %v length %d %v nullable %v %v decimal %d %d %v", c.Name(), c.DatabaseTypeName(),
			c.ScanType(), length, hasLength, nullable, hasNullable, precision, scale, hasScale)
	}
}

// row writes down the current row.
func (s *session) row(rows *sql.Rows) {
	names, err := rows.Columns()
	if err != nil {
		s.err("columns", err)
		return
	}
	values := make([]any, len(names))
	dest := make([]any, len(names))
	for i := range values {
		dest[i] = &values[i]
	}
	s.err("scan", rows.Scan(dest...))
	for i, v := range values {
		switch v := v.(type) {
		case time.Time:
			s.notef("%s = time %s %q", names[i], v.Format(time.RFC3339Nano), v.Location())
		case []byte:
			s.notef("%s = bytes %q nil %v", names[i], v, v == nil)
			for i := range v {
				v[i] = '!' // what a program does to its bytes is its own business
			}
		default:
			s.notef("%s = %T %v", names[i], v, v)
		}
	}
}

// all writes down rows and everything about them, to their end.
func (s *session) all(what string, rows *sql.Rows, err error) {
	s.err(what, err)
	if err != nil {
		return
	}
	for sets := 0; ; sets++ {
		s.types(rows)
		for rows.Next() {
			s.types(rows)
			s.row(rows)
		}
		s.err("after the last row", rows.Err())
		s.types(rows)
		next := rows.NextResultSet()
		s.notef("next result set: %v", next)
		if !next {
			break
		}
	}
	s.err("rows", rows.Err())
	s.err("close", rows.Close())
	s.err("close again", rows.Close())
	s.err("rows at the end", rows.Err())
}

// query runs a query and writes down everything.
func (s *session) query(text string, args ...any) {
	rows, err := s.db.QueryContext(s.ctx, text, args...)
	s.all(text, rows, err)
}

// exec runs a statement and writes down everything.
func (s *session) exec(text string, args ...any) {
	res, err := s.db.ExecContext(s.ctx, text, args...)
	s.result(text, res, err)
}

// subject is a driver and a handle on it.
type subject struct {
	drv     *drivertest.Driver
	db      *sql.DB
	wrapped bool
}

// open opens a handle on a new driver, wrapped if there is a cache.
func open(t *testing.T, set drivertest.Capability, p *program, cache *cacheops.Cache) *subject {
	t.Helper()
	s := &subject{wrapped: cache != nil}
	s.drv = drivertest.New(drivertest.Config{Capabilities: set, Answers: answers(), Failures: p.failures})
	if cache == nil {
		s.db = sql.OpenDB(s.drv.Connector())
		return s
	}
	db, err := sqlcache.OpenDB(cache, s.drv.Connector(), sqlcache.Config{Dialect: fakeDialect{}, Database: t.Name()})
	if err != nil {
		t.Fatal(err)
	}
	s.db = db
	return s
}

// run runs a program and returns what it saw, and what the driver was called
// for.
func (s *subject) run(t *testing.T, p *program, set drivertest.Capability) (lines []string, calls []drivertest.Call) {
	t.Helper()
	before := len(s.drv.Calls())
	run := &session{ctx: t.Context(), db: s.db, drv: s.drv, set: set, wrapped: s.wrapped, raw: rawOf(s.wrapped)}
	p.run(run)
	if open := s.drv.Open(); open.Rows != 0 || open.Txs != 0 {
		t.Errorf("wrapped %v: left open after the program: %+v", s.wrapped, open)
	}
	return run.lines, s.drv.Calls()[before:]
}

// close closes the handle: then nothing may be open, and no connection may have
// been used when it should not have been.
func (s *subject) close(t *testing.T, p *program, set drivertest.Capability) {
	t.Helper()
	if err := s.db.Close(); err != nil {
		t.Errorf("wrapped %v: close: %v", s.wrapped, err)
	}
	// database/sql ends a transaction whose context is over, and then closes the
	// connection, from a goroutine of its own.
	for end := time.Now().Add(10 * time.Second); s.drv.Open() != (drivertest.Open{}) && time.Now().Before(end); {
		runtime.Gosched()
	}
	if open := s.drv.Open(); open != (drivertest.Open{}) {
		t.Errorf("wrapped %v: left open: %+v", s.wrapped, open)
	}
	fates(t, p, s.drv.Calls())
	if set.Has(drivertest.SessionResetter | drivertest.Validator) {
		resets(t, s.drv.Calls())
	}
}

// rawOf is how a program gets at the driver's connection.
func rawOf(wrapped bool) func(context.Context, *sql.Conn, func(any) error) error {
	if wrapped {
		return sqlcache.Raw
	}
	return func(_ context.Context, c *sql.Conn, f func(any) error) error { return c.Raw(f) }
}

// everyTable matches every table. Unlike "*" it is not warned of.
const everyTable = "?*"

// newCache returns a cache that caches every read.
func newCache(t testing.TB) *cacheops.Cache {
	t.Helper()
	return newCacheWith(t, cacheops.Config{})
}

// newCacheWith is newCache with other settings.
func newCacheWith(t testing.TB, cfg cacheops.Config) *cacheops.Cache {
	t.Helper()
	cfg.Profiles = cacheops.Profiles{everyTable: {Ops: cacheops.OpAll}}
	cache, err := cacheops.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cache.Close(); err != nil {
			t.Error(err)
		}
	})
	return cache
}

// TestMatrix runs every program with every set of capabilities, on the driver
// itself and on the wrapped one, twice on each, and compares what it sees.
func TestMatrix(t *testing.T) {
	t.Parallel()
	for _, c := range drivertest.Matrix() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			cache := newCache(t)
			for _, p := range programs() {
				if p.only == nil || p.only(c.Set) {
					t.Run(p.name, func(t *testing.T) { compare(t, cache, c.Set, &p, false) })
				}
			}
		})
	}
}

// TestMatrixInShadowMode runs every program in shadow mode, with every seventh
// set of capabilities: the driver is asked as if there were no cache, at each
// run, and the cache finds no difference.
func TestMatrixInShadowMode(t *testing.T) {
	t.Parallel()
	for i, c := range drivertest.Matrix() {
		if i%7 > 0 {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			cache := newCacheWith(t, cacheops.Config{Shadow: true})
			for _, p := range programs() {
				if p.only == nil || p.only(c.Set) {
					t.Run(p.name, func(t *testing.T) { compare(t, cache, c.Set, &p, true) })
				}
			}
			if s := cache.Stats(); s.Hits == 0 || s.Shadow.Compared == 0 || s.Shadow.Differences > 0 {
				t.Errorf("%d would-be hits, %+v", s.Hits, s.Shadow)
			}
		})
	}
}

// compare runs a program both ways. In shadow mode there are no hits.
func compare(t *testing.T, cache *cacheops.Cache, set drivertest.Capability, p *program, shadow bool) {
	t.Helper()
	bare, wrapped := open(t, set, p, nil), open(t, set, p, cache)
	runs := 2
	if p.once {
		runs = 1
	}
	for n := 1; n <= runs; n++ {
		want, wantCalls := bare.run(t, p, set)
		got, gotCalls := wrapped.run(t, p, set)
		if diff := difference(want, got); diff != "" {
			t.Errorf("run %d: the program sees something else:\n%s", n, diff)
		}
		switch {
		case len(want) == 0:
			t.Error("the program saw nothing")
		case n == 1 || shadow:
			if p.failures == nil && !p.loose {
				sameStatements(t, wantCalls, gotCalls)
			}
		case p.hits:
			for _, k := range gotCalls {
				if isStatement(k.Op) {
					t.Errorf("run %d: not answered by the cache: %v", n, k)
				}
			}
		}
	}
	bare.close(t, p, set)
	wrapped.close(t, p, set)
}

// difference shows where two lists of lines part.
func difference(want, got []string) string {
	for i := range max(len(want), len(got)) {
		w, g := "(nothing)", "(nothing)"
		if i < len(want) {
			w = want[i]
		}
		if i < len(got) {
			g = got[i]
		}
		if w != g {
			from := max(0, i-3)
			return fmt.Sprintf("  after:   %s\n  bare:    %s\n  wrapped: %s", strings.Join(want[from:min(i, len(want))], "\n           "), w, g)
		}
	}
	return ""
}
