package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cacheops/cacheops/internal/tools/workspace"
)

// TestTargets lists the targets of a real module with the toolchain at hand.
func TestTargets(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":      "module example.com/tiny\n\ngo 1.25\n",
		"a/a_test.go": "package a\nimport \"testing\"\nfunc FuzzOne(f *testing.F) {}\nfunc FuzzTwo(f *testing.F) {}\nfunc TestFuzzNot(t *testing.T) {}\n",
		"b/b_test.go": "package b\nimport \"testing\"\nfunc FuzzOne(f *testing.F) {}\n",
		"c/c.go":      "package c\n",
	} {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	list, err := workspace.Output(t.Context(), dir, []string{"GOWORK=off"}, "go", "test", "-json", "-list", "^Fuzz", "./...")
	if err != nil {
		t.Fatal(err)
	}
	want := []target{{"example.com/tiny/a", "FuzzOne"}, {"example.com/tiny/a", "FuzzTwo"}, {"example.com/tiny/b", "FuzzOne"}}
	if got := targets(list); !slices.Equal(got, want) {
		t.Errorf("targets are %v, want %v", got, want)
	}
}

// TestListThatFails shows that the reason is told, not only that there is one.
func TestListThatFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":    "module example.com/tiny\n\ngo 1.25\n",
		"a_test.go": "package a\n\nvar x = undefinedHere\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	list, err := workspace.Output(t.Context(), dir, []string{"GOWORK=off"}, "go", "test", "-json", "-list", "^Fuzz", "./...")
	if err == nil || !strings.Contains(said(list), "undefinedHere") {
		t.Errorf("error %v, said %q", err, said(list))
	}
}

func TestRunRefuses(t *testing.T) {
	t.Parallel()
	if run(t.Context(), 0, "") == nil {
		t.Error("no time for a target was accepted")
	}
	if run(t.Context(), time.Second, "(") == nil {
		t.Error("a broken -run was accepted")
	}
}

// TestOnlyOutOfTime: an engine that was late is no failure, an input that fails
// is one whatever else is said.
func TestOnlyOutOfTime(t *testing.T) {
	t.Parallel()
	const late = "fuzz: elapsed: 1m0s, execs: 7 (0/sec)\n--- FAIL: FuzzParse (60.17s)\n    context deadline exceeded\nFAIL\nexit status 1\n"
	for out, want := range map[string]bool{
		late: true,
		late + "    Failing input written to testdata/fuzz/FuzzParse/3d08bddf45bda990\n": false,
		late + "panic: oh\n": false,
		"--- FAIL: FuzzPlan (2.97s)\n    --- FAIL: FuzzPlan (0.00s)\n        x_test.go:1: wrong\n": false,
		"": false,
	} {
		if got := onlyOutOfTime(out); got != want {
			t.Errorf("%q: %v", out, got)
		}
	}
}
