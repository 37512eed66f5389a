package cachetest

import (
	"fmt"
	"log/slog"
	"slices"
	"testing"

	"github.com/cacheops/cacheops"
)

// notingTB notes what a test is told. Whatever else it is asked the real one
// answers.
type notingTB struct {
	testing.TB

	logs, errors []string
	cleanups     []func()
}

func (n *notingTB) Log(args ...any)    { n.logs = append(n.logs, fmt.Sprint(args...)) }
func (n *notingTB) Error(args ...any)  { n.errors = append(n.errors, fmt.Sprint(args...)) }
func (n *notingTB) Cleanup(end func()) { n.cleanups = append(n.cleanups, end) }

func (n *notingTB) end() {
	for _, end := range slices.Backward(n.cleanups) {
		end()
	}
}

func TestLoggerWritesToTheTest(t *testing.T) {
	t.Parallel()
	n := &notingTB{TB: t}
	logger := newLogger(n)
	logger.With("call", "get").WithGroup("of").Warn("store failed", "time", 7)
	logger.With("call", "bump").Error("bump failed")
	logger.Debug("too much")
	if want := []string{`level=WARN msg="store failed" call=get of.time=7`}; !slices.Equal(n.logs, want) {
		t.Errorf("logged %q, want %q", n.logs, want)
	}
	if want := []string{`level=ERROR msg="bump failed" call=bump`}; !slices.Equal(n.errors, want) {
		t.Errorf("failed with %q, want %q", n.errors, want)
	}
	n.end()
	logger.Warn("late")
	logger.Error("late")
	if len(n.logs)+len(n.errors) != 2 {
		t.Errorf("after the end of the test: %q, %q", n.logs, n.errors)
	}
}

// The real thing panics in t.Error after the end of the test.
func TestLoggerIsSilentAfterTheTest(t *testing.T) {
	var logger *slog.Logger
	t.Run("inner", func(t *testing.T) { logger = newLogger(t) })
	logger.Error("late")
}

// A test is told of nothing that it did not ask for.
func TestNewIsQuiet(t *testing.T) {
	t.Parallel()
	n := &notingTB{TB: t}
	cache, _ := New(n, cacheops.Config{})
	if len(n.logs)+len(n.errors) != 0 {
		t.Errorf("told %q, %q", n.logs, n.errors)
	}
	n.end()
	if err := cache.Close(); err != nil || len(n.errors) != 0 {
		t.Errorf("closed twice: %v, %q", err, n.errors)
	}
}
