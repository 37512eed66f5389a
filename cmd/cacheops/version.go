package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// shownModules are the dependencies that decide what the program does.
var shownModules = []string{"github.com/cacheops/cacheops", "modernc.org/sqlite"}

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print what this program was built from",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			info, ok := debug.ReadBuildInfo()
			if !ok {
				info = &debug.BuildInfo{}
			}
			printVersion(cmd.OutOrStdout(), info)
			return nil
		},
	}
}

// printVersion prints the version, the commit, the Go version and the modules
// that matter. What the build left out is not printed.
func printVersion(out io.Writer, info *debug.BuildInfo) {
	version := info.Main.Version
	if version == "" {
		version = "(devel)"
	}
	fmt.Fprintf(out, "cacheops %s\n", version)
	settings := make(map[string]string, len(info.Settings))
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	if revision := settings["vcs.revision"]; revision != "" {
		if settings["vcs.modified"] == "true" {
			revision += ", with changes"
		}
		fmt.Fprintf(out, "commit   %s\n", revision)
	}
	fmt.Fprintf(out, "go       %s %s/%s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	for _, path := range shownModules {
		for _, m := range info.Deps {
			if m.Path == path {
				fmt.Fprintf(out, "module   %s %s\n", m.Path, m.Version)
			}
		}
	}
}
