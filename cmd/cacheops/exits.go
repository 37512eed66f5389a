package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

// The exit codes of all commands. 0 is for what was done and for a check without a
// problem.
const (
	exitFailed  = 1 // it did not work, or a check found a problem
	exitNothing = 2 // nothing was tried: it was called wrongly, or a server is out of reach
)

// exitError is an error with the exit code of its own.
type exitError struct {
	error
	code int
}

func (e exitError) Unwrap() error { return e.error }

// misuse is the error of a call that is wrong.
func misuse(format string, args ...any) error {
	return exitError{fmt.Errorf(format, args...), exitNothing}
}

// outOfReach is the error of a server that is not reached.
func outOfReach(err error) error { return exitError{err, exitNothing} }

// exitCode returns what the program ends with after an error. One without a code is
// of the flags, before a command began.
func exitCode(err error) int {
	var with exitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &with):
		return with.code
	default:
		return exitNothing
	}
}

// coded gives the errors of a command that has begun the code of a failure.
func coded(cmd *cobra.Command) *cobra.Command {
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		err := run(cmd, args)
		var with exitError
		if err != nil && !errors.As(err, &with) {
			return exitError{err, exitFailed}
		}
		return err
	}
	return cmd
}
