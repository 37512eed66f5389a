package filecache

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// asChild makes the test binary be one of the processes of a test.
const asChild = "CACHEOPS_TEST_FILECACHE_CHILD"

func TestMain(m *testing.M) {
	if name := os.Getenv(asChild); name != "" {
		children[name]()
		return
	}
	goleak.VerifyTestMain(m)
}
