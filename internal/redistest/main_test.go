//go:build unix

package redistest

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// childVariable makes the test's program a child that a test starts.
const childVariable = "REDISTEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		child()
		return
	}
	goleak.VerifyTestMain(m)
}

// must fails the test for an error.
func must[V any](t *testing.T) func(V, error) V {
	return func(v V, err error) V {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// do sends a command that has to succeed, and compares the answer.
func do(t *testing.T, s *Server, want string, args ...string) {
	t.Helper()
	if got := must[string](t)(s.Do(args...)); got != want {
		t.Fatalf("%q on %s answered %q, want %q", args, s.Addr(), got, want)
	}
}

// must2 is must for two results.
func must2(t *testing.T) func(a, b string, err error) (string, string) {
	return func(a, b string, err error) (string, string) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return a, b
	}
}
