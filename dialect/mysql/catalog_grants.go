package mysql

import (
	"context"
	"maps"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// grants are the privileges of the account and its roles, as SHOW GRANTS lists them. What
// is not understood of them counts as not granted.
type grants struct {
	everything bool // the server asks nobody
	global     map[string]bool
	schemas    []grantsOn
	tables     []grantsOn
	revoked    []grantsOn // of what is granted on everything
}

// grantsOn are privileges on a database, whose name is a pattern, or on a table.
type grantsOn struct {
	schema, table string
	privileges    map[string]bool
}

// grantsAll stands for every privilege.
const grantsAll = "ALL PRIVILEGES"

// grantsRead asks for the privileges. Where the server has none there is one line, "".
func grantsRead(ctx context.Context, db dialect.Queryer) ([]string, error) {
	rows, err := rowsOf(ctx, db, "SHOW GRANTS", 1)
	if err != nil {
		if strings.Contains(err.Error(), "--skip-grant-tables") {
			return []string{""}, nil
		}
		return nil, err
	}
	out := make([]string, 0, len(rows))
	for _, row := range rows {
		// What follows is the account's, with its password perhaps.
		text, _, _ := grantsCut(row[0].text, " TO ")
		if strings.HasPrefix(text, "REVOKE ") {
			text, _, _ = grantsCut(text, " FROM ")
		}
		out = append(out, text)
	}
	return out, nil
}

// grantsCut is [strings.Cut] for what stands outside of quotes.
func grantsCut(s, sep string) (before, after string, found bool) {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '`' || c == '\'' || c == '"':
			end := strings.IndexByte(s[i+1:], c) // one inside is doubled: two texts in quotes
			if end < 0 {
				return s, "", false
			}
			i += 1 + end
		case strings.HasPrefix(s[i:], sep):
			return s[:i], s[i+len(sep):], true
		}
	}
	return s, "", false
}

// grantsParse reads the lines of SHOW GRANTS.
func grantsParse(lines []string) *grants {
	g := &grants{global: make(map[string]bool)}
	for _, line := range lines {
		if line == "" {
			g.everything = true
			continue
		}
		revoke := strings.HasPrefix(line, "REVOKE ")
		if !revoke && !strings.HasPrefix(line, "GRANT ") {
			return &grants{} // something that may take away what others give
		}
		list, on, ok := grantsCut(strings.TrimPrefix(strings.TrimPrefix(line, "GRANT "), "REVOKE "), " ON ")
		if !ok {
			continue // a role
		}
		schema, table, ok := grantsCut(on, ".")
		if !ok {
			continue // a proxy
		}
		privileges := grantsList(list)
		switch {
		case schema == "*" && table == "*":
			if revoke {
				return &grants{} // no such line is known
			}
			for p := range privileges {
				g.global[p] = true
			}
		case table == "*":
			entry := grantsOn{schema: nameFold(grantsName(schema)), privileges: privileges}
			if revoke {
				g.revoked = append(g.revoked, entry)
			} else {
				g.onSchemas(entry)
			}
		case !revoke && !strings.Contains(schema, " "): // else a routine's
			g.tables = append(g.tables, grantsOn{schema: nameFold(grantsName(schema)), table: nameFold(grantsName(table)), privileges: privileges})
		}
	}
	return g
}

// onSchemas adds privileges on a database. Those of the account and of its roles add up.
func (g *grants) onSchemas(entry grantsOn) {
	for i := range g.schemas {
		if s := &g.schemas[i]; s.schema == entry.schema {
			maps.Copy(s.privileges, entry.privileges)
			return
		}
	}
	g.schemas = append(g.schemas, entry)
}

// grantsName takes a name out of its quotes.
func grantsName(s string) string {
	if n := len(s); n >= 2 && (s[0] == '`' || s[0] == '"') && s[n-1] == s[0] {
		q := s[:1]
		return strings.ReplaceAll(s[1:n-1], q+q, q)
	}
	return s
}

// grantsList reads a list of privileges. One on some columns alone is left out.
func grantsList(list string) map[string]bool {
	out := make(map[string]bool)
	for list != "" {
		var p string
		p, list, _ = grantsCut(list, ",")
		if strings.Contains(p, "(") {
			// Its columns go to the end of the list in parentheses.
			for !strings.Contains(p, ")") && list != "" {
				p, list, _ = grantsCut(list, ",")
			}
			continue
		}
		out[strings.ToUpper(strings.TrimSpace(p))] = true
	}
	return out
}

// has tells whether privileges hold one.
func (o *grantsOn) has(privilege string) bool {
	return o.privileges[privilege] || o.privileges[grantsAll]
}

// onSchema tells whether the account surely has a privilege on everything in a database.
// Of several patterns that match its name the server takes one, so all must grant it.
func (g *grants) onSchema(schema, privilege string) bool {
	schema = nameFold(schema)
	if g.everything {
		return true
	}
	if g.global[privilege] || g.global[grantsAll] {
		for i := range g.revoked {
			if r := &g.revoked[i]; grantsMatch(r.schema, schema) && r.has(privilege) {
				return false
			}
		}
		return true
	}
	found := false
	for i := range g.schemas {
		if s := &g.schemas[i]; grantsMatch(s.schema, schema) {
			if !s.has(privilege) {
				return false
			}
			found = true
		}
	}
	return found
}

// onTable tells whether the account surely has a privilege on a table as a whole.
func (g *grants) onTable(schema, table, privilege string) bool {
	if g.onSchema(schema, privilege) {
		return true
	}
	for i := range g.tables {
		if t := &g.tables[i]; t.schema == nameFold(schema) && t.table == nameFold(table) && t.has(privilege) {
			return true
		}
	}
	return false
}

// sees tells whether the account surely sees every table of a database.
func (g *grants) sees(schema string) bool {
	for _, p := range []string{"SELECT", "INSERT", "UPDATE", "DELETE", "TRIGGER", "ALTER", "REFERENCES"} {
		if g.onSchema(schema, p) {
			return true
		}
	}
	return false
}

// grantsMatch tells whether a name is matched by a pattern of LIKE.
func grantsMatch(pattern, name string) bool {
	for pattern != "" {
		switch c := pattern[0]; {
		case c == '%':
			for i := range len(name) + 1 {
				if grantsMatch(pattern[1:], name[i:]) {
					return true
				}
			}
			return false
		case c == '\\' && len(pattern) > 1:
			pattern = pattern[1:]
			if name == "" || name[0] != pattern[0] {
				return false
			}
		case name == "" || c != '_' && c != name[0]:
			return false
		}
		pattern, name = pattern[1:], name[1:]
	}
	return name == ""
}

// unseen minds what the account may not see. Of what a write sets off it makes triggers of
// which nothing is known: triggers are shown to those alone who may make some, and a foreign
// key to those alone who may do something to its table.
func (b *catalogBuilder) unseen() {
	g := grantsParse(b.rows.grants)
	b.unseenEvents(g)
	for _, t := range b.list {
		if t.row == nil || t.Kind == dialect.TableView {
			continue
		}
		var why string
		switch {
		case !g.onTable(t.Schema, t.Name, "TRIGGER"):
			why = "that may be there: the account lacks the privilege TRIGGER to see"
		case !g.sees(t.Schema):
			why = "or foreign key of another table that may be there: the account does not see all tables of the database"
		default:
			continue
		}
		for _, event := range triggerEvents {
			t.Triggers = append(t.Triggers, dialect.Trigger{Name: why, Event: event, Idle: true, Before: true})
		}
	}
}
