package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// grouped writes a count with a comma between groups of three digits.
func grouped[T int | int64 | uint64](n T) string {
	if n < 0 {
		return "-" + grouped(-n)
	}
	digits := strconv.FormatUint(uint64(n), 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// latency writes a duration with two or three digits, at most seven characters.
func latency(d time.Duration) string {
	switch {
	case d <= 0:
		return "-"
	case d < time.Microsecond:
		return fmt.Sprintf("%d ns", d)
	case d < 10*time.Microsecond:
		return fmt.Sprintf("%.1f us", float64(d)/1e3)
	case d < time.Millisecond:
		return fmt.Sprintf("%.0f us", float64(d)/1e3)
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(d)/1e6)
	case d < 10*time.Second:
		return fmt.Sprintf("%.0f ms", float64(d)/1e6)
	default:
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
}

// ratio writes how many times as large a is as b: "12x", "1.4x", or "-" where
// one of them is not known.
func ratio(a, b float64) string {
	switch {
	case a <= 0 || b <= 0:
		return "-"
	case a/b >= 9.95:
		return grouped(int64(a/b+0.5)) + "x"
	default:
		return fmt.Sprintf("%.1fx", a/b)
	}
}

// percent writes a share: "93 %", and "-" of nothing. What is not all is not
// rounded up to all.
func percent(part, whole uint64) string {
	if whole == 0 {
		return "-"
	}
	p := 100 * float64(part) / float64(whole)
	if p >= 99.5 && part != whole {
		return "99 %"
	}
	return fmt.Sprintf("%.0f %%", p)
}

// plural writes a count with its noun.
func plural[T int | int64 | uint64](n T, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(n) + " " + many
}

// shortened cuts a text to a width in characters, and shows that it did. The
// text must not hold escape codes.
func shortened(text string, width int) string {
	runes := []rune(text)
	if len(runes) <= width {
		return text
	}
	if width <= 3 {
		return string(runes[:max(width, 0)])
	}
	return string(runes[:width-3]) + "..."
}

// wrapped breaks a text at blanks into lines of a width. A word that is longer
// gets a line of its own.
func wrapped(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case len(line)+1+len(word) > width:
			lines = append(lines, line)
			line = word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}

// printable makes a text from a file safe to print: what could break a line or
// steer a terminal is replaced.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
}

// tail keeps the end of a text that is longer than a width.
func tail(text string, width int) string {
	runes := []rune(text)
	if len(runes) <= width {
		return text
	}
	return "..." + string(runes[len(runes)-width+3:])
}
