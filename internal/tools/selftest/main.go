// Command selftest tests the checks: it breaks a copy of the project on
// purpose, one line at a time, and sees that the check that is meant to notice
// does.
//
//	go run ./internal/tools/selftest [-run regexp] [-list] [-within 40m] [-seed n]
//
// All of them take an hour and more. With -within it takes as many as fit into that
// time, in an order that the seed decides, and says how many were left out.
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
	"math/rand/v2"
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
	within := flag.Duration("within", 0, "begin no breakage after this time; 0: try them all")
	seed := flag.Uint64("seed", 0, "with -within: decides which come first")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *match, *list, *within, *seed)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "selftest:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, match string, list bool, within time.Duration, seed uint64) error {
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
	var until time.Time
	if within > 0 {
		until = time.Now().Add(within)
		random := rand.New(rand.NewPCG(seed, 0))
		random.Shuffle(len(chosen), func(i, j int) { chosen[i], chosen[j] = chosen[j], chosen[i] })
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
	return tree(tmp).try(ctx, chosen, until)
}

// tree is the folder of a copy of the project.
type tree string

// try runs all the breakages on the copy, or those that it comes to until a time.
func (t tree) try(ctx context.Context, chosen []breakage, until time.Time) error {
	var stale []error
	for _, b := range chosen {
		if _, err := t.broken(b); err != nil {
			stale = append(stale, err)
		}
	}
	if len(stale) > 0 {
		return fmt.Errorf("the code has moved on, mend internal/tools/selftest/breakages*.go:\n%w", errors.Join(stale...))
	}
	over := func() bool { return !until.IsZero() && time.Now().After(until) }
	if until.IsZero() {
		if err := t.unbroken(ctx, chosen); err != nil {
			return err
		}
	}
	var unnoticed []error
	var passed []string
	tried := 0
	for _, b := range chosen {
		if over() {
			break
		}
		tried++
		if !until.IsZero() { // just before it is needed, for there is no time for all
			if err := t.unbrokenOnce(ctx, b, &passed); err != nil {
				return err
			}
		}
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
	fmt.Printf("%d breakages, %d noticed\n", tried, tried-len(unnoticed))
	if tried == 0 {
		return errors.New("there was no time for a single breakage, which proves nothing")
	}
	if tried < len(chosen) {
		fmt.Printf("there was no time for %d more: make selftest tries them all\n", len(chosen)-tried)
	}
	return errors.Join(unnoticed...)
}

// unbroken runs each check once on the copy as it is.
func (t tree) unbroken(ctx context.Context, chosen []breakage) error {
	var passed []string
	for _, b := range chosen {
		if err := t.unbrokenOnce(ctx, b, &passed); err != nil {
			return err
		}
	}
	return nil
}

// unbrokenOnce runs the check of a breakage on the copy as it is, unless it has
// passed already.
func (t tree) unbrokenOnce(ctx context.Context, b breakage, passed *[]string) error {
	line := strings.Join(b.Check, " ")
	if slices.Contains(*passed, line) {
		return nil
	}
	*passed = append(*passed, line)
	from := time.Now()
	if out, err := t.check(ctx, b.Check); err != nil {
		return fmt.Errorf("the unbroken project fails %q, so nothing can be shown: %w\n%s", line, err, out)
	}
	fmt.Printf("passes   %4.1fs  %s\n", time.Since(from).Seconds(), line)
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
	// A broken protocol can wait for ever. The tests have limits of their own, which
	// tell where they hang, so this one is longer.
	ctx, cancel := context.WithTimeout(ctx, 6*time.Minute)
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
