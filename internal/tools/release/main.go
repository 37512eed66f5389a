// Command release writes what a release needs, and rehearses it.
//
//	release -version v0.1.0 [-out folder]   write the go.mod and go.sum files of that version
//	release -check [-keep]                  release and install the work tree, without publishing
//
// In the repository our modules find each other by go.work and by replacements
// (see the tidy command). A release has neither: it drops the replacements,
// requires the version of each of our modules that is imported, and tidies the
// result against a file proxy that holds the modules released before it, in
// the order of their imports. So go.mod and go.sum are complete before
// anything was pushed.
//
// The rehearsal makes the same files, puts each module into that proxy as the
// zip file that a module proxy would serve, and then is a user: in an empty
// folder with an empty module cache it gets the library, imports all its
// packages, tidies, builds, and installs the command.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/cacheops/cacheops/internal/tools/workspace"
)

// rehearsed is the version of a rehearsal: a pre-release that no release can
// have.
const rehearsed = "v0.0.1-check"

func main() {
	version := flag.String("version", "", "the version to release, such as v0.1.0")
	out := flag.String("out", "", "where to write the files; default: into the work tree")
	check := flag.Bool("check", false, "rehearse a release of the work tree and its installation")
	keep := flag.Bool("keep", false, "with -check, leave the folder of the rehearsal and say where it is")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	var err error
	switch {
	case *check && *version == "":
		err = rehearse(ctx, *keep)
	case !*check && *version != "":
		err = write(ctx, *version, *out)
	default:
		err = errors.New("give -version, as in make release VERSION=v0.1.0, or -check")
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// write makes the files of a version and says what to tag.
func write(ctx context.Context, version, out string) error {
	if !semver.IsValid(version) || semver.Canonical(version) != version || semver.Major(version) > "v1" {
		return fmt.Errorf("version %q: want a full semantic version below v2, such as v0.1.0", version)
	}
	if module.IsPseudoVersion(version) || version == rehearsed {
		return fmt.Errorf("version %q is not one to release", version)
	}
	modules, err := workspace.Load(ctx)
	if err != nil {
		return err
	}
	root := modules.Root().Dir
	// A zip made here has the checksum of the one made from the tag only if
	// both hold the same files.
	dirty, err := workspace.Output(ctx, root, nil, "git", "status", "--porcelain")
	if err != nil {
		return err
	}
	if len(dirty) > 0 {
		return fmt.Errorf("the work tree has changes: commit or remove them first\n%s", dirty)
	}
	tmp, err := os.MkdirTemp("", "cacheops-release-")
	if err != nil {
		return fmt.Errorf("make a folder for the release: %w", err)
	}
	s := &staging{modules: modules, version: version, dir: tmp}
	defer s.remove()
	if err := s.stageAll(ctx); err != nil {
		return err
	}
	if out == "" {
		out = root
	}
	if err := s.writeMods(out); err != nil {
		return err
	}
	fmt.Println("wrote the go.mod and go.sum files. Commit them off the main branch, then tag that commit, in this order:")
	for _, m := range s.order {
		fmt.Println("  git tag " + tag(modules, m, version))
	}
	fmt.Println("and push the tags. The main branch keeps its replacements.")
	return nil
}

// tag is the name that the go command looks for.
func tag(modules workspace.Modules, m workspace.Module, version string) string {
	if rel := modules.Rel(m); rel != "." {
		return rel + "/" + version
	}
	return version
}
