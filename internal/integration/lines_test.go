package integration

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
)

// lines is where a test's log goes. It may be used from many goroutines.
type lines struct {
	mu  sync.Mutex // guards all
	all bytes.Buffer
}

// Write implements io.Writer.
func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(b)
}

// logger returns a logger that writes lines.
func (l *lines) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func (l *lines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// count returns how many times a text stands in the log.
func (l *lines) count(text string) int { return strings.Count(l.text(), text) }
