// Command selftest tests the checks: it breaks a copy of the project on
// purpose, one line at a time, and sees that the check that is meant to notice
// does.
//
//	go run ./internal/tools/selftest [-run regexp] [-list]
//
// The breakages are in the files breakages*.go. First every text to be replaced must be
// found, exactly once; then every check must pass on the unbroken copy; then
// each breakage must make its check fail, by the words given for it, and not
// because the copy does not build.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/cacheops/cacheops/internal/tools/workspace"
)

// breakage is one way to break the project, and the check that notices.
type breakage struct {
	// Name says what is broken, in words that the output can be searched for.
	Name string
	// File is the file to change, from the root folder, with slashes. Old stands
	// in it exactly once and is replaced by New.
	File, Old, New string
	// Check is the command that must fail, run in the root folder.
	Check []string
	// Want is what the failing check must print: the name of the test.
	Want string
}

func main() {
	match := flag.String("run", "", "only the breakages whose names match this regular expression")
	list := flag.Bool("list", false, "list the breakages and do nothing")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *match, *list)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "selftest:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, match string, list bool) error {
	wanted, err := regexp.Compile(match)
	if err != nil {
		return fmt.Errorf("-run: %w", err)
	}
	chosen := slices.DeleteFunc(slices.Clone(breakages), func(b breakage) bool { return !wanted.MatchString(b.Name) })
	if len(chosen) == 0 {
		return errors.New("no breakage has such a name, which proves nothing")
	}
	if list {
		for _, b := range chosen {
			fmt.Printf("%s\n\t%s\n\t%s\n", b.Name, b.File, strings.Join(b.Check, " "))
		}
		return nil
	}
	modules, err := workspace.Load(ctx)
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "cacheops-selftest-")
	if err != nil {
		return fmt.Errorf("make a folder for the copy: %w", err)
	}
	defer os.RemoveAll(tmp)
	files, err := workspace.Files(ctx, modules.Root().Dir)
	if err != nil {
		return err
	}
	if err := workspace.Copy(modules.Root().Dir, tmp, files); err != nil {
		return err
	}
	return tree(tmp).try(ctx, chosen)
}

// tree is the folder of a copy of the project.
type tree string

// try runs all the breakages on the copy.
func (t tree) try(ctx context.Context, chosen []breakage) error {
	var stale []error
	for _, b := range chosen {
		if _, err := t.broken(b); err != nil {
			stale = append(stale, err)
		}
	}
	if len(stale) > 0 {
		return fmt.Errorf("the code has moved on, mend internal/tools/selftest/breakages*.go:\n%w", errors.Join(stale...))
	}
	if err := t.unbroken(ctx, chosen); err != nil {
		return err
	}
	var unnoticed []error
	for _, b := range chosen {
		from := time.Now()
		if err := t.notices(ctx, b); err != nil {
			unnoticed = append(unnoticed, err)
			fmt.Printf("NOT NOTICED  %s\n", b.Name)
		} else {
			fmt.Printf("noticed  %4.1fs  %s\n", time.Since(from).Seconds(), b.Name)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	fmt.Printf("%d breakages, %d noticed\n", len(chosen), len(chosen)-len(unnoticed))
	return errors.Join(unnoticed...)
}

// unbroken runs each check once on the copy as it is.
func (t tree) unbroken(ctx context.Context, chosen []breakage) error {
	var done []string
	for _, b := range chosen {
		line := strings.Join(b.Check, " ")
		if slices.Contains(done, line) {
			continue
		}
		done = append(done, line)
		from := time.Now()
		if out, err := t.check(ctx, b.Check); err != nil {
			return fmt.Errorf("the unbroken project fails %q, so nothing can be shown: %w\n%s", line, err, out)
		}
		fmt.Printf("passes   %4.1fs  %s\n", time.Since(from).Seconds(), line)
	}
	return nil
}

// notices breaks the copy, runs the check, and mends the copy. It returns an
// error unless the check fails as it should.
func (t tree) notices(ctx context.Context, b breakage) (err error) {
	text, err := t.broken(b)
	if err != nil {
		return err
	}
	name := filepath.Join(string(t), filepath.FromSlash(b.File))
	whole, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("%s: %w", b.Name, err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		return fmt.Errorf("%s: %w", b.Name, err)
	}
	defer func() {
		if mendErr := os.WriteFile(name, whole, 0o644); mendErr != nil {
			err = errors.Join(err, fmt.Errorf("mend %s: %w", b.File, mendErr))
		}
	}()
	out, checkErr := t.check(ctx, b.Check)
	var exit *exec.ExitError
	switch line := strings.Join(b.Check, " "); {
	case checkErr == nil:
		return fmt.Errorf("%s: %q passes on the broken code, it checks nothing", b.Name, line)
	case !errors.As(checkErr, &exit):
		return fmt.Errorf("%s: %q could not run: %w", b.Name, line, checkErr)
	case strings.Contains(out, "[build failed]") || strings.Contains(out, "[setup failed]"):
		return fmt.Errorf("%s: the broken code does not build, which shows nothing\n%s", b.Name, out)
	case !strings.Contains(out, b.Want):
		return fmt.Errorf("%s: %q fails without a word of %q\n%s", b.Name, line, b.Want, out)
	}
	return nil
}

// broken returns the text of the file with the breakage in it.
func (t tree) broken(b breakage) (string, error) {
	data, err := os.ReadFile(filepath.Join(string(t), filepath.FromSlash(b.File)))
	if err != nil {
		return "", fmt.Errorf("%s: %w", b.Name, err)
	}
	if n := strings.Count(string(data), b.Old); n != 1 {
		return "", fmt.Errorf("%s: %s holds %q %d times, want once", b.Name, b.File, b.Old, n)
	}
	return strings.Replace(string(data), b.Old, b.New, 1), nil
}

// check runs a check as CI does, and returns what it prints.
func (t tree) check(ctx context.Context, command []string) (string, error) {
	// A broken protocol can wait for ever.
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir = string(t)
	cmd.Env = append(os.Environ(), "CI=true", "GOWORK=", "PWD="+string(t))
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return string(out), fmt.Errorf("it did not end: %w", ctx.Err())
	}
	return string(out), err
}
