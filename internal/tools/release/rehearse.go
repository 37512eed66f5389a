package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cacheops/cacheops/internal/tools/workspace"
)

// rehearse releases the work tree into a file proxy, and then does what a user
// does first.
func rehearse(ctx context.Context, keep bool) (err error) {
	modules, err := workspace.Load(ctx)
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "cacheops-release-")
	if err != nil {
		return fmt.Errorf("make a folder for the rehearsal: %w", err)
	}
	s := &staging{modules: modules, version: rehearsed, dir: tmp}
	if keep {
		fmt.Println("the rehearsal stays in", tmp)
	} else {
		defer s.remove()
	}
	if err := s.stageAll(ctx); err != nil {
		return err
	}
	// The user's cache is empty: what staging downloaded must not help.
	if err := os.RemoveAll(filepath.Join(s.dir, "modcache")); err != nil {
		return fmt.Errorf("empty the module cache: %w", err)
	}
	env, err := s.env(ctx)
	if err != nil {
		return err
	}
	u := &user{staging: s, env: env, dir: filepath.Join(s.dir, "user")}
	if err := u.importAll(ctx); err != nil {
		return fmt.Errorf("as a user of the library: %w", err)
	}
	if err := u.installAll(ctx); err != nil {
		return fmt.Errorf("as a user of the commands: %w", err)
	}
	fmt.Println("a release of this work tree can be got, tidied, built and installed")
	return nil
}

// user is somebody who has Go and nothing of ours.
type user struct {
	*staging

	env []string
	dir string
}

// importAll gets the released libraries and builds a program that imports
// each of their public packages.
func (u *user) importAll(ctx context.Context) error {
	if err := os.MkdirAll(u.dir, 0o755); err != nil {
		return fmt.Errorf("make the user's folder: %w", err)
	}
	if err := u.goCommand(ctx, "mod", "init", "example.com/user"); err != nil {
		return err
	}
	var program strings.Builder
	program.WriteString("package main\n\nimport (\n")
	count := 0
	for _, m := range u.order {
		packages, err := u.libraries(ctx, m)
		if err != nil {
			return err
		}
		if len(packages) == 0 {
			continue
		}
		count += len(packages)
		if err := u.goCommand(ctx, "get", m.Path+"@"+u.version); err != nil {
			return err
		}
		for _, p := range packages {
			fmt.Fprintf(&program, "\t_ %q\n", p)
		}
	}
	if count == 0 {
		return errors.New("there is no public package to import, which proves nothing")
	}
	program.WriteString(")\n\nfunc main() {}\n")
	if err := os.WriteFile(filepath.Join(u.dir, "main.go"), []byte(program.String()), 0o644); err != nil {
		return fmt.Errorf("write the user's program: %w", err)
	}
	for _, args := range [][]string{{"mod", "tidy"}, {"mod", "verify"}, {"build", "-o", "program", "."}, {"vet", "."}} {
		if err := u.goCommand(ctx, args...); err != nil {
			return err
		}
	}
	if err := u.requireOnly(); err != nil {
		return err
	}
	fmt.Printf("imported %d packages\n", count)
	return nil
}

// libraries lists the public packages of a module that a program can import.
func (u *user) libraries(ctx context.Context, m workspace.Module) ([]string, error) {
	out, err := workspace.Output(ctx, m.Dir, nil, "go", "list", "-f", `{{if .GoFiles}}{{.Name}} {{.ImportPath}}{{end}}`, "./...")
	if err != nil {
		return nil, err
	}
	var packages []string
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		if words[0] != "main" && !slices.Contains(strings.Split(words[1], "/"), "internal") {
			packages = append(packages, words[1])
		}
	}
	return packages, nil
}

// requireOnly checks that the user's go.mod took our modules at the version
// that was released, and none that never is.
func (u *user) requireOnly() error {
	name := filepath.Join(u.dir, "go.mod")
	data, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("read the user's go.mod: %w", err)
	}
	f, err := workspace.ParseMod(name, data)
	if err != nil {
		return err
	}
	for _, r := range f.Require {
		if u.modules.Own(r.Mod.Path) && (!u.order.Own(r.Mod.Path) || r.Mod.Version != u.version) {
			return fmt.Errorf("the user's go.mod requires %s %s, want nothing but released modules at %s", r.Mod.Path, r.Mod.Version, u.version)
		}
	}
	return nil
}

// installAll installs each command, by its version and as the latest, and runs
// it.
func (u *user) installAll(ctx context.Context) error {
	count := 0
	for _, m := range u.order {
		if !strings.HasPrefix(u.modules.Rel(m), "cmd/") {
			continue
		}
		count++
		for _, version := range []string{u.version, "latest"} {
			bin := filepath.Join(u.dir, "bin", version)
			if err := u.goCommandIn(ctx, os.TempDir(), []string{"GOBIN=" + bin}, "install", m.Path+"@"+version); err != nil {
				return err
			}
			command := filepath.Join(bin, path.Base(m.Path))
			if err := workspace.Run(ctx, u.dir, u.env, command, "--help"); err != nil {
				return err
			}
			info, err := workspace.Output(ctx, "", nil, "go", "version", "-m", command)
			if err != nil {
				return err
			}
			if !strings.Contains(string(info), "\t"+u.version+"\t") {
				return fmt.Errorf("%s@%s is not version %s:\n%s", m.Path, version, u.version, info)
			}
		}
	}
	if count == 0 {
		return errors.New("there is no command to install, which proves nothing")
	}
	return nil
}

func (u *user) goCommand(ctx context.Context, args ...string) error {
	return u.goCommandIn(ctx, u.dir, nil, args...)
}

func (u *user) goCommandIn(ctx context.Context, dir string, env []string, args ...string) error {
	fmt.Println("$ go", strings.Join(args, " "))
	_, err := workspace.Output(ctx, dir, slices.Concat(u.env, env), "go", args...)
	return err
}
