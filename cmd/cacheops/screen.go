package main

import (
	"io"
	"os"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
)

// pageWidth is the width in characters that nothing printed exceeds.
const pageWidth = 80

// The styles use the terminal's own sixteen colours, which its owner chose to
// be readable on its background, light or dark.
var (
	styleTitle   = lipgloss.NewStyle().Bold(true)
	styleHeading = lipgloss.NewStyle().Bold(true).Foreground(lipgloss.Cyan)
	styleHit     = lipgloss.NewStyle().Foreground(lipgloss.Green)
	styleMiss    = lipgloss.NewStyle().Foreground(lipgloss.Yellow)
	styleDrop    = lipgloss.NewStyle().Bold(true).Foreground(lipgloss.Red)
	styleDim     = lipgloss.NewStyle().Faint(true)
	styleGood    = lipgloss.NewStyle().Bold(true).Foreground(lipgloss.Green)
	styleBad     = lipgloss.NewStyle().Bold(true).Foreground(lipgloss.Red)
)

// screen prints to a terminal, a file or a pipe. What is no terminal, and one
// that is dumb, gets plain lines; NO_COLOR takes all escape codes away. It is
// not safe for concurrent use.
type screen struct {
	out      io.Writer
	rewrites bool // the last line can be written again
	colours  bool
	pending  int // width of the line that is to be written again
}

// newScreen looks at what out is, and at the environment, NAME=value each.
func newScreen(out io.Writer, environ []string) *screen {
	profile := colorprofile.Detect(out, environ)
	s := &screen{rewrites: profile > colorprofile.NoTTY}
	for _, e := range environ {
		// Any value counts, as no-color.org has it.
		if value, ok := strings.CutPrefix(e, "NO_COLOR="); ok && value != "" {
			profile = colorprofile.NoTTY
		}
	}
	s.colours = profile > colorprofile.ASCII
	if !s.colours {
		profile = colorprofile.NoTTY // bold and faint are escape codes too
	}
	s.out = &colorprofile.Writer{Forward: out, Profile: profile}
	return s
}

// environment is the program's, for newScreen.
func environment() []string { return os.Environ() }

// line prints a line, in place of a status if there is one.
func (s *screen) line(parts ...string) {
	s.clear()
	_, _ = io.WriteString(s.out, strings.TrimRight(strings.Join(parts, ""), " ")+"\n")
}

// status shows a line that the next one replaces. Only a terminal shows it.
func (s *screen) status(text string) {
	if !s.rewrites {
		return
	}
	width := lipgloss.Width(text)
	_, _ = io.WriteString(s.out, "\r"+text+strings.Repeat(" ", max(s.pending-width, 0)))
	s.pending = width
}

// clear takes the status away.
func (s *screen) clear() {
	if s.pending == 0 {
		return
	}
	_, _ = io.WriteString(s.out, "\r"+strings.Repeat(" ", s.pending)+"\r")
	s.pending = 0
}

// title prints the program's header: a line and what it is about.
func (s *screen) title(left, right string) {
	gap := max(pageWidth-lipgloss.Width(left)-lipgloss.Width(right), 1)
	s.line(styleTitle.Render(left), strings.Repeat(" ", gap), styleDim.Render(right))
}

// heading prints the numbered heading of an act.
func (s *screen) heading(number, text string) {
	s.line()
	s.line(styleHeading.Render(number + "  " + text))
	s.line()
}

// factIndent is the column in which the text of a fact begins.
const factIndent = 15

// fact prints a name and what there is to say of it.
func (s *screen) fact(name, text string) {
	s.line("   ", styleDim.Render(left(name, factIndent-3)), text)
}

// left fills a text with blanks on its right side. The width is that of what
// can be seen.
func left(text string, width int) string {
	return text + strings.Repeat(" ", max(width-lipgloss.Width(text), 0))
}

// right fills a text with blanks on its left side.
func right(text string, width int) string {
	return strings.Repeat(" ", max(width-lipgloss.Width(text), 0)) + text
}
