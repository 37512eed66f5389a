package testprocess

import (
	"os"
	"path/filepath"
	"testing"
)

// TestSweep: a folder that a living process holds stays, one that nobody holds goes.
func TestSweep(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	living, err := hold(parent, "living-")
	if err != nil {
		t.Fatal(err)
	}
	dead, other := filepath.Join(parent, ours+"dead"), filepath.Join(parent, "other")
	for _, dir := range []string{dead, other} {
		if err := os.MkdirAll(filepath.Join(dir, "data"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	sweep(parent, settled)
	if _, err := os.Stat(dead); err != nil {
		t.Error("a folder that is new was removed")
	}
	sweep(parent, 0)
	if _, err := os.Stat(dead); err == nil {
		t.Error("a folder that nobody holds stays")
	}
	for _, dir := range []string{living, other} {
		if _, err := os.Stat(dir); err != nil {
			t.Error(err)
		}
	}
}
