package main

import (
	"fmt"
	"regexp"
	"strings"
)

// failure is a test that failed, and the first and last lines that it said why with.
type failure struct {
	pkg, test string
	why       []string
}

// What is shown of a failed test below the table, in lines and in bytes of each.
const (
	whyFirst = 6
	whyLast  = 3
	whyLong  = 400
)

// messages begin with the place of the test that logged them.
var messages = regexp.MustCompile(`^\s+\w+\.go:\d+: `)

// cause finds in the output of a failed test the first line of each thing that it said.
// The log of a server, which is long and comes last, is none of them.
func cause(output string) []string {
	var said []string
	for line := range strings.Lines(output) {
		if messages.MatchString(line) && !strings.Contains(line, ": "+logged) && !strings.Contains(line, ": the last lines of the log of ") || strings.HasPrefix(line, "panic: ") {
			line = strings.TrimSpace(line)
			said = append(said, line[:min(len(line), whyLong)])
		}
	}
	if left := len(said) - whyFirst - whyLast; left > 0 {
		last := said[len(said)-whyLast:]
		said = append(append(said[:whyFirst:whyFirst], fmt.Sprintf("... %d more ...", left)), last...)
	}
	return said
}

// writeFailures prints what failed and why, shortly, where the last lines of a long
// output are all that one sees of it.
func (r *report) writeFailures() {
	if len(r.failures) == 0 {
		return
	}
	fmt.Fprintln(r.w, "\nfailures:")
	for _, f := range r.failures {
		fmt.Fprintf(r.w, "  %s %s\n", f.pkg, f.test)
		for _, line := range f.why {
			fmt.Fprintf(r.w, "    %s\n", line)
		}
	}
}
