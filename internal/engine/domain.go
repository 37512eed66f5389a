package engine

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/store"
)

// What the store calls a database is the program's prefix and the name. All
// stamps of one such name are a domain of their own.

// domain returns the store's name of a database. No two pairs of prefix and
// database have one: a name that could be taken for a pair is written as one.
func (e *Engine) domain(database string) string {
	if e.cfg.Prefix == "" && !strings.Contains(database, "|") {
		return database
	}
	return e.cfg.Prefix + "|" + database
}

// Domains returns the store's names under which something of a database may be: its own,
// and the one that databases share.
func (e *Engine) Domains(database string) (own, shared string) {
	return e.domain(database), e.shared()
}

// shared returns the store's name for what is kept for all databases. No
// database has an empty name.
func (e *Engine) shared() string { return e.cfg.Prefix + "|" }

// A prefix that depends on the context tells tenants apart within a database. It
// goes before the tables' names: every tenant has stamps of its own for each
// table. An entry depends on those, and on the same ones without a prefix. So a
// write of a tenant drops what its own conditions say of that tenant alone, and a
// write of which no tenant is known drops it for all.

// prefixed returns the store's name of a table under a prefix. No table's key
// holds the separator.
func prefixed(prefix, table string) string {
	if prefix == "" {
		return table
	}
	return prefix + "\x00" + table
}

// KnowsAll reports whether everything of a database can be named without its
// schema: there are no prefixes by context.
func (e *Engine) KnowsAll() bool { return e.cfg.PrefixFor == nil }

// prefix asks the program for the prefix of a table in a context. A panic of it is
// no answer.
func (h *Handle) prefix(ctx context.Context, t *dialect.Table) (prefix string) {
	f := h.engine.cfg.PrefixFor
	if f == nil {
		return ""
	}
	defer func() {
		if r := recover(); r != nil {
			h.engine.panicked(ctx, "Config.PrefixFunc", r)
			prefix = ""
		}
	}()
	return f(ctx, h.database, t.Name)
}

// prefixes returns the prefix of each table of a read, or false where one is not
// known.
func (h *Handle) prefixes(ctx context.Context, p *Plan) ([]string, bool) {
	if h.engine.cfg.PrefixFor == nil {
		return nil, true
	}
	out := make([]string, len(p.Read.Tables))
	for i, t := range p.Read.Tables {
		if out[i] = h.prefix(ctx, t); out[i] == "" {
			return nil, false
		}
	}
	return out, true
}

// prefixDeps adds the dependency under the call's prefixes.
func (c *Call) prefixDeps(deps []store.TableDep) []store.TableDep {
	if len(c.prefixes) == 0 {
		return deps
	}
	for _, d := range slices.Clone(deps) {
		i := slices.IndexFunc(c.plan.Read.Tables, func(t *dialect.Table) bool { return t.Key == d.Table })
		d.Table = prefixed(c.prefixes[i], d.Table)
		deps = append(deps, d)
	}
	return deps
}

// fingerprint is a digest of everything in a schema that decides what a SELECT
// returns, but for the rows. Databases with one fingerprint can share results.
func fingerprint(catalog *dialect.Catalog) store.Schema {
	h := sha256.New()
	var b []byte
	// The order in which tables were made decides nothing.
	tables := slices.Clone(catalog.Tables())
	slices.SortFunc(tables, func(t, u *dialect.Table) int { return strings.Compare(t.Key, u.Key) })
	for _, t := range tables {
		b = appendString(b[:0], t.Schema)
		b = appendString(b, t.Name)
		b = append(b, byte(t.Kind))
		// Statements may name a row without its columns.
		b = appendString(b, t.RowID)
		for _, c := range t.RowIDColumns {
			b = appendString(b, c.Name)
		}
		b = binary.AppendUvarint(b, uint64(len(t.Columns)))
		for _, c := range t.Columns {
			b = appendString(b, c.Name)
			b = appendString(b, c.Type)
			b = appendString(b, c.Comparison)
			b = appendString(b, c.Collation)
		}
		for _, name := range t.ViewColumns {
			b = appendString(b, name)
		}
		if t.View != nil {
			b = appendString(b, t.View.Text)
		}
		h.Write(appendString(nil, string(b)))
	}
	var v store.Schema
	copy(v[:], h.Sum(nil))
	return v
}

// within reports whether something of a table may be kept in a domain.
func (h *Handle) within(domain string, t *dialect.Table) bool {
	return domain == h.domain || h.engine.cfg.Policy(t).Agnostic
}

// registries returns the registries of everything that is kept of a table, for
// the context's prefix. There are none where the store is unavailable and the
// engine degrades.
func (h *Handle) registries(ctx context.Context, t *dialect.Table) ([]store.Registry, error) {
	name := prefixed(h.prefix(ctx, t), t.Key)
	var out []store.Registry
	for _, domain := range h.domains {
		if !h.within(domain, t) {
			continue
		}
		reg, err := h.engine.registry(ctx, domain, name)
		switch away := errors.Is(h.engine.noted(ctx, callRegistry, err), store.ErrUnavailable); {
		case err == nil:
			out = append(out, reg)
		case away && h.engine.cfg.Degrade && ctx.Err() == nil:
			return nil, nil
		case away:
			return nil, fmt.Errorf("cacheops: what is cached of a table that is written is not known (%s): %w", remedy, err)
		default:
			return nil, err
		}
	}
	return out, nil
}

// Unread reports whether nobody has anything cached of a table, or may have and
// not mind. Where that cannot be known, and the engine degrades, somebody may.
func (h *Handle) Unread(ctx context.Context, t *dialect.Table) (bool, error) {
	if h.Untracked(t) {
		return true, nil
	}
	regs, err := h.registries(ctx, t)
	return len(regs) > 0 && !slices.ContainsFunc(regs, func(r store.Registry) bool { return !r.Unread }), err
}
