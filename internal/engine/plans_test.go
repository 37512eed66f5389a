package engine

import (
	"fmt"
	"testing"
)

// The plans of a handle are bounded: a program that writes values into its
// texts must not fill the memory.
func TestPlansAreBounded(t *testing.T) {
	t.Parallel()
	const limit = 10
	h := newTestHandle(t, limit)
	for i := range 100 * limit {
		text := fmt.Sprint("SELECT id FROM posts WHERE id = ", i)
		if got := h.Plan(text).Text(); got != text {
			t.Fatalf("the plan of %q is that of %q", text, got)
		}
	}
	h.plans.CleanUp()
	if n := h.plans.EstimatedSize(); n > limit {
		t.Errorf("%d plans are kept, at most %d are allowed", n, limit)
	}
}
