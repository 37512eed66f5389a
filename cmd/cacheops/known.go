package main

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/redis/rueidis"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/rueidisstore"
)

// exists reports whether one of the keys is there.
func (w *redisWork) exists(ctx context.Context, keys ...rueidisstore.KeyInfo) (bool, error) {
	for _, k := range keys {
		n, err := w.conn.Do(ctx, w.conn.B().Exists().Key(k.Key(w.conn.prefix)).Build()).AsInt64()
		if err != nil {
			return false, w.conn.failed(err)
		}
		if n > 0 {
			return true, nil
		}
	}
	return false, nil
}

// known returns an error where Redis has nothing of the database: then the name is
// wrong, or the prefix, or the Redis.
func (w *redisWork) known(ctx context.Context) error {
	is, err := w.exists(ctx,
		rueidisstore.KeyInfo{Kind: rueidisstore.KeySchema, Database: w.own},
		rueidisstore.KeyInfo{Kind: rueidisstore.KeyGlobal, Database: w.own},
		rueidisstore.KeyInfo{Kind: rueidisstore.KeySets, Database: w.own},
		rueidisstore.KeyInfo{Kind: rueidisstore.KeyOwn, Database: w.own})
	if err != nil || is {
		return err
	}
	names, err := w.scanned(ctx, globbed(w.conn.prefix)+":{*}:[gstm]", func(k rueidisstore.KeyInfo) (string, bool) {
		return k.Database, slices.Contains([]rueidisstore.KeyKind{rueidisstore.KeyGlobal, rueidisstore.KeySchema, rueidisstore.KeySets, rueidisstore.KeyOwn}, k.Kind)
	})
	if _, refused := rueidis.IsRedisErr(err); refused {
		names, err = nil, nil // it only helps to say what is wrong
	}
	if err != nil {
		return err
	}
	var shown []string
	for _, name := range names {
		prefix, database, ok := strings.Cut(name, "|")
		switch {
		case !ok:
			shown = append(shown, name)
		case database != "": // else what databases share
			shown = append(shown, fmt.Sprintf("%s (with --cache-prefix %q)", database, prefix))
		}
	}
	return fmt.Errorf("cacheops: Redis has nothing of a database %q under the prefix %q, so nothing is dropped: look at --database, --prefix, --cache-prefix and the Redis; %s",
		w.database, w.conn.prefix, there(shown, "there is", "under that prefix there is no database"))
}

// tableKinds are the kinds of key of which a table has one where something of it may be
// cached. With stamps every result needs an epoch; in sets mode it is in the set of its
// table or of every row. A registry alone may be what is left.
var tableKinds = []rueidisstore.KeyKind{rueidisstore.KeyEpoch, rueidisstore.KeyRegistry, rueidisstore.KeyMembers, rueidisstore.KeyWhole}

// tables returns the names of the tables of which something may be cached.
func (w *redisWork) tables(ctx context.Context) ([]string, error) {
	return w.scanned(ctx, globbed(w.conn.prefix)+":{*}[ermw]:*", func(k rueidisstore.KeyInfo) (string, bool) {
		name := k.Table
		if _, of, tenant := strings.Cut(name, "\x00"); tenant {
			name = of // a tenant's results depend on the table itself, too
		}
		return name, slices.Contains(tableKinds, k.Kind) && (k.Database == w.own || k.Database == w.shared)
	})
}

// scanned returns what f says of the keys that match a pattern, each text once.
func (w *redisWork) scanned(ctx context.Context, pattern string, f func(rueidisstore.KeyInfo) (string, bool)) ([]string, error) {
	masters, err := w.conn.masters(ctx)
	if err != nil {
		return nil, w.conn.failed(err)
	}
	var list []string
	seen := make(map[string]bool)
	for _, n := range masters {
		err := n.scan(ctx, pattern, func(keys []string) bool {
			for _, key := range keys {
				info, ok := rueidisstore.ParseKey(w.conn.prefix, key)
				if !ok {
					continue
				}
				if text, wanted := f(info); wanted && !seen[text] {
					seen[text] = true
					list = append(list, text)
				}
			}
			return true
		})
		if err != nil {
			return nil, w.conn.failed(err)
		}
	}
	slices.Sort(list)
	return list, nil
}

// findTables returns those of the tables that a name or a pattern means. A name
// without a schema means the tables of all schemas. One that is written as it is in
// the database comes before others.
func findTables(known []string, text string) []string {
	pattern := strings.ContainsAny(text, patternSigns)
	for _, same := range []func(a, b string) bool{func(a, b string) bool { return a == b }, strings.EqualFold} {
		var list []string
		for _, key := range known {
			schema, name := nameOf(key)
			plain := schema + "." + name
			if pattern {
				if ok, err := matchTable(text, schema, name); ok && err == nil {
					list = append(list, key)
				}
			} else if same(plain, text) || same(name, text) || same(key, text) {
				list = append(list, key)
			}
		}
		if len(list) > 0 {
			return list
		}
	}
	return nil
}

// nameOf takes a table's key apart. A part that is no plain name is quoted there, in one of
// two ways, and may have dots and quotes in it.
func nameOf(key string) (schema, name string) {
	var within rune // the quote that is open
	at := strings.IndexFunc(key, func(r rune) bool {
		switch {
		case r == within:
			within = 0
		case within == 0 && (r == '"' || r == '`'):
			within = r
		}
		return r == '.' && within == 0
	})
	if at < 0 {
		return "", unquoted(key)
	}
	return unquoted(key[:at]), unquoted(key[at+1:])
}

func unquoted(part string) string {
	if part == "" || part[0] != '"' && part[0] != '`' {
		return part
	}
	quote := part[:1]
	return strings.ReplaceAll(strings.TrimSuffix(part[1:], quote), quote+quote, quote)
}

// matchTable compares a table's name, with and without its schema, with a pattern. It is
// that of a profile, but for a slash, which is a sign like others: what a pattern seems to
// mean has to be dropped.
func matchTable(pattern, schema, name string) (bool, error) {
	plain := func(s string) string { return strings.ReplaceAll(strings.ToLower(s), "/", "\x00") }
	pattern, name = plain(pattern), plain(name)
	if ok, err := path.Match(pattern, name); ok || err != nil {
		return ok, err
	}
	return path.Match(pattern, plain(schema)+"."+name)
}

// names reports whether a target's text means a table of the database, for what is
// said about it.
func names(text, table string, row bool) bool {
	if !row {
		return slices.Contains(findTables([]string{table}, text), table)
	}
	for i := range len(text) {
		if text[i] == '.' && len(findTables([]string{table}, text[:i])) > 0 {
			return true
		}
	}
	return false
}

// column finds a column of a table by its name, or returns nil.
func (r *recorded) column(table, name string) *dialect.Column {
	for _, same := range []func(a, b string) bool{func(a, b string) bool { return a == b }, strings.EqualFold} {
		for _, t := range r.tables {
			for _, c := range t.Columns {
				if t.Key == table && same(c.Name, name) {
					return c
				}
			}
		}
	}
	return nil
}

// maxListed bounds how many names are printed.
const maxListed = 12

// listed writes names down, not too many.
func listed(list []string) string {
	if len(list) > maxListed {
		return printable(strings.Join(list[:maxListed], ", ")) + fmt.Sprintf(" and %d more", len(list)-maxListed)
	}
	return printable(strings.Join(list, ", "))
}

// there says what there is, or that there is nothing.
func there(list []string, some, none string) string {
	if len(list) == 0 {
		return none
	}
	return some + " " + listed(list)
}
