package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/cacheops/cacheops/dialect"
)

// catalogRows are the rows of the sections of catalogQuery. A number is an oid
// where it is not said otherwise.
type catalogRows struct {
	settings, server string

	search []struct{ Name string }
	// database is one row.
	database    []struct{ CType string }
	relations   []catalogRelation
	columns     []catalogColumn
	unique      []catalogUnique
	keys        []catalogForeignKey
	triggers    []catalogTrigger
	functions   []catalogFunction
	events      []catalogEvent
	rules       []catalogRule
	inherits    []catalogInherits
	partitions  []catalogPartitionKey
	expressions []catalogExpression
	routines    []catalogRoutine
	operators   []catalogRoutine
	types       []catalogType
	casts       []catalogCast
}

// catalogRelation is a table, a view, or something like one.
type catalogRelation struct {
	OID             int64
	Schema, Name    string
	Kind            string // relkind
	Persistence     string // relpersistence
	Partition       bool
	System          bool
	Secured, Active bool // row level security: there is one, it counts for the role
	// What the role may do: read all columns or some, change some, delete, insert.
	Selects, SelectsSome, Updates, Deletes, Inserts bool
	View                                            string
	Updatable                                       int64 // as pg_relation_is_updatable has it
}

// catalogColumn is a column. Base is its type, or the one at the bottom of its
// domain.
type catalogColumn struct {
	Rel                 int64
	Name, Type          string
	NotNull, HasDefault bool
	Identity, Generated string
	Base, BaseKind      string
	BaseSchema          string
	Extension           string
	Collation           string
	CollationSchema     string
	Deterministic       bool
}

// catalogUnique is a column of a unique index; without a name where it is an
// expression.
type catalogUnique struct {
	Rel, OID           int64
	Primary, Immediate bool
	Partial            bool
	Column             string
	Same               bool // it compares as the column does
}

// catalogForeignKey is one pair of columns of a foreign key.
type catalogForeignKey struct {
	OID, Rel, Parent     int64
	OnDelete, OnUpdate   string
	Column, ParentColumn string
	Sets                 bool // ON DELETE SET NULL or SET DEFAULT sets it
}

// catalogTrigger is a trigger. Definition is its text where it has a condition.
type catalogTrigger struct {
	Rel        int64
	Name       string
	Type       int64 // tgtype
	Function   int64
	Definition string
}

// catalogFunction is the function of a trigger or of an event trigger, or a
// procedure.
type catalogFunction struct {
	OID                    int64
	Schema, Name, Language string
	Source, Settings       string
	Procedure              bool
}

// catalogEvent is an event trigger.
type catalogEvent struct {
	Name, Event string
	Function    int64
}

// catalogRule is a rule of a table or view, other than the one that makes a view. Event
// is ev_type.
type catalogRule struct {
	Rel         int64
	Name, Event string
}

// catalogInherits is a table that inherits from another one, or is a partition of it.
type catalogInherits struct{ Child, Parent int64 }

// catalogPartitionKey is a column by which a table is partitioned; without a name
// where it is an expression.
type catalogPartitionKey struct {
	Rel    int64
	Column string
}

// catalogExpression is one that PostgreSQL works out when a row is written. Of a
// domain's condition Rel is the domain.
type catalogExpression struct {
	Rel        int64
	What, Text string
}

// catalogRoutine is a function or an operator. Class is 0 for a pure one, 1 for
// one that reads, 2 for one that writes.
type catalogRoutine struct {
	Name  string
	Class int64
}

// catalogType is a type that does not come with the database. Class is that of
// the functions that read and write its values as texts.
type catalogType struct {
	OID, Base, Element   int64
	Name, Kind, BaseName string
	Class                int64
}

// catalogCast is a cast by a function that is not pure. Context is i where
// PostgreSQL casts without being asked to, a where it does so to store a value.
type catalogCast struct {
	Name, Function string
	Class          int64
	Context        string
	Source, Target string
}

// catalogRead asks for the schema.
func catalogRead(ctx context.Context, db dialect.Queryer) (*catalogRows, error) {
	r := new(catalogRows)
	into := []any{
		&r.search, &r.database, &r.relations, &r.columns, &r.unique, &r.keys, &r.triggers, &r.functions, &r.events, &r.rules,
		&r.inherits, &r.partitions, &r.expressions, &r.routines, &r.operators, &r.types, &r.casts,
	}
	row, err := rowTexts(ctx, db, catalogQuery, 2+len(into))
	if err != nil {
		return nil, err
	}
	r.settings, r.server = row[0], row[1]
	for i, text := range row[2:] {
		if text == "" {
			continue // no rows
		}
		// Else two names could become one.
		if !utf8.ValidString(text) {
			return nil, fmt.Errorf("the names in its %s are not in UTF-8", catalogSections[i].name)
		}
		if err := json.Unmarshal([]byte(text), into[i]); err != nil {
			return nil, fmt.Errorf("its %s: %w", catalogSections[i].name, err)
		}
	}
	return r, nil
}
