package main

import (
	_ "embed"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/template"
)

// report is everything that one run found.
type report struct {
	Settings []setting
	Groups   []groupReport
}

// groupReport is what was found of one group.
type groupReport struct {
	Name, About string
	samples     samples
	Figures     []figure
}

// figures are those of all groups.
func (r *report) figures() (out []figure) {
	for i := range r.Groups {
		out = append(out, r.Groups[i].Figures...)
	}
	return out
}

// table is a heading and rows of cells.
type table [][]string

// HasContenders is false for what was only counted.
func (g groupReport) HasContenders() bool { return len(g.samples) > 0 }

// Contenders is a table of what was measured of each.
func (g groupReport) Contenders() table {
	t := table{{"", "a call", "spread", "allocations", "bytes allocated", "turns repeated"}}
	for _, m := range g.samples {
		s := g.samples.time(m.name)
		t = append(t, []string{
			m.name, micros.format(s.median), micros.format(s.low) + " to " + micros.format(s.high),
			strconv.FormatFloat(m.allocs, 'f', 1, 64), strconv.FormatFloat(m.bytes, 'f', 0, 64),
			strconv.Itoa(m.repeated),
		})
	}
	return t
}

// Results is a table of the figures with their limits.
func (g groupReport) Results() table { return results(g.Figures) }

// Limits is a table of all figures that have one.
func (r *report) Limits() table {
	var limited []figure
	for _, f := range r.figures() {
		if f.bound != unbounded {
			limited = append(limited, f)
		}
	}
	return results(limited)
}

// paceSet is how long the do-nothing driver took for a row, in microseconds, where the
// limits were set.
const paceSet = 0.66

// pace compares the machine with the one of the limits.
type pace struct{ Set, Here, Times string }

// Pace returns nil where no row of the do-nothing driver was measured.
func (r *report) Pace() *pace {
	for i := range r.Groups {
		for _, m := range r.Groups[i].samples {
			if m.name == doNothing {
				here := r.Groups[i].samples.time(doNothing).median
				return &pace{Set: micros.format(paceSet), Here: micros.format(here), Times: times.format(here / paceSet)}
			}
		}
	}
	return nil
}

// Missed is a table of the figures that do not keep their limits.
func (r *report) Missed() table {
	var missed []figure
	for _, f := range r.figures() {
		if !f.met() {
			missed = append(missed, f)
		}
	}
	if missed == nil {
		return nil
	}
	return results(missed)
}

func results(figures []figure) table {
	t := table{{"figure", "measured", "spread", "limit", "met"}}
	for i := range figures {
		value, spread, limit, met := figures[i].texts()
		t = append(t, []string{figures[i].name, value, spread, limit, met})
	}
	return t
}

// Markdown writes a table for a document.
func (t table) Markdown() string {
	var b strings.Builder
	for i, row := range t {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			b.WriteString("| --- |" + strings.Repeat(" --- |", len(row)-1) + "\n")
		}
	}
	return b.String()
}

// write writes a table for a terminal.
func (t table) write(w io.Writer) {
	widths := make([]int, len(t[0]))
	for _, row := range t {
		for i, cell := range row {
			widths[i] = max(widths[i], len(cell))
		}
	}
	for _, row := range t {
		var b strings.Builder
		for i, cell := range row {
			fmt.Fprintf(&b, "  %-*s", widths[i], cell)
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
}

//go:embed performance.md.tmpl
var documentText string

var document = template.Must(template.New("performance.md").Parse(documentText))

// Name and Value let the document write a setting.
func (s setting) Name() string  { return s.name }
func (s setting) Value() string { return s.value }

// writeDocument writes what was found as a document.
func (r *report) writeDocument(w io.Writer) error {
	if err := document.Execute(w, r); err != nil {
		return fmt.Errorf("write the document: %w", err)
	}
	return nil
}
