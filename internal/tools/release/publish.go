package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/mod/module"
	modzip "golang.org/x/mod/zip"

	"github.com/cacheops/cacheops/internal/tools/workspace"
)

// publish puts a staged module into the file proxy, in the layout of the GOPROXY
// protocol.
func (s *staging) publish(m workspace.Module) (err error) {
	escaped, err := module.EscapePath(m.Path)
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	dir := filepath.Join(s.proxyDir(), filepath.FromSlash(escaped), "@v")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	mod, err := os.ReadFile(filepath.Join(s.moduleDir(m), "go.mod"))
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	for name, text := range map[string]string{
		"list":              s.version + "\n",
		s.version + ".info": fmt.Sprintf("{\"Version\":%q,\"Time\":\"2000-01-01T00:00:00Z\"}\n", s.version),
		s.version + ".mod":  string(mod),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return fmt.Errorf("publish: %w", err)
		}
	}
	zip, err := os.Create(filepath.Join(dir, s.version+".zip"))
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	defer func() { err = errors.Join(err, zip.Close()) }()
	files, err := s.zipped(m)
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	if err := modzip.Create(zip, module.Version{Path: m.Path, Version: s.version}, files); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	return nil
}

// zipped lists what goes into a module's zip file: its files and, as the go
// command does it, the root's LICENSE where it has none.
func (s *staging) zipped(m workspace.Module) ([]modzip.File, error) {
	dir := s.moduleDir(m)
	var files []modzip.File
	licensed := false
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		licensed = licensed || rel == "LICENSE"
		files = append(files, zippedFile{rel: filepath.ToSlash(rel), name: name})
		return nil
	})
	if err != nil {
		return nil, err
	}
	if !licensed {
		files = append(files, zippedFile{rel: "LICENSE", name: filepath.Join(s.modules.Root().Dir, "LICENSE")})
	}
	return files, nil
}

// zippedFile is one file of a zip.
type zippedFile struct {
	rel  string // in the module, with slashes
	name string // on disk
}

func (f zippedFile) Path() string                 { return f.rel }
func (f zippedFile) Lstat() (fs.FileInfo, error)  { return os.Lstat(f.name) }
func (f zippedFile) Open() (io.ReadCloser, error) { return os.Open(f.name) }
