package main

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/internal/tools/workspace"
)

// tree is a small workspace laid out like ours: a root module, an adapter that
// replaces it, a command that requires nothing of its own, and a module that is
// never released.
var tree = map[string]string{
	"LICENSE":    "free\n",
	".gitignore": "/.bin/\n",
	".bin/big":   "not for users\n",
	"go.work":    "go 1.25\n\nuse (\n\t.\n\t./adapter\n\t./cmd/tool\n\t./internal/testing\n)\n",

	"go.mod":             "module example.com/lib\n\ngo 1.25\n",
	"lib.go":             "package lib\n\nconst Name = \"lib\"\n",
	"internal/deep/d.go": "package deep\n",

	"adapter/go.mod":     "module example.com/lib/adapter\n\ngo 1.25\n\nrequire example.com/lib v0.0.0\n\nreplace example.com/lib => ..\n",
	"adapter/adapter.go": "package adapter\n\nimport \"example.com/lib\"\n\nconst Name = lib.Name\n",

	"cmd/tool/go.mod":  "module example.com/lib/cmd/tool\n\ngo 1.25\n",
	"cmd/tool/main.go": "package main\n\nimport \"example.com/lib/adapter\"\n\nfunc main() { println(adapter.Name) }\n",

	"internal/testing/go.mod": "module example.com/lib/internal/testing\n\ngo 1.25\n\nrequire example.com/lib v0.0.0\n\nreplace example.com/lib => ../..\n",
	"internal/testing/t.go":   "package testing\n\nimport _ \"example.com/lib\"\n",
}

// lay writes the tree with some files changed, and enters it. The network is
// cut off: what is left is the file proxy.
func lay(t *testing.T, changes map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	files := maps.Clone(tree)
	maps.Copy(files, changes)
	for name, text := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{"init", "-q"},
		{"add", "."},
		{"-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false", "commit", "-q", "-m", "all"},
	} {
		cmd := exec.CommandContext(t.Context(), "git", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
	t.Setenv("GOPROXY", "off")
	t.Setenv("GOWORK", "")
	t.Chdir(dir)
	return dir
}

func TestRehearsal(t *testing.T) {
	lay(t, nil)
	if err := rehearse(t.Context(), false); err != nil {
		t.Fatal(err)
	}
}

func TestRehearsalFails(t *testing.T) {
	for name, test := range map[string]struct {
		changes map[string]string
		want    string
	}{
		"core that imports an adapter": {
			map[string]string{"sub/back.go": "package sub\n\nimport _ \"example.com/lib/adapter\"\n"},
			"in a circle",
		},
		"module that needs what is not released": {
			map[string]string{"adapter/more.go": "package adapter\n\nimport _ \"example.com/lib/internal/testing\"\n"},
			"never released",
		},
		"replacement of somebody else's module": {
			map[string]string{"adapter/go.mod": tree["adapter/go.mod"] + "\nreplace example.com/other => ../other\n"},
			"has no effect",
		},
		"package that exists only where it is not committed to the module": {
			map[string]string{"adapter/more.go": "package adapter\n\nimport _ \"example.com/lib/lost\"\n", ".gitignore": "/.bin/\n/lost/\n", "lost/l.go": "package lost\n"},
			"lost",
		},
		"command that fails": {
			map[string]string{"cmd/tool/main.go": "package main\n\nimport (\n\t\"os\"\n\n\t_ \"example.com/lib/adapter\"\n)\n\nfunc main() { os.Exit(3) }\n"},
			"exit status 3",
		},
	} {
		t.Run(name, func(t *testing.T) {
			lay(t, test.changes)
			if err := rehearse(t.Context(), false); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want one about %q", err, test.want)
			}
		})
	}
}

func TestStagedModules(t *testing.T) {
	lay(t, nil)
	modules, err := workspace.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := &staging{modules: modules, version: "v0.2.0", dir: t.TempDir()}
	if err := s.stageAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	var tags []string
	for _, m := range s.order {
		tags = append(tags, tag(modules, m, s.version))
	}
	if want := []string{"v0.2.0", "adapter/v0.2.0", "cmd/tool/v0.2.0"}; !slices.Equal(tags, want) {
		t.Errorf("tags are %q, want %q", tags, want)
	}
	for i, m := range s.order {
		files, err := s.zipped(m)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, f := range files {
			names = append(names, f.Path())
		}
		if i > 0 && !slices.Contains(names, "LICENSE") {
			t.Errorf("%s has no LICENSE: %q", m.Path, names)
		}
		if slices.ContainsFunc(names, func(n string) bool {
			return strings.Contains(n, ".bin") || i == 0 && strings.HasPrefix(n, "adapter")
		}) {
			t.Errorf("%s holds files that are not its own: %q", m.Path, names)
		}
	}
	tool, err := os.ReadFile(filepath.Join(s.moduleDir(s.order[2]), "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"example.com/lib/adapter v0.2.0", "example.com/lib v0.2.0 // indirect"} {
		if !strings.Contains(string(tool), want) {
			t.Errorf("the command's go.mod lacks %q:\n%s", want, tool)
		}
	}
}

func TestWrite(t *testing.T) {
	dir := lay(t, nil)
	out := t.TempDir()
	if err := write(t.Context(), "v0.3.0", out); err != nil {
		t.Fatal(err)
	}
	adapter, err := os.ReadFile(filepath.Join(out, "adapter", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if text := string(adapter); !strings.Contains(text, "require example.com/lib v0.3.0") || strings.Contains(text, "replace") {
		t.Errorf("the adapter's go.mod is\n%s", text)
	}
	for _, version := range []string{"0.3.0", "v0.3", "v2.0.0", rehearsed, "latest", ""} {
		if err := write(t.Context(), version, out); err == nil {
			t.Errorf("version %q was accepted", version)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "new.go"), []byte("package lib\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := write(t.Context(), "v0.3.0", out); err == nil || !strings.Contains(err.Error(), "new.go") {
		t.Errorf("a dirty work tree gave %v", err)
	}
}
