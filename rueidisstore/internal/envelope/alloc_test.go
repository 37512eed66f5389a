//go:build !race

package envelope

import "testing"

// An envelope is opened with one allocation, that of the content. The race detector has
// pools forget.
func TestOpenAllocates(t *testing.T) {
	for name, e := range map[string]*Envelope{"compressed": newEnvelope(t, 0), "sealed": newEnvelope(t, -1, keyA), "both": newEnvelope(t, 0, keyA)} {
		b := e.Put(0, words(5000), &here)
		n := testing.AllocsPerRun(200, func() {
			if _, why := e.Open(b, &here); why != None {
				t.Errorf("%s: refusal %d", name, why)
			}
		})
		if n > 1 {
			t.Errorf("%s: %v allocations, want 1", name, n)
		}
	}
}
