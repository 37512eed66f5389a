package filecache

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A full disk is an error of Set, and none of the program's. Only root can make a small
// disk; TestFileSizeLimit shows the same to everybody.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Log("a small disk needs root: not shown here")
		return
	}
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=1m,mode=700"); err != nil {
		t.Logf("a small disk cannot be made: not shown here: %v", err)
		return
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, 0); err != nil {
			t.Error(err)
		}
	})
	dir := filepath.Join(disk, "files")
	p := start(t, "fill", "", dir, "50000")
	if got := p.told(t); !strings.Contains(got, "no space left") {
		t.Errorf("the error is %q", got)
	}
	if err := p.Wait(); err != nil {
		t.Error(err)
	}
	wantNoTemporary(t, dir)
}
