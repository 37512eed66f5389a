package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/cacheops/cacheops/filecache"
)

// cleanFilesFlags are the flags of clean-files.
type cleanFilesFlags struct {
	maxBytes             int64
	temporaryAge         time.Duration
	verify, dryRun, json bool
}

func newCleanFiles() *cobra.Command {
	var f cleanFilesFlags
	cmd := &cobra.Command{
		Use:   "clean-files [flags] [dir]",
		Short: "Remove what is of no more use from a folder of cache files",
		Long: `Removes files from a folder of package filecache: those whose time is over, damaged
ones, and those that a process began and did not finish. With --max-bytes it removes
more until the folder is small enough, those first whose time is over first. Programs
may use the folder meanwhile.

Without a dir it takes the one that filecache.New takes. A folder that filecache did
not make is an error, and what a folder holds besides is left alone. The exit code is
0 unless something could not be done.`,
		Example: `  cacheops clean-files /var/cache/app
  cacheops clean-files --max-bytes 1000000000 /var/cache/app
  cacheops clean-files --dry-run --json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := ""
			if len(args) > 0 {
				dir = args[0]
			}
			return runCleanFiles(cmd.Context(), cmd.OutOrStdout(), f, dir)
		},
	}
	flags := cmd.Flags()
	flags.Int64Var(&f.maxBytes, "max-bytes", 0, "remove files until no more `bytes` are left; 0: no limit")
	flags.DurationVar(&f.temporaryAge, "temporary-age", filecache.DefaultTemporaryAge, "how old an unfinished file has to be")
	flags.BoolVar(&f.verify, "verify", false, "read all files, to find those whose data is damaged")
	flags.BoolVar(&f.dryRun, "dry-run", false, "remove nothing, and tell what would be")
	flags.BoolVar(&f.json, "json", false, "print JSON")
	return cmd
}

// cleanedFiles is what clean-files prints with --json.
type cleanedFiles struct {
	Dir    string `json:"dir"`
	DryRun bool   `json:"dryRun"`
	filecache.CleanResult
	Error string `json:"error,omitempty"`
}

func runCleanFiles(ctx context.Context, out io.Writer, f cleanFilesFlags, dir string) error {
	if dir == "" {
		var err error
		if dir, err = filecache.DefaultDir(); err != nil {
			return err
		}
	}
	s := newScreen(out, environment())
	options := filecache.CleanOptions{MaxBytes: f.maxBytes, Verify: f.verify, TemporaryAge: f.temporaryAge, DryRun: f.dryRun}
	if s.rewrites && !f.json { // a job at night has no use for a bar
		var bar *progress
		options.Progress = func(p filecache.CleanProgress) {
			if bar == nil {
				bar = s.newProgress("cleaning", p.Total)
			}
			bar.set(p.Folders)
		}
	}
	result, err := filecache.Clean(ctx, dir, options)
	s.clear()
	if f.json {
		answer := cleanedFiles{Dir: dir, DryRun: f.dryRun, CleanResult: result}
		if err != nil {
			answer.Error = err.Error()
		}
		if printing := json.NewEncoder(out).Encode(answer); err == nil {
			err = printing
		}
		return err
	}
	if err == nil || result != (filecache.CleanResult{}) { // also after an interrupt
		printCleaned(s, f.dryRun, &result)
	}
	return err
}

// printCleaned tells what was done.
func printCleaned(s *screen, dryRun bool, r *filecache.CleanResult) {
	removed := "removed "
	if dryRun {
		removed = "would remove "
	}
	s.line(removed, plural(r.Removed(), "file", "files"), " of ", plural(r.RemovedBytes, "byte", "bytes"), ": ",
		fmt.Sprintf("%s expired, %s damaged, %s unfinished, %s for room",
			grouped(r.Expired), grouped(r.Damaged), grouped(r.Temporary), grouped(r.Evicted)))
	s.line("kept ", plural(r.Kept, "file", "files"), " of ", plural(r.KeptBytes, "byte", "bytes"))
	if r.Foreign > 0 {
		s.line("left alone ", grouped(r.Foreign), " that filecache did not write")
	}
}
