package dependency

import (
	"database/sql/driver"
	"strconv"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// fake is a dialect with rules that are easy to see: integers and texts under
// "any", texts without regard to case under "fold", and nothing else.
type fake struct{ dialect.Dialect }

func (fake) Canonical(c *dialect.Column, v driver.Value, _ dialect.Side) (string, bool) {
	switch v := v.(type) {
	case int64:
		return "i" + strconv.FormatInt(v, 10), c.Comparison == "any"
	case string:
		if c.Comparison == "fold" {
			v = strings.ToLower(v)
		}
		return "t" + v, c.Comparison != ""
	default:
		return "", false
	}
}

func (fake) Truth(_ *dialect.Column, v driver.Value) (truth, known bool) {
	n, ok := v.(int64)
	return n != 0, ok
}

// testTable is a table with a column for each case of the rules.
func testTable() *dialect.Table {
	t := &dialect.Table{Name: "t", Key: "main.t"}
	for _, c := range [][2]string{{"a", "any"}, {"b", "any"}, {"c", "fold"}, {"raw", ""}, {"d,e=f?g%h:i", "any"}} {
		t.Columns = append(t.Columns, &dialect.Column{Name: c[0], Folded: c[0], Comparison: c[1]})
	}
	return t
}

func value(c *dialect.Column, v string) Term { return Term{Column: c, Value: v} }
