package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/cacheops/cacheops/internal/tools/workspace"
)

// staging makes the released form of every released module below one
// temporary folder.
type staging struct {
	modules workspace.Modules
	version string
	dir     string
	// order is the released modules, each after those it imports.
	order workspace.Modules
}

// proxyDir is the file proxy that holds the modules released so far.
func (s *staging) proxyDir() string { return filepath.Join(s.dir, "proxy") }

// moduleDir is where a module is staged.
func (s *staging) moduleDir(m workspace.Module) string {
	return filepath.Join(s.dir, "modules", filepath.FromSlash(s.modules.Rel(m)), "files")
}

// env is the environment of a go command that knows the released modules, and
// nothing of the work tree and the machine's module cache.
func (s *staging) env(ctx context.Context) ([]string, error) {
	proxies, err := workspace.Output(ctx, "", nil, "go", "env", "GOPROXY")
	if err != nil {
		return nil, err
	}
	return []string{
		"GOWORK=off",
		// The cache must be writable, or it could not be removed.
		"GOFLAGS=-mod=mod -modcacherw",
		"GOMODCACHE=" + filepath.Join(s.dir, "modcache"),
		"GOPROXY=file://" + filepath.ToSlash(s.proxyDir()) + "," + strings.TrimSpace(string(proxies)),
		// The public checksum database cannot know our modules yet, and must
		// not be asked about them: it would remember what it was told.
		"GONOSUMDB=" + s.modules.Root().Path,
		"GOPRIVATE=",
		"GOTOOLCHAIN=local",
	}, nil
}

// remove deletes the staging folder.
func (s *staging) remove() {
	if err := os.RemoveAll(s.dir); err != nil {
		fmt.Fprintln(os.Stderr, "release: could not remove", s.dir, err)
	}
}

// stageAll stages the released modules, and puts each into the proxy.
func (s *staging) stageAll(ctx context.Context) error {
	imports, err := s.imports(ctx)
	if err != nil {
		return err
	}
	if s.order, err = sorted(s.modules.Released(), imports); err != nil {
		return err
	}
	env, err := s.env(ctx)
	if err != nil {
		return err
	}
	for _, m := range s.order {
		if err := s.stage(ctx, m, imports[m.Path], env); err != nil {
			return fmt.Errorf("stage %s: %w", m.Path, err)
		}
		fmt.Println("staged", m.Path, s.version)
	}
	return nil
}

// stage copies a module's files, writes its released go.mod and go.sum, and
// puts it into the proxy.
func (s *staging) stage(ctx context.Context, m workspace.Module, imports map[string]bool, env []string) error {
	files, err := s.modules.ModuleFiles(ctx, m)
	if err != nil {
		return err
	}
	dir := s.moduleDir(m)
	if err := workspace.Copy(m.Dir, dir, files); err != nil {
		return err
	}
	name := filepath.Join(dir, "go.mod")
	data, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("read go.mod: %w", err)
	}
	f, err := workspace.ParseMod(name, data)
	if err != nil {
		return err
	}
	if err := s.release(f, imports); err != nil {
		return err
	}
	if data, err = f.Format(); err != nil {
		return fmt.Errorf("format go.mod: %w", err)
	}
	if err := os.WriteFile(name, data, 0o644); err != nil {
		return fmt.Errorf("write go.mod: %w", err)
	}
	if _, err := workspace.Output(ctx, dir, env, "go", "mod", "tidy"); err != nil {
		return err
	}
	return s.publish(m)
}

// release turns the go.mod of the work tree into that of the version.
func (s *staging) release(f *modfile.File, imports map[string]bool) error {
	if err := s.modules.DropOwnReplaces(f); err != nil {
		return err
	}
	if err := s.modules.DropOwnRequires(f); err != nil {
		return err
	}
	f.Cleanup()
	if len(f.Replace) > 0 {
		return fmt.Errorf("go.mod replaces %s: a replacement has no effect for those who require the module", f.Replace[0].Old.Path)
	}
	for _, own := range slices.Sorted(maps.Keys(imports)) {
		if err := f.AddRequire(own, s.version); err != nil {
			return fmt.Errorf("require %s: %w", own, err)
		}
	}
	return nil
}

// imports finds out which of our modules each of them imports, in its tests
// too.
func (s *staging) imports(ctx context.Context) (map[string]map[string]bool, error) {
	out, err := workspace.Output(ctx, s.modules.Root().Dir, nil, "go", "list", "-f",
		`{{.ImportPath}}{{range .Imports}} {{.}}{{end}}{{range .TestImports}} {{.}}{{end}}{{range .XTestImports}} {{.}}{{end}}`, "work")
	if err != nil {
		return nil, err
	}
	imports := make(map[string]map[string]bool)
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		from, ok := s.modules.Of(words[0])
		if !ok {
			return nil, fmt.Errorf("package %s belongs to no module", words[0])
		}
		for _, imported := range words[1:] {
			if to, ok := s.modules.Of(imported); ok && to != from {
				if imports[from.Path] == nil {
					imports[from.Path] = make(map[string]bool)
				}
				imports[from.Path][to.Path] = true
			}
		}
	}
	return imports, nil
}

// sorted orders modules so that each comes after those it imports.
func sorted(released workspace.Modules, imports map[string]map[string]bool) (workspace.Modules, error) {
	var order workspace.Modules
	for len(order) < len(released) {
		before := len(order)
		for _, m := range released {
			if order.Own(m.Path) {
				continue
			}
			ready := true
			for to := range imports[m.Path] {
				if !released.Own(to) {
					return nil, fmt.Errorf("%s imports %s, which is never released", m.Path, to)
				}
				ready = ready && order.Own(to)
			}
			if ready {
				order = append(order, m)
			}
		}
		if len(order) == before {
			return nil, errors.New("the modules import each other in a circle: arrows go from adapter to core only")
		}
	}
	return order, nil
}

// writeMods copies the released go.mod and go.sum files to their places below
// a copy of the root module.
func (s *staging) writeMods(out string) error {
	for _, m := range s.order {
		for _, name := range []string{"go.mod", "go.sum"} {
			to := filepath.Join(out, filepath.FromSlash(s.modules.Rel(m)))
			if _, err := os.Stat(filepath.Join(s.moduleDir(m), name)); errors.Is(err, fs.ErrNotExist) {
				if err := os.Remove(filepath.Join(to, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
					return fmt.Errorf("remove %s of %s: %w", name, m.Path, err)
				}
				continue
			}
			if err := workspace.Copy(s.moduleDir(m), to, []string{name}); err != nil {
				return err
			}
		}
	}
	return nil
}
