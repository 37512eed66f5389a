package dependency

import (
	"errors"
	"fmt"
	"strings"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/store"
)

// schemeVersion starts the text of every scheme. It changes when the meaning
// of a scheme or of a key does. A writer of another version does not know the
// scheme then and takes the table's epoch.
const schemeVersion = "1:"

// noComparison stands for the rules of comparison where a form needs none.
const noComparison = "-"

// escaped are the characters that have a meaning in a scheme's text.
const escaped = "%=,:?"

// SchemeColumn is one column of a scheme.
type SchemeColumn struct {
	// Column is the folded name.
	Column string
	Form   Form
	// Comparison identifies the rules that the values were made canonical by:
	// those of [dialect.Column], or "-" where the form needs none.
	Comparison string
}

// ErrScheme is wrapped by every error of ParseScheme.
var ErrScheme = errors.New("cacheops: scheme not understood, the table's epoch has to be taken")

// suffix is what follows a column's name for a form.
func (f Form) suffix() string {
	switch f {
	case FormTruth:
		return "?truth"
	case FormNull:
		return "?null"
	default:
		return ""
	}
}

// comparison returns the rules of comparison that a form of a column stands
// on; empty when it has none and so cannot be part of a scheme.
func (f Form) comparison(c *dialect.Column) string {
	switch {
	case f == FormNull:
		return noComparison
	case f == FormTruth && c.Comparison == "":
		return noComparison
	default:
		return c.Comparison
	}
}

// Scheme returns the scheme that the conjunction belongs to. Conjunctions over
// the same columns, forms and rules of comparison have equal schemes, all
// others different ones.
func (c Conj) Scheme() store.Scheme {
	var buf [128]byte
	return store.Scheme(c.sorted().appendScheme(buf[:0]))
}

// appendScheme appends the scheme's text: the version, then
// column[?form]=comparison for each term, joined by commas.
func (c Conj) appendScheme(b []byte) []byte {
	b = append(b, schemeVersion...)
	for i := range c {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendEscaped(b, c[i].Column.Folded)
		b = append(b, c[i].Form.suffix()...)
		b = append(b, '=')
		b = appendEscaped(b, c[i].Form.comparison(c[i].Column))
	}
	return b
}

// appendEscaped appends a name so that no character of it has a meaning.
func appendEscaped(b []byte, s string) []byte {
	const hex = "0123456789ABCDEF"
	if !strings.ContainsAny(s, escaped) {
		return append(b, s...)
	}
	for i := range len(s) {
		if strings.IndexByte(escaped, s[i]) >= 0 {
			b = append(b, '%', hex[s[i]>>4], hex[s[i]&15])
			continue
		}
		b = append(b, s[i])
	}
	return b
}

// ParseScheme reads a scheme back. The empty scheme has no columns. The error
// wraps [ErrScheme] for another version and for a text that no conjunction of
// this version has.
func ParseScheme(s store.Scheme) ([]SchemeColumn, error) {
	body, ok := strings.CutPrefix(string(s), schemeVersion)
	if !ok {
		return nil, fmt.Errorf("%w: version of %q", ErrScheme, s)
	}
	if body == "" {
		return nil, nil
	}
	columns := make([]SchemeColumn, 0, 1+strings.Count(body, ","))
	for part := range strings.SplitSeq(body, ",") {
		c, ok := parseSchemeColumn(part)
		if n := len(columns); !ok || n > 0 && columns[n-1].compare(c) >= 0 {
			return nil, fmt.Errorf("%w: column %q of %q", ErrScheme, part, s)
		}
		columns = append(columns, c)
	}
	return columns, nil
}

func parseSchemeColumn(part string) (c SchemeColumn, ok bool) {
	name, comparison, ok := strings.Cut(part, "=")
	if !ok || comparison == "" {
		return c, false
	}
	name, form, has := strings.Cut(name, "?")
	switch {
	case !has:
		c.Form = FormValue
	case form == "truth":
		c.Form = FormTruth
	case form == "null":
		c.Form = FormNull
	default:
		return c, false
	}
	var okName, okComparison bool
	c.Column, okName = unescape(name)
	c.Comparison, okComparison = unescape(comparison)
	return c, okName && okComparison
}

// unescape undoes appendEscaped. It takes nothing that appendEscaped does not
// write, so that one column never has two texts.
func unescape(s string) (string, bool) {
	if !strings.ContainsAny(s, escaped) {
		return s, true
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if strings.IndexByte(escaped, s[i]) < 0 {
			b = append(b, s[i])
			continue
		}
		if s[i] != '%' || i+2 >= len(s) {
			return "", false
		}
		hi, okHi := unhex(s[i+1])
		lo, okLo := unhex(s[i+2])
		if !okHi || !okLo || strings.IndexByte(escaped, hi<<4|lo) < 0 {
			return "", false
		}
		b = append(b, hi<<4|lo)
		i += 2
	}
	return string(b), true
}

func unhex(c byte) (digit byte, ok bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	default:
		return 0, false
	}
}

func (c SchemeColumn) compare(d SchemeColumn) int {
	if n := strings.Compare(c.Column, d.Column); n != 0 {
		return n
	}
	return int(c.Form) - int(d.Form)
}
