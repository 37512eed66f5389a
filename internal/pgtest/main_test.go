//go:build unix

package pgtest

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// childVariable makes the test's program a child that a test starts.
const childVariable = "PGTEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		child()
		return
	}
	goleak.VerifyTestMain(m)
}
