package architecture

import (
	"fmt"
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
)

// root is the path of the root module and of its package.
const root = "github.com/cacheops/cacheops"

// module is a go.mod file of the workspace.
type module struct {
	Path     string
	Replaces int
}

// pkg is one package of the workspace.
type pkg struct {
	Path    string
	Module  string
	Imports []string // direct, of the files that are no tests
	Deps    []string // all that Imports lead to
	Files   []file
}

// file is one Go file, tests included.
type file struct {
	Name string
	Text string
}

// allowed lists what packages of the root module may import beside the
// standard library and each other. Users carry each of these.
var allowed = map[string][]string{
	"dialect/sqlite":  {"github.com/sqlc-dev/meyer"},
	"store/memory":    {"github.com/maypok86/otter/v2"},
	"internal/engine": {"github.com/maypok86/otter/v2"},
	"":                {"github.com/fxamacker/cbor/v2"},
}

// forbidden lists which folders of the root module must not import which.
var forbidden = []struct{ from, to, why string }{
	{"store", "dialect", "a store knows entries and stamps, not SQL"},
	{"store", "internal", "a store is written against the public contract"},
	{"store", "sqlcache", "a store knows nothing of what is above it"},
	{"dialect", "internal", "a dialect decides nothing about caching"},
	{"dialect", "store", "a dialect decides nothing about caching"},
	{"dialect", "sqlcache", "a dialect decides nothing about caching"},
	{"internal/dependency", "internal/engine", "dependencies are values"},
	{"internal/analysis", "internal/engine", "an analysis reads no store"},
	{"internal/analysis", "store/memory", "an analysis reads no store"},
	{"internal", "sqlcache", "the wrapper stands on the engine"},
}

// testLibraries may be imported by tests alone.
var testLibraries = []string{"go.uber.org/goleak", "pgregory.net/rapid"}

// Files above the first number of lines are named, above the second refused.
const (
	longFile    = 500
	tooLongFile = 700
)

// below reports whether an import path is prefix or lies below it.
func below(importPath, prefix string) bool {
	return importPath == prefix || strings.HasPrefix(importPath, prefix+"/")
}

// rel is an import path as seen from the root module.
func rel(importPath string) string {
	return strings.TrimPrefix(strings.TrimPrefix(importPath, root), "/")
}

// standard reports whether an import path belongs to the standard library.
func standard(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return !strings.Contains(first, ".")
}

// testing: a program that uses the library must not carry the testing package,
// its flags and what it drags in. Only cachetest is meant for tests. The examples
// are a module that nobody can require.
func checkTesting(pkgs []pkg) (found []string) {
	for _, p := range pkgs {
		if below(p.Path, root+"/cachetest") || below(p.Module, root+"/examples") || !slices.Contains(p.Deps, "testing") {
			continue
		}
		how := "through what it imports"
		if slices.Contains(p.Imports, "testing") {
			how = "itself"
		}
		found = append(found, fmt.Sprintf("%s reaches testing %s: only cachetest may, outside _test.go files", p.Path, how))
	}
	return found
}

// third parties: what the root module imports reaches every user.
func checkThirdParty(pkgs []pkg) (found []string) {
	for _, p := range pkgs {
		if p.Module != root {
			continue
		}
		for _, imported := range p.Imports {
			if standard(imported) || below(imported, root) {
				continue
			}
			if !slices.ContainsFunc(allowed[rel(p.Path)], func(a string) bool { return below(imported, a) }) {
				found = append(found, fmt.Sprintf("%s imports %s: the root module has no such dependency; make a module of its own", p.Path, imported))
			}
		}
	}
	return found
}

// directions: arrows point from adapter to core, and in the core from the
// wrapper down to the values.
func checkDirections(pkgs []pkg) (found []string) {
	modules := make(map[string]string, len(pkgs))
	for _, p := range pkgs {
		modules[p.Path] = p.Module
	}
	for _, p := range pkgs {
		adapter := p.Module != root && !below(p.Module, root+"/internal") && !below(p.Module, root+"/cmd") &&
			!below(p.Module, root+"/benchmarks") && !below(p.Module, root+"/examples")
		for _, imported := range p.Imports {
			of, own := modules[imported]
			switch {
			case !own || of == p.Module && p.Module != root:
			case p.Module == root && of != root:
				found = append(found, fmt.Sprintf("%s imports %s of another module: the core never imports an adapter", p.Path, imported))
			case adapter && of != root:
				found = append(found, fmt.Sprintf("%s imports %s: an adapter never imports an adapter", p.Path, imported))
			case adapter && below(imported, root+"/internal"):
				found = append(found, fmt.Sprintf("%s imports %s: users may pair an adapter with a newer core, so use its public interface", p.Path, imported))
			default:
				for _, f := range forbidden {
					if p.Module == root && below(rel(p.Path), f.from) && below(rel(imported), f.to) {
						found = append(found, fmt.Sprintf("%s imports %s: %s", p.Path, imported, f.why))
					}
				}
			}
		}
	}
	return found
}

// test libraries: for _test.go files alone.
func checkTestLibraries(pkgs []pkg) (found []string) {
	for _, p := range pkgs {
		for _, imported := range p.Imports {
			if slices.Contains(testLibraries, imported) {
				found = append(found, fmt.Sprintf("%s imports %s outside a _test.go file", p.Path, imported))
			}
		}
	}
	return found
}

var vague = regexp.MustCompile(`^(utils?|commons?|helpers?|managers?|misc)$`)

// names: a name says what is in it.
func checkNames(pkgs []pkg) (found []string) {
	for _, p := range pkgs {
		if vague.MatchString(path.Base(p.Path)) {
			found = append(found, fmt.Sprintf("package %s: name it for what it holds", p.Path))
		}
		for _, f := range p.Files {
			if vague.MatchString(strings.TrimSuffix(strings.TrimSuffix(f.Name, ".go"), "_test")) {
				found = append(found, fmt.Sprintf("%s/%s: name the file for what it holds", p.Path, f.Name))
			}
		}
	}
	return found
}

var generated = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)

// lengths: one concept a file. It returns the files that are refused and
// those that are only long.
func checkLengths(pkgs []pkg) (found, warned []string) {
	for _, p := range pkgs {
		for _, f := range p.Files {
			lines := strings.Count(f.Text, "\n")
			switch {
			case generated.MatchString(f.Text):
			case lines > tooLongFile:
				found = append(found, fmt.Sprintf("%s/%s has %d lines: split it, %d is the most", p.Path, f.Name, lines, tooLongFile))
			case lines > longFile:
				warned = append(warned, fmt.Sprintf("%s/%s has %d lines: is it one concept?", p.Path, f.Name, lines))
			}
		}
	}
	return found, warned
}

// comments: ASCII English. Literals may hold anything: programs send it.
func checkComments(pkgs []pkg) (found []string) {
	for _, p := range pkgs {
		for _, f := range p.Files {
			set := token.NewFileSet()
			parsed, err := parser.ParseFile(set, f.Name, f.Text, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				found = append(found, fmt.Sprintf("%s: %v", p.Path, err))
				continue
			}
			for _, group := range parsed.Comments {
				for _, c := range group.List {
					if i := strings.IndexFunc(c.Text, func(r rune) bool { return r > '~' }); i >= 0 {
						found = append(found, fmt.Sprintf("%s/%s: a comment holds %q, which is not ASCII", p.Path, set.Position(c.Pos()), []rune(c.Text[i:])[0]))
					}
				}
			}
		}
	}
	return found
}

// replacements: go get ignores those of a dependency, and go install refuses
// a command that has one.
func checkReplaces(modules []module) (found []string) {
	for _, m := range modules {
		if m.Replaces > 0 && (m.Path == root || below(m.Path, root+"/cmd")) {
			found = append(found, fmt.Sprintf("go.mod of %s has a replace: go install would refuse it; go.work finds our modules", m.Path))
		}
	}
	return found
}
