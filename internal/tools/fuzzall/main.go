// Command fuzzall runs every fuzz target of the workspace, one after another.
//
//	go run ./internal/tools/fuzzall -time 60s
//
// It finds the targets by go test -list, so that none can be forgotten, and
// fails when there are none. A target that fails leaves its input under the
// package's testdata/fuzz: commit it with the repair. The others still run.
package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/cacheops/cacheops/internal/tools/workspace"
)

// target is one fuzz function.
type target struct{ pkg, name string }

func main() {
	each := flag.Duration("time", time.Minute, "how long to fuzz each target")
	match := flag.String("run", "", "fuzz only the targets whose package and name match this regular expression")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *each, *match)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "fuzzall:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, each time.Duration, match string) error {
	if each <= 0 {
		return fmt.Errorf("-time is %v: give each target some time, such as 60s", each)
	}
	wanted, err := regexp.Compile(match)
	if err != nil {
		return fmt.Errorf("-run: %w", err)
	}
	modules, err := workspace.Load(ctx)
	if err != nil {
		return err
	}
	list, err := workspace.Output(ctx, modules.Root().Dir, nil, "go", "test", "-json", "-list", "^Fuzz", "work")
	if err != nil {
		return fmt.Errorf("list the fuzz targets: %w\n%s", err, said(list))
	}
	var errs []error
	ran := 0
	for _, t := range targets(list) {
		if !wanted.MatchString(t.pkg + "." + t.name) {
			continue
		}
		ran++
		fmt.Printf("== %s %s\n", t.pkg, t.name)
		var out bytes.Buffer
		err := workspace.RunTo(ctx, io.MultiWriter(os.Stdout, &out), modules.Root().Dir, nil, "go", "test", "-run", "^$",
			"-fuzz", "^"+t.name+"$", "-fuzztime", each.String(), t.pkg)
		switch {
		case err == nil:
		case onlyOutOfTime(out.String()):
			fmt.Println("the engine took the end of its time for a failure; no input failed")
		default:
			errs = append(errs, err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if ran == 0 {
		return errors.New("there is no fuzz target to run, which proves nothing")
	}
	fmt.Printf("fuzzed %d targets, %s each, %d failed\n", ran, each, len(errs))
	return errors.Join(errs...)
}

// onlyOutOfTime reports whether a run failed for no other reason than that its
// time was over while a worker was busy, which the go command reports as a
// failure of the target now and then (https://go.dev/issue/75804). An input that
// fails is written to a file, and a panic is shown.
func onlyOutOfTime(out string) bool {
	return strings.Contains(out, "\n    context deadline exceeded\n") &&
		!strings.Contains(out, "Failing input written") && !strings.Contains(out, "panic:")
}

// said returns what the go command and the compiler said in its answer.
func said(list []byte) string {
	var text strings.Builder
	for dec := json.NewDecoder(bytes.NewReader(list)); ; {
		var e struct{ Output string }
		if dec.Decode(&e) != nil {
			return text.String()
		}
		text.WriteString(e.Output)
	}
}

// targets reads the fuzz functions from the answer of go test -json -list,
// and sorts them: the answer's order is that in which packages were built.
func targets(list []byte) (found []target) {
	defer func() {
		slices.SortFunc(found, func(a, b target) int {
			return cmp.Or(strings.Compare(a.pkg, b.pkg), strings.Compare(a.name, b.name))
		})
	}()
	for dec := json.NewDecoder(bytes.NewReader(list)); ; {
		var e struct{ Action, Package, Output string }
		if err := dec.Decode(&e); err != nil {
			// The answer of a command that ended well is whole.
			if !errors.Is(err, io.EOF) {
				fmt.Fprintln(os.Stderr, "fuzzall: the list of targets ends early:", err)
			}
			return found
		}
		if name := strings.TrimSpace(e.Output); e.Action == "output" && strings.HasPrefix(name, "Fuzz") {
			found = append(found, target{pkg: e.Package, name: name})
		}
	}
}
