package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/cacheops/cacheops/internal/tools/workspace"
)

// event is one line of go test -json.
type event struct {
	Action  string
	Package string
	Test    string
	Elapsed float64 // seconds
	Output  string
}

// suite is the outcome of one package.
type suite struct {
	result  string // "ok", "FAIL", "no tests" or "none ran"; empty while it runs
	passed  int
	failed  int
	skipped int
	elapsed float64
	running map[string]bool             // false while it waits for its turn
	output  map[string]*strings.Builder // by test, "" for the package itself
	figures []string                    // what passing tests want to be shown
}

// skip is a test that was skipped, and what it said.
type skip struct{ pkg, test, why string }

// report gathers the events of one run of go test.
type report struct {
	w      io.Writer
	suites map[string]*suite
	skips  []skip
	// failures are the failed tests, and those that did not end.
	failures []failure
	// broken is true when go test failed although no test did.
	broken bool
}

func newReport(w io.Writer) *report {
	return &report{w: w, suites: make(map[string]*suite)}
}

// read takes in events up to the end. Lines that are no events are shown as
// they are.
func (r *report) read(events io.Reader) error {
	in := bufio.NewReader(events)
	for {
		line, err := in.ReadString('\n')
		if line != "" {
			var e event
			if json.Unmarshal([]byte(line), &e) != nil || e.Action == "" {
				fmt.Fprint(r.w, line)
			} else {
				r.add(e)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the events of go test: %w", err)
		}
	}
}

func (r *report) add(e event) {
	if e.Action == "build-output" {
		fmt.Fprint(r.w, e.Output)
		return
	}
	if e.Package == "" {
		return
	}
	s := r.suites[e.Package]
	if s == nil {
		s = &suite{running: make(map[string]bool), output: make(map[string]*strings.Builder)}
		r.suites[e.Package] = s
	}
	switch e.Action {
	case "run", "cont":
		s.running[e.Test] = true
	case "pause":
		s.running[e.Test] = false
	case "output":
		s.keep(e)
	case "pass", "fail", "skip":
		if e.Test == "" {
			r.endSuite(e, s)
		} else {
			r.endTest(e, s)
		}
	}
}

func (s *suite) keep(e event) {
	b := s.output[e.Test]
	if b == nil {
		b = new(strings.Builder)
		s.output[e.Test] = b
	}
	b.WriteString(e.Output)
}

// take returns what a test printed, and forgets it.
func (s *suite) take(test string) string {
	b := s.output[test]
	delete(s.output, test)
	if b == nil {
		return ""
	}
	return b.String()
}

func (r *report) endTest(e event, s *suite) {
	delete(s.running, e.Test)
	out := s.take(e.Test)
	switch e.Action {
	case "pass":
		s.passed++
		s.figures = append(s.figures, figures(out)...)
		// The detector's words are given to the test that printed last, the blame to
		// all that were running.
		if strings.Contains(out, "WARNING: DATA RACE") {
			fmt.Fprintf(r.w, "printed in: %s %s\n%s", e.Package, e.Test, shorten(out))
		}
	case "skip":
		s.skipped++
		r.skips = append(r.skips, skip{pkg: e.Package, test: e.Test, why: reason(out)})
	case "fail":
		s.failed++
		r.failures = append(r.failures, failure{pkg: e.Package, test: e.Test, why: cause(out)})
		fmt.Fprintf(r.w, "failed: %s %s\n%s", e.Package, e.Test, shorten(out))
	}
}

func (r *report) endSuite(e event, s *suite) {
	s.elapsed = e.Elapsed
	switch e.Action {
	case "pass":
		s.result = "ok"
		if s.passed+s.skipped == 0 {
			s.result = "none ran"
		}
	case "skip":
		s.result = "no tests"
	case "fail":
		r.failSuite(e.Package, s)
	}
}

// failSuite ends a package that failed, and counts what no event counted.
func (r *report) failSuite(pkg string, s *suite) {
	s.result = "FAIL"
	waited := make(map[string]bool)
	for _, test := range slices.Sorted(maps.Keys(s.running)) {
		s.failed++
		if s.running[test] {
			out := s.take(test)
			r.failures = append(r.failures, failure{pkg: pkg, test: test, why: append(cause(out), "it did not end")})
			fmt.Fprintf(r.w, "%s%s: %s did not end\n", shorten(out), pkg, test)
		} else {
			waited[test] = true
			fmt.Fprintf(r.w, "%s: %s waited for its turn\n", pkg, test)
		}
	}
	clear(s.running)
	for _, test := range slices.Sorted(maps.Keys(s.output)) { // "" comes first
		if out := s.take(test); !waited[test] {
			fmt.Fprint(r.w, shorten(out))
		}
	}
	if s.failed == 0 {
		s.failed = 1
		fmt.Fprintf(r.w, "%s failed without a failed test\n", pkg)
	}
}

// end closes what go test left open. Ok says whether it ended well.
func (r *report) end(ok bool) {
	failed := false
	for _, pkg := range slices.Sorted(maps.Keys(r.suites)) {
		s := r.suites[pkg]
		if s.result == "" {
			r.failSuite(pkg, s)
		}
		failed = failed || s.failed > 0
	}
	r.broken = !ok && !failed
}

// What is shown of the output of a failed test, and of one stack of the race
// detector, in lines.
const (
	shownFirst = 200
	shownLast  = 100
	shownStack = 24
)

// shorten leaves out the middle of a long output: one test that fails must not
// hide the others.
func shorten(output string) string {
	output = shortenStacks(output)
	lines := strings.SplitAfter(output, "\n")
	left := len(lines) - shownFirst - shownLast
	if left <= 1 {
		return output
	}
	return strings.Join(lines[:shownFirst], "") +
		fmt.Sprintf("... %d lines left out, run the test by itself to see them ...\n", left) +
		strings.Join(lines[len(lines)-shownLast:], "")
}

// stackBegins are the lines of the race detector that a stack follows.
var stackBegins = regexp.MustCompile(`^(Previous )?(atomic )?([Rr]ead|[Ww]rite) at 0x|^Goroutine \d+ \(\w+\) created at:`)

// shortenStacks cuts the stacks of the race detector: it takes some for hundreds
// of calls deep, and the other side of the race follows only after that.
func shortenStacks(output string) string {
	var out strings.Builder
	inStack, shown := false, 0
	for line := range strings.Lines(output) {
		switch {
		case stackBegins.MatchString(line):
			inStack, shown = true, 0
		case !strings.HasPrefix(line, "  "):
			inStack = false
		case inStack:
			if shown++; shown == shownStack+1 {
				out.WriteString("  ... the rest of this stack left out ...\n")
			}
			if shown > shownStack {
				continue
			}
		}
		out.WriteString(line)
	}
	return out.String()
}

// reason finds in the output of a skipped test what it gave as the reason.
func reason(output string) string {
	for line := range strings.Lines(output) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "===") && !strings.HasPrefix(line, "---") {
			return line
		}
	}
	return "no reason given"
}

// logged is the start of a line that a test logs in order to have it shown
// although it passes.
const logged = "figure: "

// figures finds in a test's output the lines that it logged for the summary.
func figures(output string) (found []string) {
	for line := range strings.Lines(output) {
		place, text, ok := strings.Cut(strings.TrimSpace(line), ": ")
		text, marked := strings.CutPrefix(text, logged)
		if ok && marked && strings.Contains(place, ".go:") {
			found = append(found, text)
		}
	}
	return found
}

// writeFigures prints the figures, suite by suite.
func (r *report) writeFigures() {
	for _, pkg := range slices.Sorted(maps.Keys(r.suites)) {
		s := r.suites[pkg]
		if len(s.figures) == 0 {
			continue
		}
		fmt.Fprintf(r.w, "\nfigures of %s:\n", pkg)
		for _, line := range s.figures {
			fmt.Fprintf(r.w, "  %s\n", line)
		}
	}
}

// write prints the table, the figures, the skipped tests and the last line. It reports
// whether all is well.
func (r *report) write(modules workspace.Modules, strict bool) bool {
	var total suite
	table := tabwriter.NewWriter(r.w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "\nSUITE\tRESULT\tPASSED\tFAILED\tSKIPPED\tSECONDS\n")
	for _, m := range modules {
		heading := false
		for _, pkg := range slices.Sorted(maps.Keys(r.suites)) {
			if of, _ := modules.Of(pkg); of != m {
				continue
			}
			if !heading {
				heading = true
				fmt.Fprintf(table, "module %s\t\t\t\t\t\n", m.Path)
			}
			s := r.suites[pkg]
			total.passed += s.passed
			total.failed += s.failed
			total.skipped += s.skipped
			name := strings.TrimPrefix(strings.TrimPrefix(pkg, m.Path), "/")
			if name == "" {
				name = "."
			}
			fmt.Fprintf(table, "  %s\t%s\t%d\t%d\t%d\t%.1f\n", name, s.result, s.passed, s.failed, s.skipped, s.elapsed)
		}
	}
	// A tabwriter's error is that of the writer below it, whose loss nothing
	// here could tell anybody.
	_ = table.Flush()
	r.writeFigures()
	if r.broken {
		total.failed++
		fmt.Fprintln(r.w, "\ngo test itself failed, see above")
	}
	for _, s := range r.skips {
		fmt.Fprintf(r.w, "\nskipped: %s %s: %s", s.pkg, s.test, s.why)
	}
	r.writeFailures()
	ok := total.failed == 0
	if len(r.skips) > 0 {
		fmt.Fprintln(r.w)
		if strict {
			ok = false
			fmt.Fprintln(r.w, "\nCI is set, and a green run must have run everything: a skipped test fails it.")
		}
	}
	if total.passed+total.failed+total.skipped == 0 {
		ok = false
		fmt.Fprintln(r.w, "\nno test ran, which proves nothing")
	}
	fmt.Fprintf(r.w, "\n%d passed, %d failed, %d skipped\n", total.passed, total.failed, total.skipped)
	return ok
}
