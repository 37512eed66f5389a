package mysql

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
)

// describeTable writes everything a catalog says of a table in a few lines.
func describeTable(t *dialect.Table) string {
	kinds := [...]string{"plain", "view", "virtual", "system", "temp"}
	actions := [...]string{"none", "cascade", "set null", "set default"}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s row=%s unique=%v", t.Key, kinds[t.Kind], t.SQL, t.RowID, t.Unique)
	for _, flag := range []struct {
		on   bool
		text string
	}{
		{t.Primary != nil, fmt.Sprint(" primary=", t.Primary)}, {t.OtherUnique, " otherunique"}, {len(t.Also) > 0, fmt.Sprint(" also=", t.Also)},
		{t.Step != 0, fmt.Sprintf(" numbers=%d/%d", t.Generates, t.Step)}, {t.NoRollback, " norollback"},
		{t.Uncached != "", " uncached=(" + t.Uncached + ")"}, {t.NoImages != "", " noimages=(" + t.NoImages + ")"},
	} {
		if flag.on {
			b.WriteString(flag.text)
		}
	}
	b.WriteByte('\n')
	for _, c := range t.Columns {
		fmt.Fprintf(&b, "  %s %s [%s]", c.Folded, c.SQL, c.Type)
		for _, flag := range []struct {
			on   bool
			name string
		}{{c.Comparison != "", " compared"}, {c.NotNull, " notnull"}, {c.HasDefault, " default"}, {c.Generated, " generated"}, {c.Collation != "", " " + c.Collation}} {
			if flag.on {
				b.WriteString(flag.name)
			}
		}
		b.WriteByte('\n')
	}
	for _, f := range t.ForeignKeys {
		fmt.Fprintf(&b, "  fk %v -> %s%v delete=%s update=%s", f.Columns, f.Parent, f.ParentColumns, actions[f.OnDelete], actions[f.OnUpdate])
		if f.DeleteSets != nil {
			fmt.Fprintf(&b, " sets=%v", f.DeleteSets)
		}
		b.WriteByte('\n')
	}
	for _, tr := range t.Triggers {
		fmt.Fprintf(&b, "  trigger %s on %s:", tr.Name, tr.Event)
		if tr.Columns != nil {
			fmt.Fprintf(&b, " of %v", tr.Columns)
		}
		if tr.Idle {
			b.WriteString(" idle")
		}
		if tr.Before {
			b.WriteString(" before")
		}
		if tr.Body == nil {
			b.WriteString(" anything")
		}
		for _, st := range tr.Body {
			fmt.Fprintf(&b, " %s%v", st.Kind, st.Writes)
			if st.Foreign != "" {
				fmt.Fprintf(&b, " calls%v", st.Foreigns)
			}
		}
		b.WriteByte('\n')
	}
	for _, r := range t.Relatives {
		fmt.Fprintf(&b, "  relative %s\n", r.Key)
	}
	if t.View != nil {
		fmt.Fprintf(&b, "  view %s of %v\n", t.View.Kind, t.View.Reads)
	}
	if t.ViewColumns != nil {
		fmt.Fprintf(&b, "  view columns %q\n", t.ViewColumns)
	}
	return b.String()
}

// TestCatalog reads schemas from a real server and compares what the catalog says
// of a table, word for word. The name of the database is left out.
func TestCatalog(t *testing.T) {
	t.Parallel()
	for _, test := range catalogCases {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dsn := server.NewDatabase(t)
			made := openCatalogConn(t, dsn, test.schema...)
			for _, c := range []*catalogConn{made, openCatalogConn(t, withMode(dsn, scripts))} {
				table := c.catalog(t).Table(dialect.Name{Name: test.table})
				if table == nil {
					t.Fatalf("%s is not in the catalog", test.table)
				}
				got := strings.ReplaceAll(strings.ReplaceAll(describeTable(table), "`"+table.Schema+"`.", ""), table.Schema+".", "")
				if got != test.want {
					t.Errorf("got:\n%swant:\n%s", got, test.want)
				}
			}
		})
	}
}
