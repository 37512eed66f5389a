package sqlcache

import (
	"context"
	"database/sql/driver"
	"slices"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/internal/engine"
)

// cascade follows the actions of foreign keys from the rows that a statement is
// about to change, before it runs: afterwards nothing binds the children to
// their parents. Rows are known by their names, so that rings come to an end.
type cascade struct {
	dialect dialect.Dialect
	target  *dialect.Table
	edges   []analysis.Cascade
	asked   []int // by edge: how many of the parent's rows were asked for children
	tables  map[*dialect.Table]*reached
	counted counted
}

// reached are the rows of one table that the statement reaches.
type reached struct {
	columns []int // the last one is the row's name
	unread  bool  // nobody reads the table: an epoch costs nothing
	// lost is true when its rows are not all known, nor are those behind them.
	lost bool
	// remains is true when its rows may be there after the statement.
	remains bool
	names   map[rowName]struct{}
	order   []rowName
	images  [][]driver.Value
}

// epoch reports whether the table takes a new epoch.
func (r *reached) epoch() bool { return r.unread || r.lost }

// withName returns the columns with the row's name behind them.
func withName(columns []int) []int { return append(slices.Clip(columns), dialect.RowName) }

// newCascade prepares to follow a write's foreign keys. Columns and unread are
// what Schemes said of the target. Nil means that there are none, or that
// nobody reads what they lead to.
func (c *conn) newCascade(ctx context.Context, w *analysis.Write, columns []int, unread bool) (*cascade, error) {
	if len(w.Cascades) == 0 {
		return nil, nil
	}
	cas := &cascade{dialect: c.connector.cfg.Dialect, target: w.Target, tables: make(map[*dialect.Table]*reached, len(w.Cascades)+1)}
	cas.tables[w.Target] = &reached{columns: withName(columns), unread: unread}
	for i := range w.Cascades {
		e := &w.Cascades[i]
		r := cas.tables[e.Child]
		if r == nil {
			columns, unread, ok, err := c.connector.handle.Schemes(ctx, e.Child)
			if err != nil {
				return nil, err
			}
			r = &reached{columns: withName(columns), unread: unread || !ok}
			cas.tables[e.Child] = r
		}
		r.remains = r.remains || !e.Deletes
	}
	for i := range w.Cascades {
		if e := &w.Cascades[i]; cas.matters(w.Cascades, e.Child, nil) {
			cas.edges = append(cas.edges, *e)
		}
	}
	if len(cas.edges) == 0 {
		return nil, nil
	}
	cas.asked = make([]int, len(cas.edges))
	return cas, nil
}

// matters reports whether somebody reads a table, or one that is reached from
// it.
func (cas *cascade) matters(edges []analysis.Cascade, t *dialect.Table, seen []*dialect.Table) bool {
	if slices.Contains(seen, t) {
		return false
	}
	if !cas.tables[t].unread {
		return true
	}
	seen = append(seen, t)
	return slices.ContainsFunc(edges, func(e analysis.Cascade) bool {
		return e.Parent == t && cas.matters(edges, e.Child, seen)
	})
}

// follow takes the images of all rows that are reached from the target's, which
// the query before the statement found. False means that they cannot be had.
func (cas *cascade) follow(ctx context.Context, real *realConn, changes *engine.Changes, before [][]driver.Value) (ok bool, err error) {
	if err := cas.begin(ctx, real); err != nil {
		return false, err
	}
	target := cas.tables[cas.target]
	if !target.add(before, false) {
		return false, nil
	}
	for more := true; more; {
		more = false
		for i := range cas.edges {
			asked := cas.asked[i]
			if ok, err := cas.step(ctx, real, changes, i); err != nil || !ok {
				return false, err
			}
			more = more || cas.asked[i] > asked
		}
	}
	if target.lost {
		return false, nil
	}
	for t, r := range cas.tables {
		if !r.epoch() {
			changes.AddImages(t, r.columns, r.images, engine.Before)
		}
	}
	return true, nil
}

// step asks one foreign key for the children of those of the parent's rows that
// were not asked for yet. False means that an answer could not be had.
func (cas *cascade) step(ctx context.Context, real *realConn, changes *engine.Changes, i int) (ok bool, err error) {
	e := &cas.edges[i]
	parent, child := cas.tables[e.Parent], cas.tables[e.Child]
	room := changes.Room(e.Child)
	for cas.asked[i] < len(parent.order) && !child.lost {
		args, taken := someNames(parent.order[cas.asked[i]:])
		query := cas.dialect.ChildrenOf(e.Parent, e.Child, e.Key, e.Event, child.columns, len(args))
		if query == "" {
			return false, nil
		}
		rows, err := real.collect(ctx, call{text: query, args: args}, room+1)
		if err != nil || !child.add(rows, !child.unread) {
			return false, err
		}
		cas.asked[i] += taken
		if 2*len(child.order) > room {
			cas.lose(e.Child)
		}
	}
	return true, nil
}

// lose gives up a table of which too many rows are reached, and all that is
// reached from them.
func (cas *cascade) lose(t *dialect.Table) {
	r := cas.tables[t]
	if r.lost {
		return
	}
	r.lost, r.order, r.names, r.images = true, nil, nil, nil
	for i := range cas.edges {
		if cas.edges[i].Parent == t {
			cas.lose(cas.edges[i].Child)
		}
	}
}

// finish takes the images after the statement, of the rows that an action
// changed. Found is false when the statement changed other rows than those from
// which the keys were followed. After an error the tables take an epoch.
func (cas *cascade) finish(ctx context.Context, real *realConn, changes *engine.Changes, found bool) (err error) {
	if found {
		found, err = cas.complete(ctx, real)
	}
	for t, r := range cas.tables {
		if !found || err != nil || r.epoch() {
			changes.AddEpochs(t)
			continue
		}
		if r.remains {
			if err = cas.readBack(ctx, real, changes, t, r); err != nil {
				changes.AddEpochs(t)
			}
		}
	}
	return err
}

// readBack reads the rows again that are still there.
func (cas *cascade) readBack(ctx context.Context, real *realConn, changes *engine.Changes, t *dialect.Table, r *reached) error {
	for left := r.order; len(left) > 0; {
		args, taken := someNames(left)
		left = left[taken:]
		query := cas.dialect.RowsOf(t, r.columns, len(args))
		if query == "" {
			changes.AddEpochs(t)
			return nil
		}
		rows, err := real.collect(ctx, call{text: query, args: args}, -1)
		if err != nil {
			return err
		}
		changes.AddImages(t, r.columns, rows, engine.After)
	}
	return nil
}

// add takes rows over, each once; with keep their images too. False means that
// a row has no name.
func (r *reached) add(rows [][]driver.Value, keep bool) bool {
	for _, row := range rows {
		name, ok := nameOf(row)
		if !ok {
			return false
		}
		if _, known := r.names[name]; known {
			continue
		}
		if r.names == nil {
			r.names = make(map[rowName]struct{})
		}
		r.names[name] = struct{}{}
		r.order = append(r.order, name)
		if keep {
			r.images = append(r.images, row)
		}
	}
	return true
}

// someNames takes names off the front of a list, as arguments: few or many, so
// that the statements can be kept. The last name is repeated.
func someNames(names []rowName) (args []driver.NamedValue, taken int) {
	size := 256
	for _, n := range [...]int{1, 8, 64} {
		if n >= len(names) {
			size = n
			break
		}
	}
	taken = min(size, len(names))
	args = make([]driver.NamedValue, size)
	for i := range args {
		args[i] = driver.NamedValue{Ordinal: i + 1, Value: names[min(i, taken-1)].value()}
	}
	return args, taken
}
