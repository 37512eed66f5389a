//go:build unix

package testprocess

import "testing"

// TestPortsAreHeld: a port that is reserved cannot be taken, with its bus.
func TestPortsAreHeld(t *testing.T) {
	t.Parallel()
	p, err := Reserve(true)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Release()
	bus := p.Number + busOffset
	if bus >= 1<<16 || p.Number < firstPort {
		t.Errorf("the ports %d and %d", p.Number, bus)
	}
	for _, number := range []int{p.Number, bus} {
		if err := new(Port).hold(number); err == nil {
			t.Errorf("port %d is not held", number)
		}
	}
}
