//go:build unix

package redistest

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// recordingT is a test that only remembers.
type recordingT struct {
	failed   bool
	logged   string
	cleanups []func()
}

func (r *recordingT) Helper()                         {}
func (r *recordingT) Cleanup(f func())                { r.cleanups = append(r.cleanups, f) }
func (r *recordingT) Failed() bool                    { return r.failed }
func (r *recordingT) Logf(format string, args ...any) { r.logged += fmt.Sprintf(format, args...) }
func (r *recordingT) Fatalf(format string, args ...any) {
	r.failed = true
	r.Logf(format, args...)
	runtime.Goexit()
}

// run runs a test to its end.
func (r *recordingT) run(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
	for _, cleanup := range slices.Backward(r.cleanups) {
		cleanup()
	}
}

func TestServerFailsItsTest(t *testing.T) {
	t.Parallel()
	r, s, goesOn := new(recordingT), (*Server)(nil), false
	r.run(func() {
		s = Start(r)
		s.Restart()
		goesOn = true
	})
	if !r.failed || goesOn || !strings.Contains(r.logged, "is up: kill it") {
		t.Errorf("a test that restarts a server that is up failed: %t, went on: %t, logged %q", r.failed, goesOn, r.logged)
	}
	if !strings.Contains(r.logged, "Ready to accept connections") {
		t.Errorf("the log of the server is not shown: %q", r.logged)
	}
	if s.Pid() != 0 {
		t.Error("the server is still there")
	}
	r = new(recordingT)
	r.run(func() { s = Start(r) })
	if r.failed || r.logged != "" || s.Pid() != 0 {
		t.Errorf("a test that passes logged %q", r.logged)
	}
}

// TestMissing changes the environment, so it is not parallel.
func TestMissing(t *testing.T) {
	if said := Missing(); said != "" {
		t.Errorf("it says %q", said)
	}
	t.Setenv("PATH", t.TempDir())
	if Missing() == "" {
		t.Error("it finds a server in an empty folder")
	}
	r := new(recordingT)
	r.run(func() { Start(r) })
	if !r.failed || !strings.Contains(r.logged, Missing()) {
		t.Errorf("without Redis the test failed: %t, with %q", r.failed, r.logged)
	}
}
