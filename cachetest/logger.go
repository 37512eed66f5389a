package cachetest

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"testing"
)

// newLogger returns a logger that writes to the test's log, and fails the test
// from slog.LevelError on. It is silent once the test has ended, where t.Log and
// t.Error would panic.
func newLogger(t testing.TB) *slog.Logger {
	end := new(ending)
	t.Cleanup(end.come)
	options := &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.TimeKey {
			return slog.Attr{} // the lines of a test have no time
		}
		return a
	}}
	return slog.New(testHandler{
		logs:  slog.NewTextHandler(testWriter{end: end, write: t.Log}, options),
		fails: slog.NewTextHandler(testWriter{end: end, write: t.Error}, options),
	})
}

// ending is the moment from which a test may not be written to.
type ending struct {
	mu    sync.Mutex // guards ended, and is held while the test is written to
	ended bool
}

func (e *ending) come() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ended = true
}

// testWriter writes each record to a test.
type testWriter struct {
	end   *ending
	write func(...any)
}

// Write implements io.Writer.
func (w testWriter) Write(line []byte) (int, error) {
	w.end.mu.Lock()
	defer w.end.mu.Unlock()
	if !w.end.ended {
		w.write(string(bytes.TrimSpace(line)))
	}
	return len(line), nil
}

// testHandler hands errors to one handler and all else to the other.
type testHandler struct{ logs, fails slog.Handler }

// Enabled implements slog.Handler.
func (h testHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.logs.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (h testHandler) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelError {
		return h.fails.Handle(ctx, r)
	}
	return h.logs.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h testHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return testHandler{logs: h.logs.WithAttrs(attrs), fails: h.fails.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h testHandler) WithGroup(name string) slog.Handler {
	return testHandler{logs: h.logs.WithGroup(name), fails: h.fails.WithGroup(name)}
}
