package engine

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/dependency"
	"github.com/cacheops/cacheops/store"
)

// Dep is something that a program declares a computed result to depend on: a target of
// a database, or a query.
type Dep struct {
	Database string
	Target   Target
	Query    string
	Args     []driver.NamedValue
}

// declaration is what is declared of one database, by a schema.
type declaration struct {
	handle *Handle
	schema *schemaState
	query  *store.Query
}

// declared returns what leases the dependencies that are declared.
func (e *Engine) declared(ctx context.Context, deps []Dep, ttl time.Duration) ([]declaration, error) {
	out := make([]declaration, len(deps))
	for i := range deps {
		handles := e.Handles(deps[i].Database)
		if len(handles) == 0 {
			return nil, fmt.Errorf("cacheops: a dependency is on database %q, of which no handle is open", deps[i].Database)
		}
		var err error
		if out[i], err = handles[0].declaration(ctx, &deps[i], ttl); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// declaration returns what leases a dependency that is declared.
func (h *Handle) declaration(ctx context.Context, dep *Dep, ttl time.Duration) (d declaration, err error) {
	for again := true; ; again = false {
		if err := h.EnsureSchema(ctx); err != nil {
			return d, err
		}
		d = declaration{handle: h, schema: h.schema.Load()}
		if d.schema == nil || d.schema.provisional {
			return d, ErrNoSchema
		}
		if d.query, err = h.declared(ctx, dep); err == nil {
			d.query.TTL = max(d.query.TTL, ttl)
			return d, nil
		}
		if void, verr := d.void(ctx); !again || verr != nil || !void {
			return d, err
		} // by the schema of now it may be there
	}
}

// void reports whether the schema is another one than what was declared was worked out
// by, and then has it read anew. To be asked after the leases: what changes the schema
// from then on ends them.
func (d *declaration) void(ctx context.Context) (bool, error) {
	stored, err := d.handle.StoredSchema(ctx)
	if err != nil || stored == d.schema.version {
		return false, err
	}
	d.handle.stale.Store(true)
	return true, nil
}

// declared returns the query that leases what is declared of the handle's database.
func (h *Handle) declared(ctx context.Context, d *Dep) (*store.Query, error) {
	if d.Target.Kind == TargetNone {
		return h.declaredQuery(ctx, d)
	}
	target := d.Target
	if target.Kind == TargetAll { // a table that is not there yet comes with a change of the schema
		target = Target{Kind: TargetPattern, Name: "*"}
	}
	found, err := h.resolve([]Target{target})
	if err != nil {
		return nil, err
	}
	out := &store.Query{Database: h.domain}
	for i := range found {
		set := dependency.Set{{Table: found[i].table, Whole: true}}
		if found[i].row != nil {
			set[0].Whole, set[0].Conjs = false, []dependency.Conj{h.rowConj(&found[i])}
		}
		set, err := h.boundSet(ctx, set)
		if err != nil {
			return nil, err
		}
		deps := set.Deps()
		if prefix := h.prefix(ctx, found[i].table); prefix != "" {
			other := deps[0]
			other.Table = prefixed(prefix, other.Table)
			deps = append(deps, other)
		}
		out.Deps = append(out.Deps, deps...)
	}
	return out, nil
}

// boundSet bounds the schemes of a set of one table.
func (h *Handle) boundSet(ctx context.Context, set dependency.Set) (dependency.Set, error) {
	return set.Within(h.engine.cfg.MaxSchemes, func(table string) ([]store.Scheme, error) {
		reg, err := h.engine.registry(ctx, h.domain, table)
		return reg.Schemes, err
	})
}

// rowConj is the rows that have the values of a row. What cannot be compared matches
// every value.
func (h *Handle) rowConj(r *resolved) dependency.Conj {
	var c dependency.Conj
	for i, at := range r.columns {
		column := r.table.Columns[at]
		if r.row[i] == nil {
			c = append(c, dependency.Term{Column: column, Form: dependency.FormNull, Value: dependency.Yes})
			continue
		}
		if column.Comparison == "" {
			continue
		}
		if text, ok := h.dialect.Canonical(column, r.row[i], dialect.SideArgument); ok {
			c = append(c, dependency.Term{Column: column, Form: dependency.FormValue, Value: text})
		}
	}
	slices.SortFunc(c, func(t, u dependency.Term) int { return t.Compare(&u) })
	return c
}

// errNotCacheable is the cause where a declared query says nothing of what it depends on.
var errNotCacheable = errors.New("it is no read that can be cached")

func (h *Handle) declaredQuery(ctx context.Context, d *Dep) (*store.Query, error) {
	p := h.Plan(d.Query)
	if p.Read == nil || p.state == nil || p.Read.Reason != "" {
		cause := errNotCacheable
		if p.Read != nil && p.Read.Reason != "" {
			cause = errors.New(p.Read.Reason)
		}
		return nil, fmt.Errorf("cacheops: a dependency is on the query %q: %w", d.Query, cause)
	}
	prefixes, ok := h.prefixes(ctx, p)
	if !ok {
		return nil, fmt.Errorf("cacheops: a dependency is on the query %q: %s", d.Query, reasonPrefix)
	}
	key, _ := entryKey(&p.digest, prefixes, d.Args) // of no entry
	return h.query(ctx, &Call{plan: p, args: d.Args, prefixes: prefixes, key: key})
}
