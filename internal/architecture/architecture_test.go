// Package architecture checks the layout of the project: who may import whom,
// what reaches the users of the library, and how files are named and sized.
package architecture

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// goTool runs the go command in the root folder and decodes the JSON values it
// prints.
func goTool[T any](t *testing.T, args ...string) []T {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = filepath.Join("..", "..")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, stderr.Bytes())
	}
	var values []T
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var v T
		if err := dec.Decode(&v); errors.Is(err, io.EOF) {
			return values
		} else if err != nil {
			t.Fatalf("go %s: %v", strings.Join(args, " "), err)
		}
		values = append(values, v)
	}
}

// listed is what go list tells of a package.
type listed struct {
	ImportPath, Dir                    string
	Module                             *struct{ Path string }
	GoFiles, TestGoFiles, XTestGoFiles []string
	CgoFiles, IgnoredGoFiles           []string
	Imports, Deps                      []string
}

// load reads the packages of the workspace.
func load(t *testing.T) []pkg {
	t.Helper()
	var pkgs []pkg
	for _, l := range goTool[listed](t, "list", "-json=ImportPath,Dir,Module,GoFiles,CgoFiles,IgnoredGoFiles,TestGoFiles,XTestGoFiles,Imports,Deps", "work") {
		p := pkg{Path: l.ImportPath, Imports: l.Imports, Deps: l.Deps}
		if l.Module != nil {
			p.Module = l.Module.Path
		}
		for _, name := range slices.Concat(l.GoFiles, l.CgoFiles, l.IgnoredGoFiles, l.TestGoFiles, l.XTestGoFiles) {
			text, err := os.ReadFile(filepath.Join(l.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			p.Files = append(p.Files, file{Name: name, Text: string(text)})
		}
		pkgs = append(pkgs, p)
	}
	return pkgs
}

// TestLayout applies every rule to the workspace as it is.
func TestLayout(t *testing.T) {
	t.Parallel()
	pkgs := load(t)
	for _, want := range []string{root + "/store", root + "/dialect", root + "/cmd/cacheops"} {
		if !slices.ContainsFunc(pkgs, func(p pkg) bool { return p.Path == want && p.Module != "" && len(p.Files) > 0 }) {
			t.Errorf("package %s was not found, so nothing is shown: run this inside the workspace", want)
		}
	}
	tooLong, long := checkLengths(pkgs)
	for _, found := range [][]string{
		checkTesting(pkgs), checkThirdParty(pkgs), checkDirections(pkgs), checkTestLibraries(pkgs),
		checkNames(pkgs), tooLong, checkComments(pkgs), checkReplaces(modules(t)),
	} {
		for _, violation := range found {
			t.Error(violation)
		}
	}
	for _, warning := range long {
		t.Log(warning)
	}
}

// modules reads the go.mod files of the workspace.
func modules(t *testing.T) []module {
	t.Helper()
	var ms []module
	for _, l := range goTool[struct{ Path, GoMod string }](t, "list", "-m", "-json") {
		for _, f := range goTool[struct{ Replace []json.RawMessage }](t, "mod", "edit", "-json", l.GoMod) {
			ms = append(ms, module{Path: l.Path, Replaces: len(f.Replace)})
		}
	}
	return ms
}

// TestRulesFind shows that each rule finds what it forbids, and not what is
// right.
func TestRulesFind(t *testing.T) {
	t.Parallel()
	in := func(path, module string, imports ...string) pkg {
		return pkg{Path: path, Module: module, Imports: imports, Deps: imports}
	}
	const pg = root + "/dialect/postgres"
	others := []pkg{
		in(root, root), in(root+"/store", root), in(root+"/dialect", root), in(root+"/sqlcache", root),
		in(root+"/internal/engine", root), in(root+"/internal/analysis", root),
		in(pg, pg), in(root+"/rueidisstore", root+"/rueidisstore"),
	}
	lengths := func(pkgs []pkg) []string { found, _ := checkLengths(pkgs); return found }
	holding := func(name, text string) pkg {
		return pkg{Path: root + "/x", Module: root, Files: []file{{Name: name, Text: text}}}
	}
	for _, test := range []struct {
		name  string
		rule  func([]pkg) []string
		pkg   pkg
		found int
	}{
		{"testing in the core", checkTesting, in(root+"/sqlcache", root, "testing"), 1},
		{"testing behind an import", checkTesting, pkg{Path: root, Module: root, Deps: []string{"x.org/y", "testing"}}, 1},
		{"testing in cachetest", checkTesting, in(root+"/cachetest/storetest", root, "testing"), 0},
		{"testing in the suite of the examples", checkTesting, in(root+"/examples/internal/x", root+"/examples", "testing"), 0},
		{"testing in a folder named like the examples", checkTesting, in(root+"/examples/x", root, "testing"), 1},
		{"testing beside cachetest", checkTesting, in(root+"/cachetester", root, "testing"), 1},

		{"meyer in its dialect", checkThirdParty, in(root+"/dialect/sqlite", root, "github.com/sqlc-dev/meyer/ast"), 0},
		{"meyer in the analysis", checkThirdParty, in(root+"/internal/analysis", root, "github.com/sqlc-dev/meyer/ast"), 1},
		{"otter in its store", checkThirdParty, in(root+"/store/memory", root, "github.com/maypok86/otter/v2"), 0},
		{"a database in the core", checkThirdParty, in(root+"/sqlcache", root, "modernc.org/sqlite"), 1},
		{"a database in a module of its own", checkThirdParty, in(root+"/internal/integration", root+"/internal/integration", "modernc.org/sqlite"), 0},
		{"the standard library", checkThirdParty, in(root, root, "database/sql", "sync"), 0},

		{"a store that reads SQL", checkDirections, in(root+"/store/memory", root, root+"/dialect"), 1},
		{"a store on the wrapper", checkDirections, in(root+"/store/memory", root, root+"/sqlcache"), 1},
		{"a store on its contract", checkDirections, in(root+"/store/memory", root, root+"/store"), 0},
		{"a dialect that analyses", checkDirections, in(root+"/dialect/sqlite", root, root+"/internal/analysis"), 1},
		{"an engine on the wrapper", checkDirections, in(root+"/internal/engine", root, root+"/sqlcache"), 1},
		{"a core on an adapter", checkDirections, in(root+"/sqlcache", root, pg), 1},
		{"an adapter on the core", checkDirections, in(pg+"/x", pg, root+"/dialect", pg), 0},
		{"an adapter on an adapter", checkDirections, in(pg+"/x", pg, root+"/rueidisstore"), 1},
		{"an adapter on internals", checkDirections, in(pg+"/x", pg, root+"/internal/engine"), 1},
		{"integration on everything", checkDirections, in(root+"/internal/integration", root+"/internal/integration", pg, root+"/internal/engine"), 0},

		{"examples on adapters", checkDirections, in(root+"/examples/x", root+"/examples", pg, root+"/rueidisstore"), 0},

		{"goleak in the library", checkTestLibraries, in(root, root, "go.uber.org/goleak"), 1},
		{"rapid in cachetest", checkTestLibraries, in(root+"/cachetest", root, "pgregory.net/rapid"), 1},

		{"a vague package", checkNames, in(root+"/internal/util", root), 1},
		{"a vague file", checkNames, holding("helpers_test.go", ""), 1},
		{"a telling name", checkNames, holding("transaction_manager_lock.go", ""), 0},

		{"a file too long", lengths, holding("a.go", strings.Repeat("\n", tooLongFile+1)), 1},
		{"a file just short enough", lengths, holding("a.go", strings.Repeat("\n", tooLongFile)), 0},
		{"a long generated file", lengths, holding("a.go", "// Code generated by x. DO NOT EDIT.\n"+strings.Repeat("\n", tooLongFile)), 0},

		{"a comment in ASCII", checkComments, holding("a.go", "package x // ~fine~\n\nvar s = \"\u00e9\"\n"), 0},
		{"a comment beyond ASCII", checkComments, holding("a.go", "package x // caf\u00e9\n"), 1},
		{"a file that is no Go", checkComments, holding("a.go", "paquet x\n"), 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if found := test.rule(append(slices.Clone(others), test.pkg)); len(found) != test.found {
				t.Errorf("found %q, want %d", found, test.found)
			}
		})
	}
}

func TestLongFilesAreNamed(t *testing.T) {
	t.Parallel()
	_, warned := checkLengths([]pkg{{Path: root, Files: []file{
		{Name: "a.go", Text: strings.Repeat("\n", longFile+1)},
		{Name: "b.go", Text: strings.Repeat("\n", longFile)},
	}}})
	if len(warned) != 1 || !strings.Contains(warned[0], "a.go") {
		t.Errorf("warned of %q", warned)
	}
}

func TestReplacesAreFound(t *testing.T) {
	t.Parallel()
	found := checkReplaces([]module{
		{Path: root}, {Path: root + "/cmd/cacheops", Replaces: 1}, {Path: root + "/internal/integration", Replaces: 1},
	})
	if len(found) != 1 || !strings.Contains(found[0], "cmd/cacheops") {
		t.Errorf("found %q", found)
	}
}
