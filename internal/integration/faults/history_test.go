package faults

import (
	"fmt"
	"sync/atomic"
)

// history is what is known of each row: how many writes were begun and how many
// have ended, and the version of the last that was acknowledged. Versions rise by
// one with every write.
type history [rowCount]struct{ begun, ended, acknowledged atomic.Int64 }

func (h *history) begin(rows []int) {
	for _, row := range rows {
		h[row].begun.Add(1)
	}
}

// end ends a write. Versions are those that were acknowledged; nil for one that
// failed, which has changed nothing.
func (h *history) end(rows []int, versions []int64) {
	for i, row := range rows {
		if versions != nil {
			raise(&h[row].acknowledged, versions[i])
		}
		h[row].ended.Add(1)
	}
}

// raise sets a number that does not fall.
func raise(n *atomic.Int64, to int64) {
	for {
		old := n.Load()
		if old >= to || n.CompareAndSwap(old, to) {
			return
		}
	}
}

// moment is the history when a read began.
type moment struct{ ended, floor [rowCount]int64 }

func (h *history) now() *moment {
	m := new(moment)
	for row := range h {
		// In this order: what is acknowledged in between only raises the floor.
		m.ended[row] = h[row].ended.Load()
		m.floor[row] = h[row].acknowledged.Load()
	}
	return m
}

// quiet reports whether no write of a row has run since a moment. Then the row is
// what it was.
func (h *history) quiet(m *moment, row int) bool { return h[row].begun.Load() == m.ended[row] }

// check is called after a read that began at a moment. It returns what the answer
// has that is older than what was acknowledged by then, or "".
func (h *history) check(m *moment, q query, a answer) string {
	switch q.form {
	case byKey:
		if len(a) != 1 {
			return fmt.Sprintf("%d rows instead of one", len(a))
		}
		return h.checkVersion(m, q.table*rowsPerTable+q.arg, a[0][1])
	case joined:
		if len(a) != 1 {
			return fmt.Sprintf("%d rows instead of one", len(a))
		}
		if found := h.checkVersion(m, q.table*rowsPerTable+q.arg, a[0][0]); found != "" {
			return found
		}
		return h.checkVersion(m, q.other()*rowsPerTable+q.arg, a[0][1])
	case byKind:
		return h.checkKind(m, q, a)
	case count:
		return h.checkCount(m, q, a)
	default:
		return h.checkTotal(m, q, a)
	}
}

// checkVersion looks at the version of a row.
func (h *history) checkVersion(m *moment, row int, version int64) string {
	switch {
	case version < m.floor[row]:
		return fmt.Sprintf("row %d has version %d, after %d was acknowledged", row, version, m.floor[row])
	case version != m.floor[row] && h.quiet(m, row):
		return fmt.Sprintf("row %d has version %d, of a write that failed: the last one acknowledged is %d", row, version, m.floor[row])
	}
	return ""
}

// checkKind looks at the rows of a kind: those that are there, and those that had
// to be.
func (h *history) checkKind(m *moment, q query, a answer) string {
	var there [rowsPerTable]bool
	for _, v := range a {
		row := q.table*rowsPerTable + int(v[0])
		there[v[0]] = true
		if found := h.checkVersion(m, row, v[1]); found != "" {
			return found
		}
		if kindOf(row, v[1]) != int64(q.arg) {
			return fmt.Sprintf("row %d of version %d is not of the kind %d", row, v[1], q.arg)
		}
	}
	for id, is := range there {
		row := q.table*rowsPerTable + id
		if !is && kindOf(row, m.floor[row]) == int64(q.arg) && h.quiet(m, row) {
			return fmt.Sprintf("row %d is missing, after version %d was acknowledged", row, m.floor[row])
		}
	}
	return ""
}

// checkCount looks at the number of rows of a kind. Those that are being written
// may count or not.
func (h *history) checkCount(m *moment, q query, a answer) string {
	var least, most int64
	for id := range rowsPerTable {
		row := q.table*rowsPerTable + id
		switch {
		case !h.quiet(m, row):
			most++
		case kindOf(row, m.floor[row]) == int64(q.arg):
			least, most = least+1, most+1
		}
	}
	if len(a) != 1 || a[0][0] < least || a[0][0] > most {
		return fmt.Sprintf("counted %v, where it must be %d to %d", a, least, most)
	}
	return ""
}

// checkTotal looks at the sum of the versions.
func (h *history) checkTotal(m *moment, q query, a answer) string {
	var least int64
	quiet := true
	for id := range rowsPerTable {
		row := q.table*rowsPerTable + id
		least += m.floor[row]
		quiet = quiet && h.quiet(m, row)
	}
	if len(a) != 1 || a[0][0] < least || quiet && a[0][0] != least {
		return fmt.Sprintf("the sum is %v, where at least %d was acknowledged", a, least)
	}
	return ""
}
