package main

import (
	"errors"
	"fmt"
	"testing"
)

func TestExitCode(t *testing.T) {
	t.Parallel()
	failed := errors.New("x")
	for want, err := range map[int]error{0: nil, exitFailed: fmt.Errorf("y: %w", exitError{failed, exitFailed}), exitNothing: failed} {
		if got := exitCode(err); got != want {
			t.Errorf("%v ends with %d, want %d", err, got, want)
		}
	}
	if exitCode(misuse("x")) != exitNothing || exitCode(outOfReach(failed)) != exitNothing || !errors.Is(outOfReach(failed), failed) {
		t.Error("a call that tried nothing")
	}
}
