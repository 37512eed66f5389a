package cachetest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cacheops/cacheops"
)

// How much a failure tells: so many reads, and so many bytes of a statement.
const (
	maxTold      = 20
	maxStatement = 300
)

// tell lists the reads of a span, with an explanation to each that had none of
// the wanted outcomes. What says of a read that it had one. Of many reads it lists
// only those that had none.
func (r *Recorder) tell(s *span, what string, want ...outcome) string {
	if len(s.reads) == 0 {
		return "no read was made, so nothing is shown: read within the function, through a handle of this recorder's cache"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %s %s:", len(s.reads)-s.unlike(want...), plural(len(s.reads), "read"), what)
	told := 0
	for i := range s.reads {
		got := &s.reads[i]
		o := outcomeOf(&got.event)
		wanted := slices.Contains(want, o)
		if wanted && len(s.reads) > maxTold {
			continue
		}
		if told == maxTold {
			b.WriteString("\n\tand others")
			break
		}
		told++
		fmt.Fprintf(&b, "\n\t%s", o)
		if got.event.Op != 0 {
			fmt.Fprintf(&b, " (%s)", got.event.Op)
		}
		fmt.Fprintf(&b, ": %s", statement(got.event.Query))
		if !wanted {
			fmt.Fprintf(&b, "\n\t\t%s", r.explain(got, o))
		}
	}
	return b.String()
}

// explain says why a read was answered as it was.
func (r *Recorder) explain(got *read, o outcome) string {
	switch o {
	case uncached:
		return got.event.Reason
	case failed:
		return got.event.Err.Error()
	case shared:
		return "another read was asking the database for the same"
	case hit:
		if change := r.changeOf(got, 0, touches); change != nil {
			return "the last change of its tables: " + describe(change)
		}
		return "no change of its tables is on record"
	default:
		return r.explainMiss(got)
	}
}

// explainMiss looks for what dropped a result. The events hold no arguments, so
// it tells what is on record and does not judge.
func (r *Recorder) explainMiss(got *read) string {
	before := r.earlier(got)
	if before == 0 {
		return "no earlier read of this text is on record"
	}
	if change := r.changeOf(got, before, drops); change != nil {
		return "changed since its text was read: " + describe(change)
	}
	return "no change of its tables is on record since its text was read: perhaps its arguments were others, or its result was too large or too old to be kept"
}

// earlier returns the number of the last read before got, of the same text, that
// could leave a result in the cache. 0: none is on record.
func (r *Recorder) earlier(got *read) uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range slices.Backward(r.reads) {
		b := &r.reads[i]
		if o := outcomeOf(&b.event); b.number < got.number && o != failed && o != uncached &&
			b.event.Query == got.event.Query && b.event.Database == got.event.Database {
			return b.number
		}
	}
	return 0
}

// changeOf returns the last change between the event numbered from and the read
// that had to do with it, or nil.
func (r *Recorder) changeOf(got *read, from uint64, had func(*cacheops.InvalidateEvent, *cacheops.ReadEvent) bool) *cacheops.InvalidateEvent {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range slices.Backward(r.invalidations) {
		c := r.invalidations[i] // a copy: the list moves on
		if c.number > from && c.number < got.number && had(&c.event, &got.event) {
			return &c.event
		}
	}
	return nil
}

// touches reports whether a change was one of the read's tables.
func touches(c *cacheops.InvalidateEvent, e *cacheops.ReadEvent) bool {
	return c.Database == e.Database && (c.All || slices.ContainsFunc(c.Tables, func(t cacheops.TableInvalidation) bool {
		return slices.Contains(e.Tables, t.Table)
	}))
}

// drops reports whether a change dropped anything of the read's tables.
func drops(c *cacheops.InvalidateEvent, e *cacheops.ReadEvent) bool {
	return c.Database == e.Database && (c.All || slices.ContainsFunc(c.Tables, func(t cacheops.TableInvalidation) bool {
		return (t.Epoch || t.Keys > 0) && slices.Contains(e.Tables, t.Table)
	}))
}

// told lists the changes of a span, each on a line of its own.
func (s *span) told() string {
	if len(s.invalidations) == 0 {
		return "\n\tthe write: no change was committed through a handle of this recorder's cache"
	}
	var b strings.Builder
	for i := range s.invalidations {
		if i == maxTold {
			b.WriteString("\n\tand others")
			break
		}
		fmt.Fprintf(&b, "\n\tthe write: %s", describe(&s.invalidations[i].event))
	}
	return b.String()
}

// describe tells what a change was and what it dropped.
func describe(c *cacheops.InvalidateEvent) string {
	var parts []string
	for i := range c.Tables {
		t := &c.Tables[i]
		part := t.Table + ": everything dropped"
		if !t.Epoch {
			part = fmt.Sprintf("%s: %s, %s dropped", t.Table, plural(t.Rows, "row image"), plural(t.Keys, "condition"))
		}
		parts = append(parts, part)
	}
	if c.All {
		parts = []string{"everything dropped"}
	}
	slices.Sort(parts)
	return fmt.Sprintf("%s (%s)", statement(c.Query), strings.Join(parts, "; "))
}

// statement returns a statement on one line, cut where it is long.
func statement(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	switch {
	case text == "":
		return "a change without a statement"
	case len(text) > maxStatement:
		return strings.ToValidUTF8(text[:maxStatement], "") + " ..."
	}
	return text
}

// nth names one of the reads that an assertion was given.
func nth[E any](i int, of []E) string {
	if len(of) == 1 {
		return ""
	}
	return fmt.Sprintf("in function %d of %d, ", i+1, len(of))
}

func plural(n int, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return fmt.Sprintf("%d %ss", n, of)
}
