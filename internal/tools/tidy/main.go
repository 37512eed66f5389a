// Command tidy tidies every module of the workspace. With -check it changes
// nothing, and fails when a module is not tidy.
//
// The modules of the workspace are not published yet when they are worked on,
// so "go mod tidy" alone could not find them. Each module is tidied through a
// copy of its go.mod in which all the others are replaced by their folders.
// What goes back depends on what the go.mod was like:
//
//   - one with replacements of our modules keeps them, keeps the requirements,
//     and gets the replacements that it needs besides;
//   - one without keeps neither: "go install" refuses a module whose go.mod
//     has a replacement, and go.work finds our modules. The release writes
//     the requirements.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/cacheops/cacheops/internal/tools/workspace"
)

func main() {
	check := flag.Bool("check", false, "change nothing and fail when a module is not tidy")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *check)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "tidy:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, check bool) error {
	modules, err := workspace.Load(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, m := range modules {
		changed, err := tidy(ctx, modules, m, check)
		switch {
		case err != nil:
			errs = append(errs, err)
		case changed && check:
			errs = append(errs, fmt.Errorf("%s is not tidy: run make tidy", m.Path))
		case changed:
			fmt.Println("tidied", m.Path)
		default:
			fmt.Println("tidy  ", m.Path)
		}
	}
	return errors.Join(errs...)
}

// pair is the content of a go.mod and its go.sum; Sum is nil without one.
type pair struct{ mod, sum []byte }

// tidy tidies one module and reports whether that changes it. With check set
// the change is shown and not made.
func tidy(ctx context.Context, modules workspace.Modules, m workspace.Module, check bool) (bool, error) {
	old, err := read(filepath.Join(m.Dir, "go"))
	if err != nil {
		return false, err
	}
	tidied, err := tidied(ctx, modules, m, old)
	if err != nil {
		return false, fmt.Errorf("tidy %s: %w", m.Path, err)
	}
	if bytes.Equal(old.mod, tidied.mod) && bytes.Equal(old.sum, tidied.sum) {
		return false, nil
	}
	if check {
		show("go.mod of "+m.Path, old.mod, tidied.mod)
		show("go.sum of "+m.Path, old.sum, tidied.sum)
		return true, nil
	}
	return true, write(filepath.Join(m.Dir, "go"), tidied)
}

// tidied works out what a module's files would be if they were tidy.
func tidied(ctx context.Context, modules workspace.Modules, m workspace.Module, old pair) (pair, error) {
	tmp, err := os.MkdirTemp("", "cacheops-tidy-")
	if err != nil {
		return pair{}, fmt.Errorf("make a folder for the copy: %w", err)
	}
	defer os.RemoveAll(tmp)

	f, err := workspace.ParseMod(filepath.Join(m.Dir, "go.mod"), old.mod)
	if err != nil {
		return pair{}, err
	}
	replaced, err := replaceAll(modules, m, f)
	if err != nil {
		return pair{}, err
	}
	if old.mod, err = f.Format(); err != nil {
		return pair{}, fmt.Errorf("format: %w", err)
	}
	stem := filepath.Join(tmp, "go")
	if err := write(stem, old); err != nil {
		return pair{}, err
	}
	if _, err := workspace.Output(ctx, m.Dir, []string{"GOWORK=off", "GOFLAGS=-mod=mod"}, "go", "mod", "tidy", "-modfile="+stem+".mod"); err != nil {
		return pair{}, err
	}
	got, err := read(stem)
	if err != nil {
		return pair{}, err
	}
	if f, err = workspace.ParseMod(stem+".mod", got.mod); err != nil {
		return pair{}, err
	}
	if err := keepOwn(modules, f, replaced); err != nil {
		return pair{}, err
	}
	if got.mod, err = f.Format(); err != nil {
		return pair{}, fmt.Errorf("format: %w", err)
	}
	return got, nil
}

// replaceAll replaces all other modules of the workspace by their folders. It
// returns those that the file replaced already, whose lines it leaves alone.
func replaceAll(modules workspace.Modules, m workspace.Module, f *modfile.File) (map[string]bool, error) {
	replaced := make(map[string]bool)
	for _, r := range f.Replace {
		if modules.Own(r.Old.Path) {
			replaced[r.Old.Path] = true
		}
	}
	for _, other := range modules {
		if other == m || replaced[other.Path] {
			continue
		}
		rel, err := filepath.Rel(m.Dir, other.Dir)
		if err != nil {
			return nil, fmt.Errorf("find the way to %s: %w", other.Path, err)
		}
		if rel = filepath.ToSlash(rel); !strings.HasPrefix(rel, ".") {
			rel = "./" + rel
		}
		if err := f.AddReplace(other.Path, "", rel, ""); err != nil {
			return nil, fmt.Errorf("replace %s: %w", other.Path, err)
		}
	}
	return replaced, nil
}

// keepOwn leaves of the requirements and replacements of our own modules what
// the module is to have: none if it replaced none before, else what it
// replaced and what it needs.
func keepOwn(modules workspace.Modules, f *modfile.File, replaced map[string]bool) error {
	keep := make(map[string]bool)
	if len(replaced) == 0 {
		if err := modules.DropOwnRequires(f); err != nil {
			return err
		}
	} else {
		for _, r := range f.Require {
			keep[r.Mod.Path] = true
		}
	}
	for _, other := range modules {
		if keep[other.Path] || replaced[other.Path] {
			continue
		}
		if err := f.DropReplace(other.Path, ""); err != nil {
			return fmt.Errorf("drop the replacement of %s: %w", other.Path, err)
		}
	}
	f.Cleanup()
	return nil
}

func read(stem string) (pair, error) {
	mod, err := os.ReadFile(stem + ".mod")
	if err != nil {
		return pair{}, fmt.Errorf("read go.mod: %w", err)
	}
	sum, err := os.ReadFile(stem + ".sum")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return pair{}, fmt.Errorf("read go.sum: %w", err)
	}
	return pair{mod: mod, sum: sum}, nil
}

func write(stem string, p pair) error {
	if err := os.WriteFile(stem+".mod", p.mod, 0o644); err != nil {
		return fmt.Errorf("write go.mod: %w", err)
	}
	if len(p.sum) == 0 {
		if err := os.Remove(stem + ".sum"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove go.sum: %w", err)
		}
		return nil
	}
	if err := os.WriteFile(stem+".sum", p.sum, 0o644); err != nil {
		return fmt.Errorf("write go.sum: %w", err)
	}
	return nil
}

// show prints the lines that only one of two texts has.
func show(name string, before, after []byte) {
	if bytes.Equal(before, after) {
		return
	}
	fmt.Println("---", name)
	only := func(sign string, in, other []byte) {
		has := make(map[string]bool)
		for line := range strings.Lines(string(other)) {
			has[line] = true
		}
		for line := range strings.Lines(string(in)) {
			if !has[line] {
				fmt.Print(sign, line)
			}
		}
	}
	only("-", before, after)
	only("+", after, before)
}
