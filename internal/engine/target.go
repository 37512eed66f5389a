package engine

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/store"
)

// Target is something that a program asks to invalidate.
type Target struct {
	Kind TargetKind
	// Name is a table's name, "posts" or "blog.posts", or a pattern of names.
	Name string
	// Values are the values of a row's columns, those that are known.
	Values map[string]driver.Value
	// Stored is true for values that an image query read, false for those that are
	// as the arguments of a query.
	Stored bool
}

// TargetKind says what a [Target] is.
type TargetKind uint8

// The kinds of target.
const (
	TargetNone TargetKind = iota
	TargetRow
	TargetTable
	TargetPattern
	TargetAll
)

// Notice carries targets through a context to the connection that a statement
// reaches, so that a transaction's part in them is known.
type Notice struct {
	engine   *Engine
	database string
	targets  []Target
	taken    atomic.Bool
}

type noticeKey struct{}

// WithNotice returns a context in which [NoticeText] brings the targets to its
// connection, instead of being run.
func (e *Engine) WithNotice(ctx context.Context, database string, targets []Target) (context.Context, *Notice) {
	n := &Notice{engine: e, database: database, targets: targets}
	return context.WithValue(ctx, noticeKey{}, n), n
}

// NoticeText is the statement that brings a notice to a connection. It does no
// harm where nobody takes the notice, and so runs it.
const NoticeText = "SELECT 1"

// NoticeFrom returns the notice that a statement brings, nil when there is none
// or a connection took it. What a library on the way adds to the text does not
// matter, and statements of its own under the same context are left alone.
func NoticeFrom(ctx context.Context, text string) *Notice {
	n, _ := ctx.Value(noticeKey{}).(*Notice)
	if n == nil || n.taken.Load() || !isNotice(text) {
		return nil
	}
	return n
}

// isNotice reports whether a text is [NoticeText], but for comments, white space
// and a semicolon. One that only contains it is a statement of its own: it must
// be run.
func isNotice(text string) bool {
	for at := strings.Index(text, NoticeText); at >= 0; {
		if blank(text[:at]) && blank(text[at+len(NoticeText):]) {
			return true
		}
		next := strings.Index(text[at+1:], NoticeText) // that one was in a comment
		if next < 0 {
			return false
		}
		at += 1 + next
	}
	return false
}

// blank reports whether a text holds nothing but comments, white space and
// semicolons.
func blank(text string) bool {
	for text = strings.TrimLeft(text, " \t\r\n\f;"); text != ""; text = strings.TrimLeft(text, " \t\r\n\f;") {
		var ok bool
		switch {
		case strings.HasPrefix(text, "/*"):
			_, text, ok = strings.Cut(text[2:], "*/")
		case strings.HasPrefix(text, "--"):
			if _, text, ok = strings.Cut(text, "\n"); !ok {
				return true // to the end
			}
		}
		if !ok {
			return false
		}
	}
	return true
}

// Taken reports whether a connection took the notice.
func (n *Notice) Taken() bool { return n.taken.Load() }

// Take hands the targets to the transaction that a connection is in, whose
// changes these are; or invalidates them at once where there are none. With
// unknown the schema that the transaction sees is not that of the handle: then
// it is everything.
func (h *Handle) Take(ctx context.Context, n *Notice, changes *Changes, unknown bool) error {
	n.taken.Store(true)
	if n.engine != h.engine || n.database != h.database {
		return fmt.Errorf("cacheops: the transaction is one of database %q, and the targets are of %q: ask the Database of the handle that it was begun with", h.database, n.database)
	}
	switch {
	case changes == nil:
		return h.Invalidate(ctx, n.targets)
	case unknown, h.engine.cfg.PrefixFor != nil && slices.ContainsFunc(n.targets, func(t Target) bool { return t.Kind == TargetAll }):
		// All of a prefix would be all tables that are known here. To ask for others
		// could begin to read in the transaction, and others may come before the
		// commit.
		changes.addTargets(ctx, []resolved{{all: true}})
		return nil
	}
	found, err := h.resolve(n.targets)
	if err != nil {
		return err
	}
	changes.addTargets(ctx, found)
	return nil
}

// Invalidate drops what is cached of the targets, at once.
func (h *Handle) Invalidate(ctx context.Context, targets []Target) error {
	found, err := h.resolve(targets)
	if err != nil {
		return err
	}
	c := h.NewChanges()
	c.addTargets(ctx, found)
	if c.Empty() {
		return nil
	}
	if err := c.batch().bump(ctx, store.DropFence); err != nil {
		return fmt.Errorf("cacheops: invalidate %q: %w", h.database, err)
	}
	return nil
}

// InvalidateAll drops everything that is cached of a database, at once.
func (e *Engine) InvalidateAll(ctx context.Context, database string, cause Cause) error {
	_, err := e.cfg.Store.Bump(ctx, &store.Change{Database: e.domain(database), Token: newToken(), All: true}, store.DropFence)
	if err == nil && e.cfg.Agnostic {
		_, err = e.cfg.Store.Bump(ctx, &store.Change{Database: e.shared(), Token: newToken(), All: true}, store.DropFence)
	}
	if e.noted(ctx, callBump, err) == nil {
		e.counters.invalidations.Add(1)
		e.tell(ctx, &told{database: database, cause: cause, all: true})
	}
	return err
}

// Emptied drops everything that is cached of a database, for there is a new one
// under its name. Where the store is unavailable that has to wait, and so has the
// cache.
func (e *Engine) Emptied(ctx context.Context, database string) error {
	err := e.InvalidateAll(ctx, database, CauseConnection)
	if errors.Is(err, store.ErrUnavailable) {
		e.oweAll(ctx, database)
		return nil
	}
	return err
}

// resolved is a target with the table that it means.
type resolved struct {
	all     bool
	table   *dialect.Table
	columns []int          // of a row
	row     []driver.Value // nil: every row
	stored  bool           // see Target
}

// Resolves returns the error with which targets would be refused.
func (h *Handle) Resolves(targets []Target) error {
	_, err := h.resolve(targets)
	return err
}

// Refresh compares the schema with the database's own, over a connection of the
// pool, and reads it anew where it changed.
func (h *Handle) Refresh(ctx context.Context) error {
	if h.load == nil {
		return ErrNoSchema
	}
	return h.load(ctx)
}

// resolve looks the targets up in the schema. The error names the first that is
// not in it.
func (h *Handle) resolve(targets []Target) ([]resolved, error) {
	cat := h.Catalog()
	if cat == nil {
		return nil, fmt.Errorf("cacheops: invalidate %q: %w", h.database, ErrNoSchema)
	}
	out := make([]resolved, 0, len(targets))
	for i := range targets {
		t := &targets[i]
		switch t.Kind {
		case TargetAll:
			if h.engine.cfg.PrefixFor == nil {
				out = append(out, resolved{all: true})
				continue
			}
			// All of a prefix: no other shall notice.
			for _, table := range cat.Tables() {
				if table.Kind != dialect.TableView {
					out = append(out, resolved{table: table})
				}
			}
		case TargetPattern:
			before := len(out)
			for _, table := range cat.Tables() {
				if table.Kind != dialect.TableView && matches(t.Name, table) {
					out = append(out, resolved{table: table})
				}
			}
			if len(out) == before {
				return nil, fmt.Errorf("cacheops: no table of database %q matches the pattern %q", h.database, t.Name)
			}
		default:
			r, err := h.resolveTable(cat, t)
			if err != nil {
				return nil, err
			}
			out = append(out, r)
		}
	}
	return out, nil
}

// withRelatives adds the tables that share rows with those of targets, as a write does:
// what is in a table is read from the one that it inherits from, too.
func withRelatives(targets []resolved) []resolved {
	out := slices.Clip(targets)
	seen := make(map[*dialect.Table]bool)
	for i := range out {
		if out[i].row == nil {
			seen[out[i].table] = true
		}
	}
	for i := 0; i < len(out); i++ {
		if out[i].table == nil {
			continue
		}
		for _, r := range out[i].table.Relatives {
			if !seen[r] {
				seen[r] = true
				out = append(out, resolved{table: r})
			}
		}
	}
	return out
}

// resolveTable looks a table, or a row of one, up.
func (h *Handle) resolveTable(cat *dialect.Catalog, t *Target) (r resolved, err error) {
	r.table = cat.Table(splitName(t.Name))
	if r.table == nil {
		r.table = cat.Table(dialect.Name{Name: t.Name}) // a name with a dot in it
	}
	switch {
	case r.table == nil:
		return r, fmt.Errorf("cacheops: database %q has no table %q", h.database, t.Name)
	case r.table.Kind == dialect.TableView:
		return r, fmt.Errorf("cacheops: %q of database %q is a view: name the tables that its rows come from", t.Name, h.database)
	case t.Kind == TargetTable:
		return r, nil
	}
	r.row, r.stored = make([]driver.Value, 0, len(t.Values)), t.Stored
	given := make(map[int]string, len(t.Values))
	for name, v := range t.Values {
		_, at := r.table.Column(cat.Fold, name)
		if at < 0 {
			return r, fmt.Errorf("cacheops: table %q of database %q has no column %q", t.Name, h.database, name)
		}
		if other, twice := given[at]; twice {
			return r, fmt.Errorf("cacheops: the row of table %q gives one column twice, as %q and %q", t.Name, min(name, other), max(name, other))
		}
		given[at] = name
		r.columns, r.row = append(r.columns, at), append(r.row, v)
	}
	return r, nil
}

// addTargets collects what the program asked to invalidate.
func (c *Changes) addTargets(ctx context.Context, targets []resolved) {
	c.Statement(ctx, "")
	targets = withRelatives(targets)
	for i := range targets {
		t := &targets[i]
		switch {
		case t.all:
			c.add(change{asked: true})
		case t.row == nil:
			c.add(change{table: t.table, epoch: true, asked: true})
		default:
			c.addRows(change{table: t.table, columns: t.columns, rows: [][]driver.Value{t.row}, asked: true, given: !t.stored})
		}
	}
}

// matches reports whether a pattern means a table. It is as that of a profile, but for a
// slash.
func matches(pattern string, t *dialect.Table) bool {
	// A slash is a sign like others: what a pattern seems to mean has to be dropped.
	plain := func(s string) string { return strings.ReplaceAll(strings.ToLower(s), "/", "\x00") }
	pattern = plain(pattern)
	for _, name := range [...]string{t.Name, t.Schema + "." + t.Name} {
		if ok, err := path.Match(pattern, plain(name)); ok && err == nil {
			return true
		}
	}
	return false
}

// splitName splits "schema.table" at its first dot.
func splitName(s string) dialect.Name {
	if schema, name, ok := strings.Cut(s, "."); ok && schema != "" && name != "" {
		return dialect.Name{Schema: schema, Name: name}
	}
	return dialect.Name{Name: s}
}

// ParseTarget reads a table's name, a row's or a pattern. It returns false where
// the schema in force has nothing of that name.
func (h *Handle) ParseTarget(text string) (Target, bool) {
	cat := h.Catalog()
	if cat == nil {
		return Target{}, false
	}
	if strings.ContainsAny(text, `*?[\`) {
		return Target{Kind: TargetPattern, Name: text}, true
	}
	find := func(name string) *dialect.Table {
		if t := cat.Table(splitName(name)); t != nil {
			return t
		}
		return cat.Table(dialect.Name{Name: name}) // a name with a dot in it
	}
	if find(text) != nil {
		return Target{Kind: TargetTable, Name: text}, true
	}
	// The key may have dots too: the longest name of a table counts.
	for i := len(text) - 1; i > 0; i-- {
		if text[i] != '.' {
			continue
		}
		if t := find(text[:i]); t != nil && len(t.Primary) == 1 {
			key := t.Columns[t.Primary[0]]
			if Ambiguous(h.dialect, key, text[i+1:]) {
				return Target{Kind: TargetTable, Name: text[:i]}, true
			}
			return Target{Kind: TargetRow, Name: text[:i], Values: map[string]driver.Value{key.Name: text[i+1:]}}, true
		}
	}
	return Target{}, false
}

// Ambiguous reports whether a column can hold what a text says both as a number and as
// the text, and would tell these apart, as one of SQLite without a type does. Who writes
// 5 may mean either.
func Ambiguous(values dialect.Values, c *dialect.Column, text string) bool {
	var number driver.Value
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		number = n
	} else if f, err := strconv.ParseFloat(text, 64); err == nil {
		number = f
	} else {
		return false
	}
	asNumber, isNumber := values.Canonical(c, number, dialect.SideImage)
	asText, isText := values.Canonical(c, text, dialect.SideImage)
	return isNumber && isText && asNumber != asText
}
