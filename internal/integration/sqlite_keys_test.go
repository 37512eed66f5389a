package integration

import (
	"slices"
	"testing"

	"github.com/cacheops/cacheops/dialect"
)

// TestSQLiteCatalogKeys: what an upsert and the actions of foreign keys need to
// know of a table's keys.
func TestSQLiteCatalogKeys(t *testing.T) {
	for name, test := range map[string]struct {
		schema  []string
		primary []int
		alias   string // the column that is the row's number
		other   bool
	}{
		"none":                     {[]string{"CREATE TABLE t (a, b)"}, nil, "", false},
		"the row's number":         {[]string{"CREATE TABLE t (a, B INTEGER PRIMARY KEY)"}, []int{1}, "b", false},
		"a number of its own":      {[]string{"CREATE TABLE t (a INTEGER PRIMARY KEY DESC, b)"}, []int{0}, "", false},
		"a text":                   {[]string{"CREATE TABLE t (a TEXT PRIMARY KEY, b)"}, []int{0}, "", false},
		"columns in another order": {[]string{"CREATE TABLE t (a, b, c, PRIMARY KEY (c, a))"}, []int{2, 0}, "", false},
		"without rowid":            {[]string{"CREATE TABLE t (a INTEGER PRIMARY KEY, b) WITHOUT ROWID"}, []int{0}, "", false},
		"another collation":        {[]string{"CREATE TABLE t (a, b)", "CREATE UNIQUE INDEX i ON t (b, a COLLATE NOCASE)"}, nil, "", true},
		"primary, of another":      {[]string{"CREATE TABLE t (a, b, PRIMARY KEY (b COLLATE NOCASE, a))"}, []int{1, 0}, "", true},
		"partial":                  {[]string{"CREATE TABLE t (a, b)", "CREATE UNIQUE INDEX i ON t (a COLLATE NOCASE) WHERE b"}, nil, "", false},
		"expression":               {[]string{"CREATE TABLE t (a, b)", "CREATE UNIQUE INDEX i ON t (b, lower(a))"}, nil, "", false},
		"not unique":               {[]string{"CREATE TABLE t (a, b)", "CREATE INDEX i ON t (a COLLATE NOCASE)"}, nil, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			table := openSQLiteConn(t, test.schema...).catalog(t).Table(dialect.Name{Name: "t"})
			alias := ""
			if len(table.RowIDColumns) > 0 {
				alias = table.RowIDColumns[0].Folded
			}
			if !slices.Equal(table.Primary, test.primary) || alias != test.alias || table.OtherUnique != test.other {
				t.Errorf("primary %v, row number %q, other %v", table.Primary, alias, table.OtherUnique)
			}
		})
	}
}
