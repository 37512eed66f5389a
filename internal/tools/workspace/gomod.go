package workspace

import (
	"fmt"

	"golang.org/x/mod/modfile"
)

// ParseMod reads the text of a go.mod file. The name is for messages.
func ParseMod(name string, data []byte) (*modfile.File, error) {
	f, err := modfile.Parse(name, data, nil)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return f, nil
}

// DropOwnReplaces takes the replacements of modules of this workspace out of
// a go.mod file.
func (ms Modules) DropOwnReplaces(f *modfile.File) error {
	for _, r := range f.Replace {
		if !ms.Own(r.Old.Path) {
			continue
		}
		if err := f.DropReplace(r.Old.Path, r.Old.Version); err != nil {
			return fmt.Errorf("drop the replacement of %s: %w", r.Old.Path, err)
		}
	}
	return nil
}

// DropOwnRequires takes the requirements of modules of this workspace out of
// a go.mod file.
func (ms Modules) DropOwnRequires(f *modfile.File) error {
	for _, r := range f.Require {
		if !ms.Own(r.Mod.Path) {
			continue
		}
		if err := f.DropRequire(r.Mod.Path); err != nil {
			return fmt.Errorf("drop the requirement of %s: %w", r.Mod.Path, err)
		}
	}
	return nil
}
