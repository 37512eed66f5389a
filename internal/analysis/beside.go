package analysis

import (
	"database/sql/driver"
	"slices"

	"github.com/cacheops/cacheops/dialect"
)

// besides are the tables and views of a statement, to tell what the names of the
// columns that a parameter is compared with can mean.
type besides struct {
	cat  *dialect.Catalog
	seen map[*dialect.Table]bool
}

// alike reports whether whatever the names can mean has the type of the column: a
// parameter that is used in several places is then compared with each as it would
// be by itself. No names are alike.
func (s besides) alike(c *dialect.Column, names []string) bool {
	for _, name := range names {
		found := false
		for t := range s.seen {
			if t.Kind == dialect.TableView {
				// Its column may be computed.
				if slices.Contains(foldAll(s.cat, t.ViewColumns), s.cat.Fold(name)) {
					return false
				}
				continue
			}
			if other, _ := t.Column(s.cat.Fold, name); other != nil {
				found = true
				if other.Type != c.Type || other.Comparison != c.Comparison {
					return false
				}
			}
		}
		if !found {
			return false
		}
	}
	return true
}

// isWhole reports whether an argument is what it is after a cast to a whole number,
// if the database takes it at all: it refuses a text with a fraction, and rounds a
// number.
func isWhole(v driver.Value) bool {
	switch v.(type) {
	case int64, string, []byte, int, int8, int16, int32, uint, uint8, uint16, uint32, uint64:
		return true
	default:
		return false
	}
}
