//go:build unix

package testprocess

import (
	"path/filepath"
	"testing"
)

// TestFolderFollowsTMPDIR changes the environment, so it is not parallel.
func TestFolderFollowsTMPDIR(t *testing.T) {
	here := t.TempDir()
	t.Setenv("TMPDIR", here)
	dir, err := Folder("server-")
	if err != nil || filepath.Dir(dir) != here {
		t.Errorf("the folder is %s (%v), want one in %s", dir, err, here)
	}
}
