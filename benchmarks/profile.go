package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime/pprof"
	"strings"
	"time"
)

// profile runs each contender for itself and writes a CPU profile of it.
func profile(ctx context.Context, w io.Writer, o options) error {
	if err := os.MkdirAll(o.profiles, 0o755); err != nil {
		return err
	}
	return o.each(func(name string, g *group) error {
		for i := range g.contenders {
			c := &g.contenders[i]
			file := filepath.Join(o.profiles, fileName(name)+"."+fileName(c.name)+".pprof")
			if err := c.profile(ctx, o, file); err != nil {
				return err
			}
			fmt.Fprintln(w, file)
		}
		return nil
	})
}

var notInFileNames = regexp.MustCompile(`[^a-z0-9]+`)

// fileName makes a name into one for a file.
func fileName(name string) string {
	return strings.Trim(notInFileNames.ReplaceAllString(strings.ToLower(name), "-"), "-")
}

// profile writes a profile of a contender into a file.
func (c *contender) profile(ctx context.Context, o options, file string) (err error) {
	calls, err := c.calibrate(o.effort)
	if err != nil {
		return err
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	for from := time.Now(); time.Since(from) < o.profileTime; {
		if _, err := c.turn(calls); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}
