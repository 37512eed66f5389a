// Package workspace knows the modules of the workspace: which they are, which
// of them are released, which files belong to them, and how to run the go
// command in one of them.
package workspace

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Module is one module of the workspace.
type Module struct {
	Path string
	Dir  string // absolute
}

// Modules are all the modules of a workspace, the root module first and the
// others by their paths.
type Modules []Module

// Load asks the go command, in the current folder, for the modules of the
// workspace. All paths must lie below the root module's.
func Load(ctx context.Context) (Modules, error) {
	out, err := Output(ctx, "", nil, "go", "list", "-m", "-json")
	if err != nil {
		return nil, err
	}
	var ms Modules
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var m Module
		if err := dec.Decode(&m); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("read the answer of go list -m: %w", err)
		}
		if m.Dir == "" {
			return nil, fmt.Errorf("module %q has no folder: run this inside the workspace", m.Path)
		}
		ms = append(ms, m)
	}
	slices.SortFunc(ms, func(a, b Module) int { return strings.Compare(a.Path, b.Path) })
	for _, m := range ms {
		if !within(m.Path, ms[0].Path) {
			return nil, fmt.Errorf("module %s does not lie below %s: the workspace has no root module", m.Path, ms[0].Path)
		}
	}
	return ms, nil
}

// Root returns the module that all others lie below.
func (ms Modules) Root() Module { return ms[0] }

// Released returns the modules that get versions. Those below an internal
// folder, the benchmarks and the examples do not: nobody can or should require
// them.
func (ms Modules) Released() Modules {
	return slices.DeleteFunc(slices.Clone(ms), func(m Module) bool {
		parts := strings.Split(strings.TrimPrefix(m.Path, ms.Root().Path), "/")
		return slices.ContainsFunc(parts, func(part string) bool {
			return part == "internal" || part == "benchmarks" || part == "examples"
		})
	})
}

// Own reports whether the path is that of a module of the workspace.
func (ms Modules) Own(modulePath string) bool {
	return slices.ContainsFunc(ms, func(m Module) bool { return m.Path == modulePath })
}

// Of returns the module that a package belongs to: the longest match.
func (ms Modules) Of(pkg string) (Module, bool) {
	for _, m := range slices.Backward(ms) {
		if within(pkg, m.Path) {
			return m, true
		}
	}
	return Module{}, false
}

// Rel returns the folder of a module seen from the root module, with slashes;
// "." for the root module itself.
func (ms Modules) Rel(m Module) string {
	return path.Join(".", strings.TrimPrefix(strings.TrimPrefix(m.Path, ms.Root().Path), "/"))
}

// within reports whether an import path is prefix or lies below it.
func within(importPath, prefix string) bool {
	return importPath == prefix || strings.HasPrefix(importPath, prefix+"/")
}

// Files lists the files below dir that git tracks or would track, relative to
// dir and with slashes. Files deleted in the work tree are left out.
func Files(ctx context.Context, dir string) ([]string, error) {
	out, err := Output(ctx, dir, nil, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate")
	if err != nil {
		return nil, err
	}
	var files []string
	for name := range strings.SplitSeq(string(out), "\x00") {
		if name == "" {
			continue
		}
		info, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(name)))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("list the files of %s: %w", dir, err)
		}
		if !info.Mode().IsRegular() {
			return nil, fmt.Errorf("%s is no regular file: modules can hold no links", name)
		}
		files = append(files, name)
	}
	return files, nil
}

// ModuleFiles lists the files of one module: those of its folder but not of a
// module nested in it. They are relative to the module's folder.
func (ms Modules) ModuleFiles(ctx context.Context, m Module) ([]string, error) {
	files, err := Files(ctx, m.Dir)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(files, func(name string) bool {
		dir := path.Dir(name)
		for ; dir != "."; dir = path.Dir(dir) {
			if _, err := os.Stat(filepath.Join(m.Dir, filepath.FromSlash(dir), "go.mod")); err == nil {
				return true
			}
		}
		return false
	}), nil
}

// Copy copies files, given relative to from and with slashes, to the same
// places below to, and makes the folders. It keeps the permissions.
func Copy(from, to string, files []string) error {
	for _, name := range files {
		src, dst := filepath.Join(from, filepath.FromSlash(name)), filepath.Join(to, filepath.FromSlash(name))
		info, err := os.Stat(src)
		if err != nil {
			return fmt.Errorf("copy %s: %w", name, err)
		}
		data, err := os.ReadFile(src)
		if err != nil {
			return fmt.Errorf("copy %s: %w", name, err)
		}
		if err := os.MkdirAll(filepath.Dir(dst), 0o755); err != nil {
			return fmt.Errorf("copy %s: %w", name, err)
		}
		if err := os.WriteFile(dst, data, info.Mode().Perm()); err != nil {
			return fmt.Errorf("copy %s: %w", name, err)
		}
	}
	return nil
}

// Run runs a command and shows what it prints. Dir is the folder, "" the
// current one; env is added to the environment.
func Run(ctx context.Context, dir string, env []string, name string, args ...string) error {
	return RunTo(ctx, os.Stdout, dir, env, name, args...)
}

// RunTo is Run with another place for what the command prints to its standard
// output.
func RunTo(ctx context.Context, w io.Writer, dir string, env []string, name string, args ...string) error {
	cmd := command(ctx, dir, env, name, args)
	cmd.Stdout, cmd.Stderr = w, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", line(name, args), err)
	}
	return nil
}

// Output runs a command and returns what it prints, also when it fails. The
// error holds what it printed to its standard error.
func Output(ctx context.Context, dir string, env []string, name string, args ...string) ([]byte, error) {
	cmd := command(ctx, dir, env, name, args)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return out, fmt.Errorf("%s: %w\n%s", line(name, args), err, bytes.TrimSpace(stderr.Bytes()))
	}
	return out, nil
}

func command(ctx context.Context, dir string, env []string, name string, args []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	if dir != "" {
		cmd.Env = append(cmd.Env, "PWD="+dir)
	}
	return cmd
}

func line(name string, args []string) string {
	return strings.Join(append([]string{name}, args...), " ")
}
