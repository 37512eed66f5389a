//go:build unix

package crash

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

// porcupineLimit bounds the search for an order of one batch. It takes a fraction
// of that.
const porcupineLimit = 30 * time.Second

// bound is a number that holds from a time on.
type bound struct {
	at, n int64
}

// reached turns numbers by their times into the highest so far.
func reached(list []bound) []bound {
	slices.SortFunc(list, func(a, b bound) int { return cmp.Compare(a.at, b.at) })
	for i := 1; i < len(list); i++ {
		list[i].n = max(list[i].n, list[i-1].n)
	}
	return list
}

// before is the highest number of the times before one; least where there is none.
func before(list []bound, at, least int64) int64 {
	i := sort.Search(len(list), func(i int) bool { return list[i].at >= at })
	if i == 0 {
		return least
	}
	return max(least, list[i-1].n)
}

// spell is a result and the version from which on it is right.
type spell struct {
	from   int64
	result string
}

// judge looks at a batch: it replays the journal, compares every read with the
// results that were right between its start and its end, and gives the reads and
// writes of each row to porcupine. It returns what is wrong.
func (r *run) judge(ctx context.Context) (wrong []string, err error) {
	byID := make(map[int64]*write)
	for _, w := range r.history.writes {
		byID[w.ID] = w
	}
	var done, begun []bound // of versions
	spells := make(map[query][]spell)
	note := func(version int64) {
		for _, q := range queries {
			if q.kind == byCounter {
				continue
			}
			result := q.eval(&r.state)
			if list := spells[q]; len(list) == 0 || list[len(list)-1].result != result {
				spells[q] = append(list, spell{version, result})
			}
		}
	}
	first := r.last
	note(first)
	ops := r.rowsBefore()
	rows, err := r.bare.QueryContext(ctx, r.place.database().text("SELECT n, op FROM journal WHERE n > ? ORDER BY n"), r.last)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	committed := make(map[int64]bool)
	for rows.Next() {
		var n, id int64
		if err := rows.Scan(&n, &id); err != nil {
			return nil, err
		}
		w := byID[id]
		if w == nil || w.begin == 0 {
			return nil, fmt.Errorf("version %d is of order %d, which was not given in this batch", n, id)
		}
		if w.acked && w.version != n {
			return nil, fmt.Errorf("order %d said that it wrote version %d, and it is %d", id, w.version, n)
		}
		w.version, r.last, committed[id] = n, n, true
		done = append(done, bound{w.end, n})
		begun = append(begun, bound{w.begin, n})
		for _, c := range w.Changes {
			r.state.apply(c, id, func(item int) {
				value := r.state.items[item].version
				ops = append(ops, operation(input{row{byKey, item}, wrote, value}, 0, w.begin, w.end))
			})
		}
		note(n)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for _, w := range r.history.writes {
		if w.begin == 0 {
			continue
		}
		r.tally.writes++
		counter := w.Changes[0].Verb == add
		switch {
		case counter && w.acked:
			ops = append(ops, operation(input{row{byCounter, w.Changes[0].ID}, added, 0}, w.version, w.begin, w.end))
		case counter: // it may have happened, or not
			ops = append(ops, operation(input{row{byCounter, w.Changes[0].ID}, maybeAdded, 0}, 0, w.begin, w.end))
		case w.acked && !committed[w.ID]:
			return nil, fmt.Errorf("order %d was acknowledged as version %d, and the database does not have it", w.ID, w.version)
		case !w.acked && w.refused == "" && committed[w.ID]:
			r.tally.happened++
		case !w.acked && w.refused == "":
			r.tally.never++
		case !w.acked && w.struck && committed[w.ID]:
			r.tally.struckHappened++
		}
	}
	done, begun = reached(done), reached(begun)
	added := r.added()
	for i := range r.history.reads {
		rd := &r.history.reads[i]
		if rd.kind == byCounter {
			wrong = append(wrong, added.check(rd, r.counters[rd.arg])...)
		} else {
			wrong = append(wrong, check(rd, spells[rd.query], before(done, rd.start, first), before(begun, rd.end, first))...)
		}
		if rd.kind == byKey || rd.kind == byCounter {
			value, err := rd.value()
			if err != nil {
				return nil, err
			}
			ops = append(ops, operation(input{row{rd.kind, rd.arg}, looked, 0}, value, rd.start, rd.end))
		}
	}
	r.tally.stale += len(wrong)
	r.tally.porcupined += len(ops)
	switch porcupine.CheckOperationsTimeout(register.ToModel(), ops, porcupineLimit) {
	case porcupine.Ok:
	case porcupine.Illegal:
		wrong = append(wrong, "porcupine: the reads and writes of a row have no order that explains them")
	case porcupine.Unknown:
		wrong = append(wrong, fmt.Sprintf("porcupine: no order was found in %v", porcupineLimit))
	}
	return wrong, nil
}

// check compares a read with the results that were right from version lo to hi.
func check(rd *read, spells []spell, lo, hi int64) []string {
	i := sort.Search(len(spells), func(i int) bool { return spells[i].from > lo }) - 1
	for j := i; j < len(spells) && spells[j].from <= hi; j++ {
		if spells[j].result == rd.result {
			return nil
		}
	}
	older := "it was never right"
	for j := range i {
		if spells[j].result == rd.result {
			older = fmt.Sprintf("it was right from version %d on, until %d came", spells[j].from, spells[j+1].from)
		}
	}
	return []string{fmt.Sprintf("%s (hit: %v) read %q, where versions %d to %d may be seen and %q is right: %s",
		rd.query, rd.hit, rd.result, lo, hi, spells[i].result, older)}
}

// sums is the writes of each counter.
type sums struct {
	done   [counters + 1][]bound // the values that were acknowledged
	begins [counters + 1][]int64
}

func (r *run) added() *sums {
	s := new(sums)
	for _, w := range r.history.writes {
		if w.Changes[0].Verb != add || w.begin == 0 {
			continue
		}
		id := w.Changes[0].ID
		if w.acked {
			s.done[id] = append(s.done[id], bound{w.end, w.version})
		}
		s.begins[id] = append(s.begins[id], w.begin)
	}
	for id := range s.done {
		s.done[id] = reached(s.done[id])
		slices.Sort(s.begins[id])
	}
	return s
}

// check compares a read of a counter with what was acknowledged before it, and with
// what was begun before its end.
func (s *sums) check(rd *read, base int64) []string {
	value, err := rd.value()
	least := before(s.done[rd.arg], rd.start, base)
	begun, _ := slices.BinarySearch(s.begins[rd.arg], rd.end)
	if most := base + int64(begun); err != nil || value < least || value > most {
		return []string{fmt.Sprintf("%s (hit: %v) read %q, where %d to %d is right", rd.query, rd.hit, rd.result, least, most)}
	}
	return nil
}

// value is the version that a read of one row returned, 0 for none.
func (rd *read) value() (int64, error) {
	if rd.result == "" {
		return 0, nil
	}
	return strconv.ParseInt(rd.result[strings.LastIndexByte(rd.result, ',')+1:], 10, 64)
}

// row is what porcupine looks at by itself: an item by its key, or a counter.
type row struct{ kind, id int }

// action is what an operation does with a row.
type action int

const (
	looked     action = iota
	wrote             // a version that is known
	added             // one more, which is known too
	maybeAdded        // its writer died
)

type input struct {
	row
	action
	value int64
}

func operation(in input, out, begin, end int64) porcupine.Operation {
	return porcupine.Operation{Input: in, Output: out, Call: begin, Return: end}
}

// rowsBefore sets each row to what it was when the batch began.
func (r *run) rowsBefore() (ops []porcupine.Operation) {
	for id := 1; id <= items; id++ {
		ops = append(ops, operation(input{row{byKey, id}, wrote, r.state.items[id].version}, 0, math.MinInt64, math.MinInt64))
	}
	for id := 1; id <= counters; id++ {
		ops = append(ops, operation(input{row{byCounter, id}, wrote, r.counters[id]}, 0, math.MinInt64, math.MinInt64))
	}
	return ops
}

// register is a row with one version.
var register = porcupine.NondeterministicModel{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		parts := make(map[row][]porcupine.Operation)
		for _, op := range history {
			of := op.Input.(input).row
			parts[of] = append(parts[of], op)
		}
		var all [][]porcupine.Operation
		for _, part := range parts {
			all = append(all, part)
		}
		return all
	},
	Init: func() []any { return []any{int64(0)} },
	Step: func(state, in, out any) []any {
		value, did := state.(int64), in.(input)
		switch did.action {
		case looked:
			if value != out.(int64) {
				return nil
			}
		case wrote:
			return []any{did.value}
		case added:
			if value+1 != out.(int64) {
				return nil
			}
			return []any{value + 1}
		case maybeAdded:
			return []any{value, value + 1}
		}
		return []any{value}
	},
}
