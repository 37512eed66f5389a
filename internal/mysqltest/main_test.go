//go:build unix

package mysqltest

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// childVariable makes the test's program a child that a test starts.
const childVariable = "MYSQLTEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		child()
		return
	}
	goleak.VerifyTestMain(m)
}
