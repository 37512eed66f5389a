package postgres

// valueType is what the comparison of a column's values depends on.
type valueType struct {
	Name          string // pg_type.typname of the base type
	Kind          byte   // typtype
	Schema        string // of the base type
	Deterministic bool   // the collation
	Collation     string // qualified, empty where the type has none
	Extension     string // that owns the type, e.g. citext
	Modifier      int32
	CType         string // the database's LC_CTYPE or ICU locale
}
