//go:build unix

package crash

import (
	"fmt"
	"strconv"
	"strings"
)

// How many rows there are of each table. Every item is of one group.
const (
	items    = 64
	groups   = 16
	counters = 8
)

// maxImages is the cache's Config.MaxImages: more items than that in one change
// take the epoch of their table.
const maxImages = 8

// schema makes the tables. The journal is not tracked by the cache: it holds what
// each transaction did to the others. Its number is the version of all rows, and the
// order of the commits: a transaction takes it last, from a row that is locked until
// the transaction is over. The rows get the number of the order that wrote them, of
// which no two are alike. Before it writes, a transaction locks what it will write
// where the database has no lock for that, also for rows that are not there. A
// counter is written without a transaction of the program's and without the journal:
// each write adds one to it.
var schema = []string{
	"CREATE TABLE items (id INTEGER PRIMARY KEY, grp INTEGER NOT NULL, v INTEGER NOT NULL)",
	"CREATE TABLE groups (id INTEGER PRIMARY KEY, v INTEGER NOT NULL)",
	"CREATE TABLE counters (id INTEGER PRIMARY KEY, v INTEGER NOT NULL)",
	"CREATE TABLE journal (n INTEGER PRIMARY KEY, op INTEGER NOT NULL)",
	"CREATE TABLE head (v INTEGER NOT NULL)",
	"CREATE TABLE locks (id INTEGER PRIMARY KEY)",
	"INSERT INTO journal VALUES (1, 0)",
	"INSERT INTO head VALUES (1)",
}

// locks are the rows of that table that stand for what changes write: the items, and
// behind them the groups.
func locks(changes []change) (ids []int64) {
	for _, c := range changes {
		switch c.Verb {
		case lift:
			for id := 1; id <= c.ID; id++ {
				ids = append(ids, int64(id))
			}
		case mark:
			ids = append(ids, int64(items+c.ID))
		case set, move, toggle, add:
			ids = append(ids, int64(c.ID))
		}
	}
	return ids
}

// item is a row of items; one without a version is not there.
type item struct{ group, version int64 }

// state is the rows of the tables but for the counters. Places count from 1.
type state struct {
	items  [items + 1]item
	groups [groups + 1]int64
}

// first is the state that the schema's rows make.
func first() (s state, statements []string) {
	for id := 1; id <= items; id++ {
		s.items[id] = item{group: int64(1 + id%groups), version: 1}
		statements = append(statements, fmt.Sprintf("INSERT INTO items VALUES (%d, %d, 1)", id, s.items[id].group))
	}
	for id := 1; id <= groups; id++ {
		s.groups[id] = 1
		statements = append(statements, fmt.Sprintf("INSERT INTO groups VALUES (%d, 1)", id))
	}
	for id := 1; id <= counters; id++ {
		statements = append(statements, fmt.Sprintf("INSERT INTO counters VALUES (%d, 1)", id))
	}
	for id := 1; id <= items+groups; id++ {
		statements = append(statements, fmt.Sprintf("INSERT INTO locks VALUES (%d)", id))
	}
	return s, statements
}

// verb is a kind of change.
type verb string

const (
	set    verb = "set"    // gives an item a version
	move   verb = "move"   // and another group
	toggle verb = "toggle" // deletes an item, or inserts it where it is not there
	lift   verb = "lift"   // gives all items up to one a version: an epoch, where they are many
	mark   verb = "mark"   // gives a group a version
	add    verb = "add"    // adds one to a counter
)

// change is one change of a transaction.
type change struct {
	Verb  verb
	ID    int
	Group int64 // of move and toggle
}

// apply makes a change with the number of its order, and calls wrote with each item
// written.
func (s *state) apply(c change, version int64, wrote func(id int)) {
	switch c.Verb {
	case set:
		if s.items[c.ID].version != 0 {
			s.items[c.ID].version = version
		}
	case move:
		if s.items[c.ID].version != 0 {
			s.items[c.ID] = item{c.Group, version}
		}
	case toggle:
		if s.items[c.ID].version != 0 {
			s.items[c.ID] = item{}
		} else {
			s.items[c.ID] = item{c.Group, version}
		}
	case lift:
		for id := 1; id <= c.ID; id++ {
			if s.items[id].version != 0 {
				s.items[id].version = version
			}
			wrote(id)
		}
		return
	case mark:
		s.groups[c.ID] = version
		return
	case add:
		return
	}
	wrote(c.ID)
}

// query is one cached query with its argument.
type query struct {
	kind int
	arg  int
}

// kind is a text of a query, and how to work its result out from the rows. A
// result is one text: columns parted by commas, rows by semicolons.
type kind struct {
	name string
	text string
	args int // it is asked with 1 to args; 0 for one without an argument
	eval func(s *state, arg int, add func(columns ...int64))
}

// The places of the kinds that are looked at by themselves.
const (
	byKey     = 0
	byCounter = 1
)

var kinds = []kind{
	byKey: {"by key", "SELECT id, grp, v FROM items WHERE id = ?", items, func(s *state, arg int, add func(...int64)) {
		if i := s.items[arg]; i.version != 0 {
			add(int64(arg), i.group, i.version)
		}
	}},
	byCounter: {"counter", "SELECT v FROM counters WHERE id = ?", counters, nil},
	{"by condition", "SELECT id, v FROM items WHERE grp = ? ORDER BY id", groups, func(s *state, arg int, add func(...int64)) {
		for id, i := range s.items {
			if i.version != 0 && i.group == int64(arg) {
				add(int64(id), i.version)
			}
		}
	}},
	{"count", "SELECT count(*) FROM items WHERE grp = ?", groups, func(s *state, arg int, add func(...int64)) {
		n := int64(0)
		for _, i := range s.items {
			if i.version != 0 && i.group == int64(arg) {
				n++
			}
		}
		add(n)
	}},
	{"whole table", "SELECT id, grp, v FROM items ORDER BY id", 0, func(s *state, _ int, add func(...int64)) {
		for id, i := range s.items {
			if i.version != 0 {
				add(int64(id), i.group, i.version)
			}
		}
	}},
	{"join", "SELECT i.id, i.v, g.v FROM items i JOIN groups g ON g.id = i.grp WHERE g.id = ? ORDER BY i.id", groups, func(s *state, arg int, add func(...int64)) {
		for id, i := range s.items {
			if i.version != 0 && i.group == int64(arg) {
				add(int64(id), i.version, s.groups[arg])
			}
		}
	}},
}

// queries is all of them.
var queries = func() (all []query) {
	for k := range kinds {
		for arg := min(1, kinds[k].args); arg <= kinds[k].args; arg++ {
			all = append(all, query{k, arg})
		}
	}
	return all
}()

func (q query) String() string {
	if kinds[q.kind].args == 0 {
		return kinds[q.kind].text
	}
	return fmt.Sprintf("%s [%d]", kinds[q.kind].text, q.arg)
}

// args are the arguments as database/sql takes them.
func (q query) args() []any {
	if kinds[q.kind].args == 0 {
		return nil
	}
	return []any{q.arg}
}

// eval returns what the query returns in a state.
func (q query) eval(s *state) string {
	var b strings.Builder
	kinds[q.kind].eval(s, q.arg, func(columns ...int64) { appendRow(&b, columns) })
	return b.String()
}

// appendRow adds a row to a result.
func appendRow(b *strings.Builder, columns []int64) {
	if b.Len() > 0 {
		b.WriteByte(';')
	}
	for i, c := range columns {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatInt(c, 10))
	}
}

// touched are queries that a change may alter, to be read while it is under way.
func touched(changes []change) (list []query) {
	for _, c := range changes {
		switch c.Verb {
		case add:
			list = append(list, query{byCounter, c.ID})
		case mark:
			list = append(list, query{len(kinds) - 1, c.ID})
		case set, move, toggle, lift:
			list = append(list, query{byKey, c.ID}, query{len(kinds) - 2, 0})
		}
	}
	return list
}
