package differential

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
)

// The floors. A test in which nothing is cached, or all is dropped by every
// write, compares nothing: these tell.
const (
	minHitRate = 0.50
	maxRefused = 0.20
	// hitShare is how many of the reads have to be checked hits of each
	// construct: 1,000 of 1,500,000. Fewer reads are not spread as evenly: below
	// fewReads a tenth of that has to do, and maxMissing constructs may lack it.
	hitShare   = 1500
	fewReads   = 1_000_000
	maxMissing = 8
	// A handful of cases has what it has: of so few reads only the hits and what
	// the usual cases drop are looked at.
	handful = 60_000
)

// precisions are the floors of the precision.
type precisions struct {
	all float64
	few float64 // of fewer reads than fewReads: some cases have a schema that drops a lot
	// Of each kind of case by itself. What the others hold drops much by its
	// nature: ranges, patterns, OR REPLACE, writes of triggers.
	usual, other float64
	// usualFew is that of the usual cases where there is a handful of reads: on MariaDB a
	// few cases may be of those whose upserts and updates take a table's epoch. 0 is usual.
	usualFew float64
}

// The kinds of case, see usualShare.
const usualName, otherName = "usual cases", "other cases"

// count is what was seen of reads.
type count struct {
	reads   int // through the cache, each compared
	hits    int
	dropped int // were in the cache before the write, and no longer; DDL apart, which drops everything
	changed int // of those, whose result is another one

	// The same of the drops by a change that had row images of all its tables.
	byImages, byImagesChanged int
}

func (c *count) add(d *count) {
	c.reads += d.reads
	c.hits += d.hits
	c.dropped += d.dropped
	c.changed += d.changed
	c.byImages += d.byImages
	c.byImagesChanged += d.byImagesChanged
}

func share(part, whole int) float64 { return float64(part) / float64(max(whole, 1)) }

// tally adds up what the cases saw. Cases run at once.
type tally struct {
	flavour

	mu sync.Mutex // guards the rest
	count
	constructs         map[string]*count
	cases, steps       int
	queries, refused   int
	uncached           map[string]int // reads by the reason
	refusals, failures map[string]int // by what the database said
}

func newTally(f flavour) *tally {
	return &tally{flavour: f, constructs: map[string]*count{}, uncached: map[string]int{}, refusals: map[string]int{}, failures: map[string]int{}}
}

// construct returns the count of a construct.
func (t *tally) construct(name string) *count {
	c := t.constructs[name]
	if c == nil {
		c = &count{}
		t.constructs[name] = c
	}
	return c
}

// total returns the number of reads so far.
func (t *tally) total() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.reads
}

// report prints the figures, and fails the test where one is below its floor.
func (t *tally) report(tb testing.TB) {
	tb.Helper()
	t.mu.Lock()
	defer t.mu.Unlock()
	tb.Logf("figure: differential: %d reads compared after %d writes in %d cases: hit rate %.3f, precision %.3f (%d of %d dropped results had changed; by row images %.3f of %d), %d of %d queries refused",
		t.reads, t.steps, t.cases, share(t.hits, t.reads), share(t.changed, t.dropped), t.changed, t.dropped, share(t.byImagesChanged, t.byImages), t.byImages, t.refused, t.queries)
	usual, other := t.construct(usualName), t.construct(otherName)
	tb.Logf("figure: differential: precision of the %s %.3f of %d, of the %s %.3f of %d",
		usualName, share(usual.changed, usual.dropped), usual.dropped, otherName, share(other.changed, other.dropped), other.dropped)
	var table strings.Builder
	fmt.Fprintf(&table, "%-40s %9s %9s %9s %9s %9s %9s\n", "construct", "reads", "hits", "dropped", "precision", "by images", "precision")
	for _, name := range slices.Sorted(maps.Keys(t.constructs)) {
		c := t.constructs[name]
		fmt.Fprintf(&table, "%-40s %9d %9d %9d %9.3f %9d %9.3f\n", name, c.reads, c.hits, c.dropped, share(c.changed, c.dropped), c.byImages, share(c.byImagesChanged, c.byImages))
	}
	tb.Log(table.String())
	tb.Log("reads that were not cached: " + often(t.uncached))
	tb.Log("queries refused: " + often(t.refusals))
	tb.Log("writes that failed: " + often(t.failures))

	if rate := share(t.hits, t.reads); rate < minHitRate {
		tb.Errorf("hit rate %.3f, at least %.2f is needed: too little was cached for the comparison to mean anything", rate, minHitRate)
	}
	floor := t.precision()
	if t.reads < handful && floor.usualFew > 0 {
		floor.usual = floor.usualFew
	}
	least := floor.all
	if t.reads < fewReads {
		least = floor.few
	}
	if p := share(t.changed, t.dropped); p < least && *usualCases == usualShare && t.reads >= handful {
		tb.Errorf("precision %.3f, at least %.2f is needed: too much was dropped", p, least)
	}
	for name, least := range map[string]float64{usualName: floor.usual, otherName: floor.other} {
		if c := t.construct(name); c.reads > 0 && (name == usualName || t.reads >= handful) && share(c.changed, c.dropped) < least {
			tb.Errorf("precision of the %s %.3f, at least %.2f is needed: too much was dropped", name, share(c.changed, c.dropped), least)
		}
	}
	if r := share(t.refused, t.queries); r > maxRefused {
		tb.Errorf("%.3f of the queries were refused by the database, at most %.2f may be", r, maxRefused)
	}
	if t.reads >= handful {
		t.reportMissing(tb)
	}
}

// reportMissing fails the test where a construct was not seen often enough.
func (t *tally) reportMissing(tb testing.TB) {
	tb.Helper()
	least, may := t.reads/hitShare, 0
	if t.reads < fewReads {
		least, may = least/10, maxMissing
	}
	var missing []string
	for _, name := range t.required() {
		if hits := t.construct(name).hits; hits < least {
			missing = append(missing, fmt.Sprintf("%q has %d", name, hits))
		}
	}
	if n := t.construct("write: DDL").reads; n < least { // it drops everything, so its hits are few
		missing = append(missing, fmt.Sprintf("DDL has %d reads", n))
	}
	if len(missing) > may {
		tb.Errorf("at least %d checked hits are needed of each construct: %s", least, strings.Join(missing, ", "))
	}
}

// often writes the most frequent of counted texts.
func often(m map[string]int) string {
	keys := slices.SortedFunc(maps.Keys(m), func(a, b string) int { return cmp.Or(m[b]-m[a], strings.Compare(a, b)) })
	var list []string
	for _, k := range keys[:min(12, len(keys))] {
		list = append(list, fmt.Sprintf("%d times %s", m[k], k))
	}
	return strings.Join(list, "\n\t")
}

// required are the constructs that must be seen in hits: of queries, and of
// the writes that the hits were checked after.
func (sqliteFlavour) required() []string { return sqliteRequired }

var sqliteRequired = []string{
	"=", "==", "value =", "<>", "!=", "<", "<=", ">", ">=", "BETWEEN", "IN list", "NOT IN list", "row =", "row IN",
	"IS", "IS NOT", "IS NULL", "IS NOT NULL", "IS DISTINCT FROM", "IS NOT DISTINCT FROM", "IS TRUE", "bare column",
	"AND", "OR", "NOT", "LIKE", "GLOB", "COLLATE", "arithmetic", "concatenation", "function", "CASE", "CAST", "column = column",
	"literal", "parameter", "NULL literal", "NULL parameter",

	"inner join", "left join", "right join", "full join", "comma", "cross join", "USING", "NATURAL",
	"ON with a term", "ON without an equality", "chain of 3", "chain of 4", "a table twice",

	"EXISTS", "NOT EXISTS", "IN (SELECT)", "NOT IN (SELECT)", "row IN (SELECT)", "scalar subquery", "correlated",
	"subquery in the select list", "subquery in ORDER BY", "subquery in HAVING",
	"derived table", "view", "view with a join", "nested view", "CTE", "recursive CTE",

	"UNION", "UNION ALL", "INTERSECT", "EXCEPT", "aggregate", "GROUP BY", "HAVING", "DISTINCT", "window", "ORDER BY", "LIMIT", "OFFSET",

	"write: INSERT of a row", "write: INSERT of rows", "write: INSERT SELECT", "write: INSERT WITH", "write: INSERT DEFAULT VALUES",
	"write: INSERT OR REPLACE", "write: INSERT OR IGNORE", "write: INSERT OR FAIL", "write: INSERT OR ABORT", "write: INSERT OR ROLLBACK",
	"write: ON CONFLICT DO UPDATE", "write: ON CONFLICT DO NOTHING", "write: RETURNING",
	"write: UPDATE", "write: UPDATE FROM", "write: UPDATE of a key", "write: subquery in SET", "write: write with WITH", "write: write of all rows", "write: by key",
	"write: UPDATE OR REPLACE", "write: UPDATE OR IGNORE", "write: UPDATE OR FAIL", "write: UPDATE OR ABORT", "write: UPDATE OR ROLLBACK",
	"write: fires a trigger", "write: self-reference",
	"write: ON DELETE CASCADE", "write: ON DELETE SET NULL", "write: ON DELETE SET DEFAULT",
	"write: ON UPDATE CASCADE", "write: ON UPDATE SET NULL", "write: ON UPDATE SET DEFAULT", "foreign keys off",
	"write: DELETE", "write: script", "write: prepared", "write: subquery", "write: UPDATE of a view", "write: INSERT into a view", "write: DELETE from a view",
	"transaction", "transaction as text", "savepoint", "rollback", "read in a transaction", "shadow mode",
}
