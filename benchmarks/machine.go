package main

import (
	"bufio"
	"cmp"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
)

// setting is one line of the configuration.
type setting struct{ name, value string }

// modules whose versions decide what is measured.
var measuredModules = []string{"modernc.org/sqlite", "modernc.org/libc", "github.com/maypok86/otter/v2", "github.com/redis/rueidis", "github.com/sqlc-dev/meyer"}

// configuration tells all that the figures depend on.
func configuration(e effort, z sizes) []setting {
	out := []setting{
		{"Go", runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH},
		{"processor", processor()},
		{"processors", fmt.Sprintf("%d, GOMAXPROCS %d", runtime.NumCPU(), runtime.GOMAXPROCS(0))},
		{"garbage collector", fmt.Sprintf("GOGC=%s GOMEMLIMIT=%s", cmp.Or(os.Getenv("GOGC"), "100"), cmp.Or(os.Getenv("GOMEMLIMIT"), "off"))},
	}
	if build, ok := debug.ReadBuildInfo(); ok {
		for _, name := range measuredModules {
			for _, m := range build.Deps {
				if m.Path == name {
					out = append(out, setting{name, m.Version})
				}
			}
		}
	}
	return append(out,
		setting{"SQLite", "a file, journal_mode WAL, synchronous OFF (no fsync), busy_timeout 5 s"},
		setting{"rows", fmt.Sprintf("%d in each table that is read, %d in each that is written, 8 columns, %d rows to a category", z.rows, z.written, listed)},
		setting{"random keys", fmt.Sprintf("%d, the same sequence for each contender", z.keys)},
		setting{"cache", "profiles for one table of three; hooks OnRead and OnInvalidate, each with atomic counters; the store in process, but for the groups about Redis"},
		setting{"rounds", fmt.Sprintf("%d; in each round each contender of a group has one turn of about %v, and each round begins with another one. A turn is repeated, up to %d times, when the system ran other programs for a tenth of it", e.rounds, e.sample, e.tries-1)},
		setting{"figures", "the median of what each round gives (of ratios, the ratio within each round), with the quartiles"},
	)
}

// processor is the name of the machine's processor, where the system tells it.
func processor() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return "unknown"
	}
	defer f.Close() //nolint:errcheck // it was only read
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}
