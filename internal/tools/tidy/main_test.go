package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/internal/tools/workspace"
)

// lay writes a root module, an adapter that imports it with a replacement, a
// command that imports both without, and an adapter that imports nothing yet.
func lay(t *testing.T) workspace.Modules {
	t.Helper()
	dir := t.TempDir()
	ms := workspace.Modules{
		{Path: "example.com/lib", Dir: dir},
		{Path: "example.com/lib/adapter", Dir: filepath.Join(dir, "adapter")},
		{Path: "example.com/lib/cmd/tool", Dir: filepath.Join(dir, "cmd", "tool")},
		{Path: "example.com/lib/later", Dir: filepath.Join(dir, "later")},
	}
	for name, text := range map[string]string{
		"go.mod":             "module example.com/lib\n\ngo 1.25\n",
		"lib.go":             "package lib\n",
		"adapter/go.mod":     "module example.com/lib/adapter\n\ngo 1.25\n\nreplace example.com/lib => ..\n",
		"adapter/adapter.go": "package adapter\n\nimport _ \"example.com/lib\"\n",
		"cmd/tool/go.mod":    "module example.com/lib/cmd/tool\n\ngo 1.25\n",
		"cmd/tool/main.go":   "package main\n\nimport _ \"example.com/lib/adapter\"\n\nfunc main() {}\n",
		"later/go.mod":       "module example.com/lib/later\n\ngo 1.25\n\nreplace example.com/lib => ..\n",
		"later/later.go":     "package later\n",
	} {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return ms
}

func TestTidy(t *testing.T) {
	t.Parallel()
	ms := lay(t)
	for i, want := range []struct {
		changed bool
		has     []string
		lacks   []string
	}{
		0: {},
		1: {changed: true, has: []string{"require example.com/lib v0.0.0", "replace example.com/lib => .."}, lacks: []string{"later", "tool"}},
		2: {lacks: []string{"require", "replace"}},
		3: {has: []string{"replace example.com/lib => .."}, lacks: []string{"require"}},
	} {
		m := ms[i]
		mod := filepath.Join(m.Dir, "go.mod")
		before := content(t, mod)
		if changed, err := tidy(t.Context(), ms, m, true); err != nil || changed != want.changed {
			t.Errorf("%s: check says %v, %v, want %v", m.Path, changed, err, want.changed)
		}
		if content(t, mod) != before {
			t.Errorf("%s: a check changed go.mod", m.Path)
		}
		if changed, err := tidy(t.Context(), ms, m, false); err != nil || changed != want.changed {
			t.Errorf("%s: tidy says %v, %v, want %v", m.Path, changed, err, want.changed)
		}
		after := content(t, mod)
		for _, text := range want.has {
			if !strings.Contains(after, text) {
				t.Errorf("%s: go.mod lacks %q:\n%s", m.Path, text, after)
			}
		}
		for _, text := range want.lacks {
			if strings.Contains(after, text) {
				t.Errorf("%s: go.mod holds %q:\n%s", m.Path, text, after)
			}
		}
		if changed, err := tidy(t.Context(), ms, m, false); err != nil || changed {
			t.Errorf("%s: a second tidy says %v, %v", m.Path, changed, err)
		}
	}
}

func TestTidyTellsWhatItCannotFind(t *testing.T) {
	t.Parallel()
	ms := lay(t)
	broken := filepath.Join(ms[3].Dir, "later.go")
	if err := os.WriteFile(broken, []byte("package later\n\nimport _ \"example.com/lib/nowhere\"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := tidy(t.Context(), ms, ms[3], true); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("an import that does not exist gave %v", err)
	}
}

func content(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
