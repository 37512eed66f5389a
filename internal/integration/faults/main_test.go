package faults

import (
	"flag"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/internal/sample"
)

// lasts is how long a fault lasts that can last as long as one likes: with -short a
// third of that, for the load runs on meanwhile.
var lasts = flag.Duration("faults.lasts", time.Second, "how long each fault lasts, where it has no length of its own")

// under is the database of the faults of Redis. Those of a database have it.
var under = flag.String("faults.database", "sqlite", "the `database` underneath while something happens to Redis, sqlite, postgres or mysql")

// all runs each fault of the network and of Redis over PostgreSQL and MariaDB too. Without it a
// third of them runs: the others are much like those over SQLite.
var all = flag.Bool("faults.all", false, "run all faults over PostgreSQL and MariaDB, not a third of some")

// some is every fault, or a third of them.
func some[F any](faults []F) []F {
	if *all {
		return faults
	}
	var out []F
	for i := 0; i < len(faults); i += 3 {
		out = append(out, faults[i])
	}
	return out
}

// takes reports whether a case is tried: with -short every other one is, see package sample.
func takes(t *testing.T, name string) bool {
	return sample.Takes(testing.Short() && !*all, t.Name()+"/"+name, 0, 2)
}

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		*lasts /= 3
		readPause, writePause = 3*readPause, 3*writePause
	}
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		_ = f.Value.Set("4") // most of the time they wait
	}
	zerolog.SetGlobalLevel(zerolog.Disabled) // the proxies tell a lot
	goleak.VerifyTestMain(closing{m}, goleak.IgnoreAnyFunction(redistest.LingeringNodes), goleak.IgnoreAnyFunction(redistest.LingeringRefresh),
		// What a proxy does not pass on, because the next step has ended, it keeps
		// forever.
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/toxics.(*ToxicStub).Run"),
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2.(*ToxicLink).read"))
}

// closing are the tests, and what is shared by them.
type closing struct{ *testing.M }

// Run implements [goleak.TestingM].
func (c closing) Run() int {
	defer closeShared()
	return c.M.Run()
}
