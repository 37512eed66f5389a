package workspace

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

var sample = Modules{
	{Path: "example.com/lib", Dir: "/lib"},
	{Path: "example.com/lib/benchmarks", Dir: "/lib/benchmarks"},
	{Path: "example.com/lib/cmd/tool", Dir: "/lib/cmd/tool"},
	{Path: "example.com/lib/examples", Dir: "/lib/examples"},
	{Path: "example.com/lib/internal/integration", Dir: "/lib/internal/integration"},
	{Path: "example.com/lib/internalcache", Dir: "/lib/internalcache"},
}

func TestReleased(t *testing.T) {
	t.Parallel()
	var got []string
	for _, m := range sample.Released() {
		got = append(got, sample.Rel(m))
	}
	if want := []string{".", "cmd/tool", "internalcache"}; !slices.Equal(got, want) {
		t.Errorf("released modules are %q, want %q", got, want)
	}
}

func TestOf(t *testing.T) {
	t.Parallel()
	for pkg, want := range map[string]string{
		"example.com/lib":                      "example.com/lib",
		"example.com/lib/store":                "example.com/lib",
		"example.com/lib/cmd/tool/sub":         "example.com/lib/cmd/tool",
		"example.com/lib/cmd/toolbox":          "example.com/lib",
		"example.com/lib/internal/integration": "example.com/lib/internal/integration",
		"example.com/library":                  "",
	} {
		if got, ok := sample.Of(pkg); got.Path != want || ok != (want != "") {
			t.Errorf("Of(%q) = %q, %v, want %q", pkg, got.Path, ok, want)
		}
	}
}

func TestLoadFindsThisWorkspace(t *testing.T) {
	t.Parallel()
	ms, err := Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const self = "github.com/cacheops/cacheops"
	if ms.Root().Path != self || !ms.Own(self+"/internal/tools") || !ms.Own(self+"/cmd/cacheops") {
		t.Errorf("the workspace holds %v", ms)
	}
	if ms.Released().Own(self + "/internal/tools") {
		t.Error("the tools must not be released")
	}
}

func TestModuleFilesLeaveOutNestedModulesAndIgnoredFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		".gitignore":      "/bin/\n",
		"go.mod":          "module example.com/lib\n",
		"a.go":            "package lib\n",
		"gone.go":         "package lib\n",
		"bin/tool":        "binary",
		"sub/b.go":        "package sub\n",
		"nested/go.mod":   "module example.com/lib/nested\n",
		"nested/deep/c.c": "",
	} {
		write(t, filepath.Join(dir, filepath.FromSlash(name)), text)
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "a.go", "gone.go"}} {
		cmd := exec.CommandContext(t.Context(), "git", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
	if err := os.Remove(filepath.Join(dir, "gone.go")); err != nil {
		t.Fatal(err)
	}
	got, err := Modules{}.ModuleFiles(t.Context(), Module{Path: "example.com/lib", Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	if want := []string{".gitignore", "a.go", "go.mod", "sub/b.go"}; !slices.Equal(got, want) {
		t.Fatalf("files are %q, want %q", got, want)
	}

	to := t.TempDir()
	if err := Copy(dir, to, got); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(filepath.Join(to, "sub", "b.go")); err != nil || string(data) != "package sub\n" {
		t.Errorf("the copy holds %q, %v", data, err)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
