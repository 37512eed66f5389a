package postgres

import (
	"slices"

	"github.com/cacheops/cacheops/dialect"
)

// declared collects what is declared of the functions and operators that do not come
// with the database.
func (b *catalogBuilder) declared() {
	b.routines = make(map[string]dialect.Routine, len(b.rows.routines)+len(b.rows.operators))
	for _, r := range b.rows.routines {
		b.routines[r.Name] = routineClass(r.Class)
	}
	for _, o := range b.rows.operators {
		b.routines[dialect.OperatorPrefix+o.Name] = routineClass(o.Class)
	}
	b.calls = &routineCalls{routines: b.routines, views: make(map[string][]dialect.Name)}
}

// routineClass reads a class of catalogQuery.
func routineClass(n int64) dialect.Routine {
	switch n {
	case 0:
		return dialect.RoutinePure
	case 1:
		return dialect.RoutineReads
	}
	return dialect.RoutineWrites
}

// types works out what a cast to a type may do, for each type that does not come with
// the database. A row's type may have columns of any type, and a domain has the
// conditions of those that it is made of.
func (b *catalogBuilder) types() {
	byOID := make(map[int64]*catalogType, len(b.rows.types))
	for i := range b.rows.types {
		byOID[b.rows.types[i].OID] = &b.rows.types[i]
	}
	var class func(t *catalogType) dialect.Routine
	class = func(t *catalogType) dialect.Routine {
		r := routineClass(t.Class)
		switch t.Kind {
		case "c":
			r = dialect.RoutineReads
		case "d":
			r = max(r, b.domains[t.OID])
			if functionCatalogTypes[t.BaseName] {
				r = max(r, dialect.RoutineReads)
			}
		}
		for _, below := range []int64{t.Base, t.Element} {
			if own := byOID[below]; own != nil && own != t {
				r = max(r, class(own))
			}
		}
		return r
	}
	for i := range b.rows.types {
		t := &b.rows.types[i]
		name := dialect.TypePrefix + t.Name
		b.routines[name] = max(b.routines[name], class(t))
		if functionTypes[t.Name] { // it may be meant instead of PostgreSQL's own
			b.routines[name] = max(b.routines[name], dialect.RoutineReads)
		}
	}
	for _, t := range b.list {
		if !t.System {
			b.routines[dialect.TypePrefix+t.Name] = max(b.routines[dialect.TypePrefix+t.Name], dialect.RoutineReads)
		}
	}
}

// routineCalls finds the functions that a text calls, by its tokens.
type routineCalls struct {
	routines map[string]dialect.Routine
	// views are the names of the views by their names without a schema.
	views map[string][]dialect.Name
}

// routineWords are the words before a parenthesis that call no function, or one
// that nothing but its arguments counts for.
var routineWords = functionSet(`all and any array as asc assert between bit by case cast char character coalesce collate conflict
	constant continue cube cursor dec decimal default desc distinct do double elsif else end escape except exclude exists exit extract fetch filter float
	for foreach from full greatest group grouping groups having if ilike in inner insert intersect interval into is isnull join
	lateral least like limit loop materialized natural not notnull null nullif numeric of offset on only open operator or order over
	overlay partition perform position precision raise range recursive return returning rollup row rows select set sets similar
	slice some strict substring symmetric table then time timestamp treat trim union unique using values varchar varying
	variadic when where while window with within`)

// routineBehind are the operators that words stand for.
var routineBehind = map[string][]string{
	"like": {"~~", "!~~"}, "ilike": {"~~*", "!~~*"}, "similar": {"~", "!~"}, "between": {"<", ">", "<=", ">="},
	"in": {"=", "<>"}, "distinct": {"=", "<>"}, "nullif": {"="}, "case": {"="}, "using": {"="}, "natural": {"="},
	"!=": {"<>"},
}

// routineFound is what a text calls.
type routineFound struct {
	// writes are the functions and operators that may write any table, each once.
	writes []string
	// reads is true when one may read tables or settings.
	reads bool
	// views are those that it may read.
	views []dialect.Name
}

// class is the worst of what was found.
func (f *routineFound) class() dialect.Routine {
	switch {
	case len(f.writes) > 0:
		return dialect.RoutineWrites
	case f.reads:
		return dialect.RoutineReads
	}
	return dialect.RoutinePure
}

// find adds what tokens call. Skip are positions where a parenthesis behind a
// name begins no arguments.
func (c *routineCalls) find(toks []triggerToken, skip map[int]bool, f *routineFound) {
	routine := func(name string) (known bool) {
		r, known := c.routines[name]
		if known && r == dialect.RoutineWrites && !slices.Contains(f.writes, name) {
			f.writes = append(f.writes, name)
		}
		f.reads = f.reads || known && r != dialect.RoutinePure
		return known
	}
	for i, t := range toks {
		if t.kind == triggerSymbol || t.kind == triggerWord {
			if t.kind == triggerSymbol {
				routine(dialect.OperatorPrefix + t.text)
			}
			for _, o := range routineBehind[t.text] {
				routine(dialect.OperatorPrefix + o)
			}
		}
		if !t.name() {
			continue
		}
		for _, v := range c.views[t.text] {
			if !slices.Contains(f.views, v) {
				f.views = append(f.views, v)
			}
		}
		call := i+1 < len(toks) && toks[i+1].is("(") && !skip[i]
		part := i > 0 && toks[i-1].is(".") // x.f may be f(x)
		if !call && !part || routine(t.text) || !call {
			continue
		}
		// Behind AS and :: stands the name of columns or of a type.
		if !part && (t.kind == triggerWord && routineWords[t.text] || i > 0 && (toks[i-1].is("as") || toks[i-1].is("::"))) || routineHarmless(t.text) {
			continue
		}
		if !slices.Contains(f.writes, t.text) {
			f.writes = append(f.writes, t.text)
		}
	}
}

// routineHarmless tells whether a function of the database's own writes no table
// and changes no state on which a statement depends.
func routineHarmless(name string) bool {
	return name != "set_config" && functionLookup(name) != functionForeign
}

// text finds what the text of an expression calls. It reports false for a text
// that cannot be read.
func (c *routineCalls) text(text string) (f routineFound, ok bool) {
	toks, ok := triggerTokens(text)
	if ok {
		c.find(toks, nil, &f)
		f.views = nil // it holds no query
	}
	return f, ok
}

// statement returns a statement that calls what was found, or nil where that
// writes nothing.
func (f *routineFound) statement() *dialect.Statement {
	if len(f.writes) == 0 && len(f.views) == 0 {
		return nil
	}
	st := &dialect.Statement{Kind: dialect.KindSelect, Incomplete: "read by its tokens", Reads: f.views, Foreigns: f.writes}
	if len(f.writes) > 0 {
		st.Foreign = f.writes[0]
	}
	return st
}
