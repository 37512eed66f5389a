package analysis

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/dependency"
)

// maxShown is the length in characters above which a value is cut.
const maxShown = 40

// Description is a plan in words, for Explain. It shows values of the
// arguments, cut to 40 characters.
type Description struct {
	// Kind is the statement's kind: "select", "update".
	Kind string
	// Op is the kind of a read, 0 for anything else.
	Op Op
	// Tables are the tables read, in the order of the text. Here and below a
	// table has its plain name, and its key where that name means another.
	Tables []string
	// Verdict is "cached" for a read that may be cached, the reason why not for
	// another, and empty for what is no read.
	Verdict string
	// Dependency has a line for each conjunction of each table: "posts:
	// category_id = 1 AND status = 'live'", or "posts: every row".
	Dependency []string
	// Changes has a line for each table that the statement may write, or one
	// that says that it may write everything.
	Changes []string
}

// Cached is the verdict on a read that may be cached.
const Cached = "cached"

// Describe tells what a call depends on and what it changes.
func (p *Plan) Describe(args Args) Description {
	d := Description{Kind: p.Statement.Kind.String()}
	if r := p.Read; r != nil {
		d.Op = r.Op(args)
		for _, t := range r.Tables {
			d.Tables = append(d.Tables, p.shortName(t))
		}
		d.Verdict = orElse(r.Reason, Cached)
		if r.Reason == "" && p.Dated(args) {
			d.Verdict = WhyDated
		}
		d.Dependency = p.dependencyLines(args)
	}
	d.Changes = p.changeLines()
	return d
}

func (p *Plan) shortName(t *dialect.Table) string {
	if p.Catalog.Table(dialect.Name{Name: t.Name}) == t {
		return t.Name
	}
	return t.Key
}

// String returns the description as text, a line for each fact.
func (d Description) String() string {
	var b strings.Builder
	b.WriteString(d.Kind)
	if d.Op != 0 {
		b.WriteString(" " + d.Op.String())
	}
	b.WriteByte('\n')
	line := func(word, text string) { b.WriteString("  " + word + ": " + text + "\n") }
	if d.Verdict != "" {
		line("verdict", d.Verdict)
	}
	for _, s := range d.Dependency {
		line("depends on", s)
	}
	for _, s := range d.Changes {
		line("changes", s)
	}
	return b.String()
}

// changeLines tells what a write changes.
func (p *Plan) changeLines() []string {
	w := p.Write
	if w == nil {
		return nil
	}
	var lines []string
	switch {
	case w.All:
		lines = append(lines, "everything: "+w.AllWhy)
	case w.Target != nil:
		lines = append(lines, p.shortName(w.Target)+": by row images")
	}
	for i := range w.Cascades {
		if line := p.shortName(w.Cascades[i].Child) + ": by row images"; !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	for i := range w.Keys {
		names := make([]string, len(w.Keys[i].Columns))
		for j, c := range w.Keys[i].Columns {
			names[j] = p.shortName(w.Target) + "." + w.Target.Columns[c].Name
		}
		for _, t := range w.Keys[i].Tables {
			lines = append(lines, p.shortName(t)+": every row, where "+strings.Join(names, " or ")+" changes")
		}
	}
	for _, t := range w.Epochs {
		lines = append(lines, p.shortName(t)+": every row")
	}
	if !w.All && w.Why != "" {
		lines = append(lines, "no row images: "+w.Why)
	}
	if w.Schema {
		lines = append(lines, "the schema")
	}
	return lines
}

// dependencyLines writes the bound conjunctions.
func (p *Plan) dependencyLines(args Args) []string {
	text := p.ConjText(args)
	var lines []string
	for _, t := range p.Bind(args) {
		if t.Whole {
			lines = append(lines, p.shortName(t.Table)+": every row")
			continue
		}
		for _, c := range t.Conjs {
			lines = append(lines, p.shortName(t.Table)+": "+text(c))
		}
	}
	return lines
}

// ConjText returns a function that writes the conjunctions of a call, and parts
// of them, with the values as the caller gave them: the canonical texts are the
// dialect's own.
func (p *Plan) ConjText(args Args) func(dependency.Conj) string {
	shown := make(map[dependency.Term]string)
	b := newBinder(p.dialect, args, p.Read.named)
	for i := range p.Read.deps {
		for j := range p.Read.deps[i].arrays {
			a := b.array(&p.Read.deps[i].arrays[j])
			for k := range a.values {
				bound, _ := b.resolve(&a.values[k])
				shown[bound] = termText(bound, a.shown[k])
			}
		}
		for _, c := range p.Read.deps[i].conjs {
			for j := range c {
				if c[j].any {
					continue
				}
				bound, ok := b.resolve(&c[j])
				if _, twice := shown[bound]; !ok || twice {
					continue
				}
				value := c[j].literal
				if c[j].param != nil {
					value, _ = b.argument(c[j].param)
				}
				shown[bound] = termText(bound, value)
			}
		}
	}
	return func(c dependency.Conj) string {
		terms := make([]string, len(c))
		for i := range c {
			terms[i] = shown[c[i]]
		}
		return strings.Join(terms, " AND ")
	}
}

// termText writes a term as a condition.
func termText(t dependency.Term, value any) string {
	name := t.Column.Name
	switch {
	case t.Form == dependency.FormNull && t.Value == dependency.Yes:
		return name + " IS NULL"
	case t.Form == dependency.FormNull:
		return name + " IS NOT NULL"
	case t.Form == dependency.FormTruth && t.Value == dependency.Yes:
		return name + " IS TRUE"
	case t.Form == dependency.FormTruth:
		return name + " IS FALSE"
	default:
		return name + " = " + valueText(value)
	}
}

// valueText writes a value as a literal. What would break a line or move a
// terminal's cursor is replaced.
func valueText(value any) string {
	switch v := value.(type) {
	case string:
		return "'" + strings.ReplaceAll(cut(v), "'", "''") + "'"
	case []byte:
		if 2*len(v) > maxShown {
			return "x'" + hex.EncodeToString(v[:maxShown/2]) + "...'"
		}
		return "x'" + hex.EncodeToString(v) + "'"
	case int64:
		return strconv.FormatInt(v, 10)
	case bool:
		return strings.ToUpper(strconv.FormatBool(v))
	default:
		return cut(fmt.Sprint(v))
	}
}

// cut bounds a text and makes it safe to print.
func cut(s string) string {
	n := 0
	for i := range s {
		if n == maxShown {
			s = s[:i] + "..."
			break
		}
		n++
	}
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}
