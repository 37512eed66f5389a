package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"
)

// asker asks before something is done that cannot be undone.
type asker struct {
	yes      bool // nothing is asked
	in       io.Reader
	terminal bool // in is one
	out      io.Writer
}

// newAsker looks at where the answers would come from.
func newAsker(cmd *cobra.Command, yes bool) *asker {
	a := &asker{yes: yes, in: cmd.InOrStdin(), out: cmd.ErrOrStderr()}
	if f, ok := a.in.(*os.File); ok {
		a.terminal = term.IsTerminal(f.Fd())
	}
	return a
}

// able returns an error where nobody could be asked.
func (a *asker) able(what string) error {
	if a.yes || a.terminal {
		return nil
	}
	return misuse("cacheops: to %s needs a yes, and the input is no terminal: add --yes", what)
}

// errDeclined is returned where the answer is not yes.
var errDeclined = errors.New("cacheops: nothing was done")

// ask asks whether to do something. Only "y" and "yes" are a yes.
func (a *asker) ask(ctx context.Context, what string) error {
	if err := a.able(what); err != nil || a.yes {
		return err
	}
	_, _ = fmt.Fprintf(a.out, "%s%s? [y/N] ", strings.ToUpper(what[:1]), printable(withoutSecrets(what[1:])))
	answer := make(chan string, 1)
	go func() { // it ends with the line, or with the program
		line, _ := bufio.NewReader(a.in).ReadString('\n')
		answer <- line
	}()
	select {
	case line := <-answer:
		switch strings.ToLower(strings.TrimSpace(line)) {
		case "y", "yes":
			return nil
		}
		return errDeclined
	case <-ctx.Done():
		return ctx.Err()
	}
}
