package main

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/engine"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/store"
)

// invalidated is what was dropped, for programs.
type invalidated struct {
	Database string         `json:"database"`
	Targets  []string       `json:"targets,omitempty"`
	All      bool           `json:"all,omitempty"`
	Schema   bool           `json:"schema,omitempty"`
	Details  []droppedPiece `json:"details,omitempty"`
}

// droppedPiece is what became of one target.
type droppedPiece struct {
	Target string   `json:"target"`
	Tables []string `json:"tables"`
	// Scope is "table", "key" for a row of which the key alone is known, and "row" for
	// one that was read from the database.
	Scope string `json:"scope"`
	Note  string `json:"note,omitempty"`
}

// piece is a target with what the library is asked to drop for it.
type piece struct {
	droppedPiece

	targets []cacheops.Target
}

// invalidateInRedis drops what is cached in a Redis, by the library itself: what a
// program would do in its place.
func invalidateInRedis(ctx context.Context, out io.Writer, f *invalidateFlags, targets []string, a *asker, what string) (err error) {
	src := (*source)(nil)
	if dsn := cmp.Or(f.dsn, os.Getenv(dsnVariable)); dsn != "" && !f.all && !f.schema {
		if f.key != "" {
			return misuse("cacheops: --key is for rows that are not read from the database: leave it out, or --dsn, or %s", dsnVariable)
		}
		if src, err = findSource(dsn, f.driver); err != nil {
			return err
		}
	}
	bounded, cancel := context.WithTimeout(ctx, max(f.timeout, 1))
	defer cancel()
	conn, err := f.open(bounded)
	if err != nil {
		return err
	}
	defer conn.Close()
	mode, err := conn.modeIn(bounded, f.cachePrefix, f.database)
	if err != nil {
		return err
	}
	st, err := conn.store(mode)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	cache, err := cacheops.New(cacheops.Config{
		Store: st, Prefix: f.cachePrefix, Logger: slog.New(slog.DiscardHandler),
		// Whether the programs share results between databases is not known here, so
		// that those are dropped too.
		Profiles: cacheops.Profiles{"*": {DBAgnostic: true}},
	})
	if err != nil {
		return misuse("%w", err) // the prefix
	}
	defer func() { err = errors.Join(err, cache.Close()) }()
	w := &redisWork{conn: conn, store: st, cache: cache, database: f.database, db: cache.Database(f.database)}
	w.own, w.shared = cache.Engine().Domains(f.database)
	if err := w.known(bounded); err != nil {
		return err
	}
	done := invalidated{Database: f.database, Targets: targets, All: f.all, Schema: f.schema}
	pieces, db, err := w.resolve(bounded, src, f.key, targets)
	if db != nil {
		defer func() { err = errors.Join(err, db.Close()) }()
	}
	if err != nil {
		return err
	}
	if what != "" {
		if list := tablesOf(pieces); len(list) > 0 {
			what += ", which are " + listed(list)
		}
		if err := a.ask(ctx, what); err != nil {
			return err
		}
	}
	// What was asked on the terminal took its time, which is not part of the bound.
	dropping, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	if err := w.drop(dropping, f, pieces); err != nil {
		return conn.secrets.hide(err)
	}
	for i := range pieces {
		done.Details = append(done.Details, pieces[i].droppedPiece)
	}
	return printInvalidated(out, f.json, &done)
}

// redisWork is what an invalidation in Redis works with.
type redisWork struct {
	conn        *redisConn
	store       store.Store
	cache       *cacheops.Cache
	database    string
	db          *cacheops.Database
	own, shared string // the names under which the store has something of the database
}

// drop asks the library.
func (w *redisWork) drop(ctx context.Context, f *invalidateFlags, pieces []piece) error {
	switch {
	case f.schema:
		return w.db.SchemaChanged(ctx)
	case f.all:
		return w.db.Invalidate(ctx, cacheops.All())
	}
	var all []cacheops.Target
	for i := range pieces {
		all = append(all, pieces[i].targets...)
	}
	return w.db.Invalidate(ctx, all...)
}

// resolve finds what targets mean: in the database, where it is given, else in what
// Redis has of it. The caller closes the handle, if there is one, also after an error.
func (w *redisWork) resolve(ctx context.Context, src *source, key string, targets []string) (pieces []piece, db *sql.DB, err error) {
	if len(targets) == 0 {
		return nil, nil, nil
	}
	if src != nil {
		if db, err = src.open(w.cache, w.database); err != nil {
			return nil, nil, src.secrets.hide(err)
		}
		for _, text := range targets {
			p, err := w.inDatabase(ctx, text)
			if err != nil {
				return nil, db, w.ofDatabase(src, err)
			}
			pieces = append(pieces, p)
		}
		return pieces, db, nil
	}
	names, err := w.tables(ctx)
	if err != nil {
		return nil, nil, err
	}
	r := newRecorded(names)
	for _, text := range targets {
		p, err := w.inRecords(ctx, r, names, key, text)
		if err != nil {
			return nil, nil, err
		}
		pieces = append(pieces, p)
	}
	db, err = r.open(w.cache, w.database)
	return pieces, db, err
}

// ofDatabase is an error that --dsn brought, without its password.
func (w *redisWork) ofDatabase(src *source, err error) error {
	return w.conn.secrets.hide(src.secrets.hide(err))
}

// inDatabase finds a target in the database, and reads its row.
func (w *redisWork) inDatabase(ctx context.Context, text string) (piece, error) {
	p := piece{droppedPiece: droppedPiece{Target: text, Scope: "table", Tables: []string{}}}
	target, err := w.db.Target(ctx, text)
	if err != nil {
		return p, err
	}
	if target.IsRow() {
		p.Scope = "row"
		switch stored, err := w.db.Stored(ctx, target); {
		case errors.Is(err, cacheops.ErrNoRow):
			p.Scope, p.Note = "key", "the database has no such row any more: its key matches, and every value of its other columns"
		case err != nil:
			return p, err
		default:
			target = stored
		}
	}
	p.targets = []cacheops.Target{target}
	catalog := w.cache.Engine().Handles(w.database)[0].Catalog()
	// The name may be that of a part of a table. A row may stand for its table, see
	// Database.Target.
	whole := tableOf(catalog, text)
	row := target.IsRow()
	if !row && whole == nil && !strings.ContainsAny(text, patternSigns) {
		row, p.Note = true, ambiguousNote
	}
	for _, t := range catalog.Tables() {
		if t != whole && (!row && whole != nil || !names(text, t.Key, row)) {
			continue
		}
		p.Tables = append(p.Tables, t.Key)
		if p.Note != "" || strings.ContainsAny(text, patternSigns) {
			continue
		}
		cached, err := w.exists(ctx,
			append(keysOf(w.own, t.Key), keysOf(w.shared, t.Key)...)...)
		if err != nil {
			return p, err
		}
		if !cached {
			p.Note = "nobody had anything cached of it"
		}
	}
	return p, nil
}

// keysOf are the keys of which one is there where something of a table may be cached.
func keysOf(database, table string) []rueidisstore.KeyInfo {
	list := make([]rueidisstore.KeyInfo, len(tableKinds))
	for i, kind := range tableKinds {
		list[i] = rueidisstore.KeyInfo{Kind: kind, Database: database, Table: table}
	}
	return list
}

// inRecords finds a target in what Redis has of the database.
func (w *redisWork) inRecords(ctx context.Context, r *recorded, known []string, key, text string) (piece, error) {
	p := piece{droppedPiece: droppedPiece{Target: text, Scope: "table"}}
	if strings.ContainsAny(text, patternSigns) {
		if _, err := matchTable(text, "", ""); err != nil {
			return p, misuse("cacheops: %q is no valid pattern: %w", text, err)
		}
	}
	if p.Tables = findTables(known, text); len(p.Tables) > 0 {
		for _, t := range p.Tables {
			p.targets = append(p.targets, cacheops.Table(t))
		}
		return p, nil
	}
	for i := len(text) - 1; i > 0 && !strings.ContainsAny(text, patternSigns); i-- {
		if text[i] != '.' {
			continue
		}
		if p.Tables = findTables(known, text[:i]); len(p.Tables) == 0 {
			continue
		}
		return w.rowInRecords(ctx, r, p, key, text[i+1:])
	}
	return p, fmt.Errorf("cacheops: nothing is cached of %q in database %q: %s", text, w.database, there(known, "it has cached results of", "nothing is cached of any of its tables"))
}

// rowInRecords makes a target of a row, by the name of its key.
func (w *redisWork) rowInRecords(ctx context.Context, r *recorded, p piece, key, value string) (piece, error) {
	for _, table := range p.Tables {
		if key == "" {
			p.targets = append(p.targets, cacheops.Table(table))
			p.Note = "all of the table, for Redis does not tell which column the key is: say it by --key, or give --dsn"
			continue
		}
		for _, domain := range []string{w.own, w.shared} {
			registry, err := w.store.Registry(ctx, domain, table)
			if err != nil {
				return p, w.conn.failed(err)
			}
			if err := r.learn(table, registry.Schemes); err != nil {
				return p, err
			}
		}
		column := r.column(table, key)
		if column == nil {
			p.targets = append(p.targets, cacheops.Table(table))
			p.Note = fmt.Sprintf("all of the table, for no cached query compares a column %q with values", key)
			continue
		}
		if engine.Ambiguous(r.values, column, value) {
			p.targets = append(p.targets, cacheops.Table(table))
			p.Note = ambiguousNote
			continue
		}
		p.Scope = "key"
		p.targets = append(p.targets, cacheops.Row(table, cacheops.Values{column.Name: value}))
	}
	return p, nil
}

// ambiguousNote is said of a key such as 5 in a column without a type.
const ambiguousNote = "all of the table, for its key may be a number or a text that looks like it"

// tableOf returns the table of a name, or nil.
func tableOf(catalog *dialect.Catalog, text string) *dialect.Table {
	if schema, name, ok := strings.Cut(text, "."); ok {
		if t := catalog.Table(dialect.Name{Schema: schema, Name: name}); t != nil {
			return t
		}
	}
	return catalog.Table(dialect.Name{Name: text})
}

// tablesOf returns the tables of all pieces that were found in Redis.
func tablesOf(pieces []piece) (list []string) {
	for i := range pieces {
		list = append(list, pieces[i].Tables...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// printInvalidated tells what was done.
func printInvalidated(out io.Writer, asJSON bool, done *invalidated) error {
	if asJSON {
		encoder := json.NewEncoder(out)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(done)
	}
	what := strings.Join(done.Targets, ", ")
	switch {
	case done.All:
		what = "everything"
	case done.Schema:
		what = "everything, for a new schema,"
	}
	if _, err := fmt.Fprintf(out, "dropped %s in database %s\n", what, done.Database); err != nil {
		return err
	}
	for _, d := range done.Details {
		var text string
		switch {
		case d.Note != "":
			text = d.Note
		case d.Scope == "row":
			text = "the row as it is in the database now"
		case d.Scope == "key":
			text = "its key matches, and every value of its other columns"
		case len(d.Tables) > 1 || strings.ContainsAny(d.Target, patternSigns):
			text = listed(d.Tables)
		default:
			continue
		}
		if _, err := fmt.Fprintf(out, "  %s: %s\n", d.Target, text); err != nil {
			return err
		}
	}
	return nil
}
