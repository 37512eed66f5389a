package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/spf13/cobra"
)

// status is what a check of the doctor found.
type status string

// The statuses, from the best to the worst.
const (
	statusOK      status = "ok"
	statusWarning status = "warning" // it works, and could be better
	statusProblem status = "problem" // something does not work, or will not
)

// finding is the outcome of one check.
type finding struct {
	Check  string `json:"check"`
	Status status `json:"status"`
	// Node is the server that it is about, where there are several that differ.
	Node string `json:"node,omitempty"`
	Text string `json:"text"`
	// Fix says what to do; Line is for pasting.
	Fix  string `json:"fix,omitempty"`
	Line string `json:"line,omitempty"`

	figure float64 // what tells servers apart whose status is the same
}

// diagnosis is all that the doctor found.
type diagnosis struct {
	Redis    string     `json:"redis"`
	Prefix   string     `json:"prefix"`
	Mode     string     `json:"mode,omitempty"` // that the prefix is used in, if it is
	Warnings int        `json:"warnings"`
	Problems int        `json:"problems"`
	Findings []finding  `json:"findings"`
	Keys     []keyCount `json:"keys"`
}

// doctorFlags are the flags of doctor.
type doctorFlags struct {
	redisFlags

	json, sets bool
	keys       int
}

func newDoctor() *cobra.Command {
	var f doctorFlags
	cmd := &cobra.Command{
		Use:   "doctor [flags]",
		Short: "Check a Redis for the cache, and say what to change",
		Long: `Looks at a Redis as the cache will use it, by the user of the URL, and says what to
change: version, eviction, memory, persistence, the user's rights, replication, clock,
latency, scripts, channels, and what keys there are. What it asks for is what the mode
needs that the programs use the prefix in, stamps or sets; --sets looks at one that no
program has used yet as sets mode will. It leaves nothing behind: what it tries to write
is a key that nobody has, written only where it is there, or taken away in the same step.
It publishes to one channel of its own under the prefix.

` + redisURLForms + `

Variables: ` + redisVariable + `, ` + prefixVariable + `. Exit codes: 0 no problem, though maybe warnings;
1 there is a problem; 2 the call is wrong, or nobody answers.`,
		Example: `  cacheops doctor --redis redis://localhost:6379
  CACHEOPS_REDIS=rediss://cache:secret@redis.internal:6379 cacheops doctor --json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 { // it may be a URL with a password, and is not repeated
				return misuse("cacheops: doctor takes no arguments: name the Redis by --redis, or %s", redisVariable)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDoctor(cmd.Context(), cmd.OutOrStdout(), &f)
		},
	}
	flags := cmd.Flags()
	f.add(flags)
	flags.BoolVar(&f.sets, "sets", false, "the programs are going to use sets mode (rueidisstore.NewSets)")
	flags.IntVar(&f.keys, "keys", 100_000, "how many keys of each server to look at, at most")
	flags.BoolVar(&f.json, "json", false, "print JSON")
	return cmd
}

func runDoctor(ctx context.Context, out io.Writer, f *doctorFlags) error {
	if f.keys < 0 {
		return misuse("cacheops: --keys is %d: use 0 or more", f.keys)
	}
	bounded, cancel := context.WithTimeout(ctx, max(f.timeout, 1))
	defer cancel()
	conn, err := f.open(bounded)
	if err != nil {
		return err
	}
	defer conn.Close()
	if st, err := conn.store(""); err != nil {
		return err // the prefix is none
	} else if err := st.Close(); err != nil {
		return err
	}
	s := newScreen(out, environment())
	if s.rewrites && !f.json {
		s.status("   looking ...")
	}
	d, err := examine(bounded, conn, f)
	s.clear()
	if err != nil {
		return conn.failed(err)
	}
	for i := range d.Findings {
		x := &d.Findings[i]
		x.Text, x.Fix = conn.secrets.clean(x.Text), conn.secrets.clean(x.Fix)
	}
	if f.json {
		encoder := json.NewEncoder(out)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(d)
	} else {
		printDiagnosis(s, d)
	}
	if err == nil && d.Problems > 0 {
		err = fmt.Errorf("cacheops: the doctor found %s", plural(d.Problems, "problem", "problems"))
	}
	return err
}

// doctorIndent is the column in which the text of a finding begins.
const doctorIndent = 28

// printDiagnosis prints the findings as a table.
func printDiagnosis(s *screen, d *diagnosis) {
	s.title("cacheops doctor", printable(shortened(d.Redis, 56)))
	s.line()
	last := ""
	for i := range d.Findings {
		x := &d.Findings[i]
		name := x.Check
		if name == last {
			name = ""
		}
		last = x.Check
		text := x.Text
		if x.Node != "" {
			text = x.Node + ": " + text
		}
		lines := wrapped(printable(text), pageWidth-doctorIndent)
		s.line("   ", left(x.Status.shown(s.colours), 11), left(styleTitle.Render(name), 14), lines[0])
		for _, line := range lines[1:] {
			s.line(strings.Repeat(" ", doctorIndent), line)
		}
		if x.Fix != "" {
			for at, line := range wrapped(printable(x.Fix), pageWidth-doctorIndent-3) {
				mark := "-> "
				if at > 0 {
					mark = "   "
				}
				s.line(strings.Repeat(" ", doctorIndent), styleHeading.Render(mark), line)
			}
		}
		if x.Line != "" { // whole, for pasting
			s.line("   ", printable(x.Line))
		}
	}
	printKeys(s, d.Keys)
	s.line()
	good := len(d.Findings) - d.Warnings - d.Problems
	sum := fmt.Sprintf("%d ok, %s, %s", good, plural(d.Warnings, "warning", "warnings"), plural(d.Problems, "problem", "problems"))
	switch {
	case d.Problems > 0:
		sum = styleBad.Render(sum)
	case d.Warnings > 0:
		sum = styleMiss.Render(sum)
	default:
		sum = styleGood.Render(sum)
	}
	s.line("   ", sum)
}

// shown is a status as it is printed: with a sign where there are colours.
func (x status) shown(colours bool) string {
	sign, style := "\u2714 ", styleGood
	switch x {
	case statusWarning:
		sign, style = "! ", styleMiss
	case statusProblem:
		sign, style = "\u2718 ", styleBad
	default:
	}
	if !colours {
		return string(x)
	}
	return style.Render(sign + string(x))
}

// printKeys prints how many keys there are of each kind, with a bar for their memory.
func printKeys(s *screen, keys []keyCount) {
	var most int64 = 1
	for i := range keys {
		most = max(most, keys[i].Bytes)
	}
	for i := range keys {
		k := &keys[i]
		if i == 0 {
			s.line()
			s.line("   ", styleDim.Render(left("keys", 18)+right("number", 12)+right("memory", 12)))
		}
		const width = 24
		n := int(k.Bytes * width / most)
		bar := strings.Repeat("#", n)
		if s.colours {
			bar = lipgloss.NewStyle().Foreground(lipgloss.Cyan).Render(strings.Repeat("\u2501", n))
		}
		s.line("   ", left(k.Kind, 18), right(grouped(k.Number), 12), right(memorySize(k.Bytes), 12), "   ", bar)
	}
}
