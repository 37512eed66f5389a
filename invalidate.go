package cacheops

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/cacheops/cacheops/internal/engine"
)

// Target is something to invalidate: Row, Table, Pattern or All.
type Target struct {
	target engine.Target
	err    error
}

// Values are the values of some columns of a row, by the columns' names. They
// are Go values as for the arguments of a query; nil is NULL.
type Values map[string]any

// Row is what is cached of a query that a row with these values can matter to:
// one that was changed, added or deleted behind the library's back. A change of a
// value takes two rows, the one before and the one after.
//
// A column that is not given matches every value. So Row("posts", Values{"id":
// 34}) drops what depends on id = 34, and on any category, but not what depends
// on id = 35. Where a query compares columns together, such as category_id = 1
// AND status = 'live', and the row gives some of them only, every result that
// compares just these columns is dropped. So the more columns are given the less
// is dropped.
func Row(table string, values Values) Target {
	t := Target{target: engine.Target{Kind: engine.TargetRow, Name: table, Values: make(map[string]driver.Value, len(values))}}
	for name, v := range values {
		converted, err := driver.DefaultParameterConverter.ConvertValue(v)
		if err != nil {
			t.err = fmt.Errorf("cacheops: Row(%q): column %q: %w", table, name, err)
		}
		t.target.Values[name] = converted
	}
	return t
}

// Table is everything cached of a table, "posts" or "blog.posts". What inherits from it,
// and what it inherits from, goes with it: their rows are in part the same.
func Table(name string) Target {
	return Target{target: engine.Target{Kind: engine.TargetTable, Name: name}}
}

// Pattern is everything cached of the tables whose name, or schema and name,
// match a glob, as in Profiles: "log_*", "blog.*". One that matches no table is
// an error, for it is more likely a slip than meant.
func Pattern(glob string) Target {
	t := Target{target: engine.Target{Kind: engine.TargetPattern, Name: glob}}
	if _, err := path.Match(glob, ""); err != nil {
		t.err = fmt.Errorf("cacheops: Pattern(%q) is no valid pattern: %w", glob, err)
	}
	return t
}

// All is everything cached of the database.
func All() Target { return Target{target: engine.Target{Kind: engine.TargetAll}} }

// Invalidate drops what is cached of the targets, for writes that bypassed the
// library. It costs the same however much is cached. When it has returned, no
// read that starts afterwards is answered from before it.
//
// A table or column that is not there is an error that names it, and so is a
// view: name the tables that its rows come from. Nothing is dropped then, also
// not of the other targets. All needs nothing; the other targets need an open
// handle for its schema, else the error is ErrNotOpen, and Pattern a free
// connection, to see whether the schema changed. With Config.PrefixFunc All needs
// what Pattern does. No targets do nothing. It may be called by many goroutines.
//
// In a transaction use InvalidateTx. Under NoInvalidation and Postpone it works as
// anywhere.
func (d *Database) Invalidate(ctx context.Context, targets ...Target) error {
	list, err := checkTargets(targets)
	if err != nil || len(list) == 0 {
		return err
	}
	is := func(kind engine.TargetKind) func(engine.Target) bool {
		return func(t engine.Target) bool { return t.Kind == kind }
	}
	if d.cache.engine.KnowsAll() && !slices.ContainsFunc(list, func(t engine.Target) bool { return t.Kind != engine.TargetAll }) {
		if err := d.cache.engine.InvalidateAll(ctx, d.name, engine.CauseInvalidate); err != nil {
			return fmt.Errorf("cacheops: invalidate %q: %w", d.name, err)
		}
		return nil
	}
	h, err := d.handle(ctx)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(list, is(engine.TargetPattern)) || slices.ContainsFunc(list, is(engine.TargetAll)) && !d.cache.engine.KnowsAll() || h.Resolves(list) != nil {
		// Somebody may have made a table meanwhile, and not through the library.
		if err := h.Refresh(ctx); err != nil {
			return err
		}
	}
	return h.Invalidate(ctx, list)
}

// SchemaChanged says that the schema was changed behind the library's back, by a
// migration tool for example: every process on the store reads it anew before its next
// hit, and everything cached of the database is dropped. Call it when the change has
// committed. It needs no open handle, and may be called by many goroutines. After an
// error call it again.
func (d *Database) SchemaChanged(ctx context.Context) error {
	if err := d.cache.engine.SchemaChanged(ctx, d.name); err != nil {
		return fmt.Errorf("cacheops: new schema version of %q: %w", d.name, err)
	}
	return nil
}

// Execer is what InvalidateTx needs of a transaction: *sql.Tx has it, *sql.Conn,
// and those of most libraries, such as bun.Tx and *sqlx.Tx.
type Execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// ErrNotWrapped is returned for a transaction or connection that was not begun
// on a handle of package sqlcache.
var ErrNotWrapped = errors.New("cacheops: the connection is not one of sqlcache: open its *sql.DB with sqlcache.Open, OpenDB or Register")

// InvalidateTx is Invalidate as a part of a transaction. It takes effect when
// that commits. A rollback drops it, also one to a savepoint from before it. A
// transaction that was begun by a statement's text counts too: give the
// connection that it is on. Outside a transaction, on a *sql.DB for example, it
// takes effect at once.
//
// The targets reach the connection by a statement on tx, "SELECT 1", which is not
// run. Where tx is not one of a wrapped handle the statement is run, nothing is
// dropped, and the error is ErrNotWrapped. A handle with another Database is an
// error too, as is what Invalidate refuses; the transaction stays usable. With
// Config.PrefixFunc All drops what every prefix has. Pattern
// matches the tables that are known when it is called.
func (d *Database) InvalidateTx(ctx context.Context, tx Execer, targets ...Target) error {
	list, err := checkTargets(targets)
	if err != nil || len(list) == 0 {
		return err
	}
	ctx, notice := d.cache.engine.WithNotice(ctx, d.name, list)
	if _, err := tx.ExecContext(ctx, engine.NoticeText); err != nil {
		return err
	}
	if !notice.Taken() {
		return ErrNotWrapped
	}
	return nil
}

// checkTargets finds what is wrong with targets before anybody looks at the
// schema.
func checkTargets(targets []Target) ([]engine.Target, error) {
	list := make([]engine.Target, len(targets))
	for i, t := range targets {
		switch {
		case t.err != nil:
			return nil, t.err
		case t.target.Kind == engine.TargetNone, t.target.Kind != engine.TargetAll && t.target.Name == "":
			return nil, errors.New("cacheops: Invalidate got an empty target: use Row, Table, Pattern or All")
		}
		list[i] = t.target
	}
	return list, nil
}
