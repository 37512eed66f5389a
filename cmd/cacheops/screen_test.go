package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
)

// terminal is the environment that makes a buffer count as a terminal.
var terminal = []string{"TTY_FORCE=1", "TERM=xterm-256color"}

// show prints one of each.
func show(s *screen) {
	s.title("cacheops", "SQLite")
	s.heading("1", "Heading")
	s.fact("verdict", styleHit.Render("hit"))
	p := s.newProgress("filling", 8)
	for i := range 9 {
		p.set(i)
	}
	p.done("filled")
	s.status("working")
	s.line("end")
}

func TestScreens(t *testing.T) {
	t.Parallel()
	escape := regexp.MustCompile("\x1b\\[[0-9;]*m")
	tests := []struct {
		name                      string
		environ                   []string
		escapes, rewrites, quarts bool
	}{
		{"a pipe", nil, false, false, true},
		{"a pipe of a terminal's program", []string{"TERM=xterm-256color"}, false, false, true},
		{"a terminal", terminal, true, true, false},
		{"a dumb terminal", []string{"TTY_FORCE=1", "TERM=dumb"}, false, false, true},
		{"NO_COLOR=1", append([]string{"NO_COLOR=1"}, terminal...), false, true, false},
		{"NO_COLOR=yes", append([]string{"NO_COLOR=yes"}, terminal...), false, true, false},
		{"NO_COLOR=", append([]string{"NO_COLOR="}, terminal...), true, true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var buf bytes.Buffer
			show(newScreen(&buf, tt.environ))
			out := buf.String()
			if got := strings.Contains(out, "\x1b"); got != tt.escapes {
				t.Errorf("escape codes: %v, want %v: %q", got, tt.escapes, out)
			}
			if rest := escape.ReplaceAllString(out, ""); strings.Contains(rest, "\x1b") {
				t.Errorf("escape codes other than colours: %q", rest)
			}
			if got := strings.Contains(out, "\r"); got != tt.rewrites {
				t.Errorf("lines written again: %v, want %v: %q", got, tt.rewrites, out)
			}
			if got := strings.Count(out, " %\n"); (got == 4) != tt.quarts || got != 0 && !tt.quarts {
				t.Errorf("%d lines of quarters: %q", got, out)
			}
			if !strings.HasSuffix(strings.TrimSuffix(out, "\n"), "end") {
				t.Errorf("the last line is lost: %q", out)
			}
		})
	}
}

// On a terminal a status is written over, whole, by the next and by a line.
func TestStatusIsWrittenOver(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer
	s := newScreen(&buf, terminal)
	s.status(styleHit.Render("a long status"))
	s.status("short")
	s.line("a line")
	s.line("next")
	if got, want := display(buf.String()), "a line\nnext\n"; got != want {
		t.Errorf("the terminal shows %q, want %q", got, want)
	}
}

// display is what a terminal shows of a text with carriage returns.
func display(text string) string {
	text = regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(text, "")
	var out strings.Builder
	for line := range strings.Lines(text) {
		var cells []rune
		at := 0
		for _, r := range strings.TrimSuffix(line, "\n") {
			switch {
			case r == '\r':
				at = 0
				continue
			case at < len(cells):
				cells[at] = r
			default:
				cells = append(cells, r)
			}
			at++
		}
		out.WriteString(strings.TrimRight(string(cells), " ") + "\n")
	}
	return out.String()
}

// The whole demo on a terminal: what stays on the screen is what a pipe gets,
// no line is as wide as to wrap, and a hit is green.
func TestDemoOnTerminal(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer
	if err := runDemo(t.Context(), newScreen(&buf, terminal), small()); err != nil {
		t.Fatalf("%v\n%s", err, buf.String())
	}
	out := buf.String()
	for what, code := range map[string]string{
		"a hit": "\x1b[32mhit", "a miss": "\x1b[33mmiss", "a drop": "\x1b[1;31mdrop", "what is kept": "\x1b[2m.", "the verdict": "\x1b[1;32m0 stale",
	} {
		if !strings.Contains(out, code) {
			t.Errorf("%s is not coloured: there is no %q", what, code)
		}
	}
	shown := display(out)
	wantPlain(t, shown)
	if strings.Count(shown, "filling") != 0 || !strings.Contains(shown, "0 stale") {
		t.Errorf("the terminal shows\n%s", shown)
	}
	for status := range strings.SplitSeq(regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(out, ""), "\r") {
		line, _, _ := strings.Cut(status, "\n")
		if n := len([]rune(line)); n >= pageWidth && strings.Contains(line, "writes/s") {
			t.Errorf("a status of %d characters would wrap: %s", n, line)
		}
	}
}
