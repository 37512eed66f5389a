package drivertest

import (
	"fmt"
	"math/bits"
	"strings"
)

// Capability is a set of the optional interfaces of database/sql/driver.
type Capability uint32

// The optional interfaces. Those of a statement and of rows are told apart from
// those of a connection by their names.
const (
	// DriverContext is driver.DriverContext, on the driver.
	DriverContext Capability = 1 << iota
	// ConnectorCloser is io.Closer, on the connector.
	ConnectorCloser

	// Pinger is driver.Pinger, on the connection like all until CheckerConn.
	Pinger
	// ExecerContext is driver.ExecerContext.
	ExecerContext
	// Execer is driver.Execer, the form without a context.
	Execer
	// QueryerContext is driver.QueryerContext.
	QueryerContext
	// Queryer is driver.Queryer, the form without a context.
	Queryer
	// PrepareContext is driver.ConnPrepareContext.
	PrepareContext
	// BeginTx is driver.ConnBeginTx.
	BeginTx
	// SessionResetter is driver.SessionResetter.
	SessionResetter
	// Validator is driver.Validator.
	Validator
	// CheckerConn is driver.NamedValueChecker.
	CheckerConn

	// StmtExecContext is driver.StmtExecContext, on the statement like all
	// until ColumnConverter.
	StmtExecContext
	// StmtQueryContext is driver.StmtQueryContext.
	StmtQueryContext
	// CheckerStmt is driver.NamedValueChecker.
	CheckerStmt
	// ColumnConverter is driver.ColumnConverter.
	ColumnConverter

	// NextResultSet is driver.RowsNextResultSet, on the rows like all that
	// follow.
	NextResultSet
	// ScanType is driver.RowsColumnTypeScanType.
	ScanType
	// DatabaseTypeName is driver.RowsColumnTypeDatabaseTypeName.
	DatabaseTypeName
	// Length is driver.RowsColumnTypeLength.
	Length
	// Nullable is driver.RowsColumnTypeNullable.
	Nullable
	// PrecisionScale is driver.RowsColumnTypePrecisionScale.
	PrecisionScale

	end
)

// Sets of capabilities.
const (
	// None is a driver with the required methods only.
	None Capability = 0
	// All is every optional interface.
	All = end - 1
	// OnDriver is what the driver and its connector may have.
	OnDriver = Pinger - 1
	// OnConn is what a connection may have.
	OnConn = StmtExecContext - 1 - OnDriver
	// OnStmt is what a statement may have.
	OnStmt = NextResultSet - 1 - OnConn - OnDriver
	// OnRows is what rows may have.
	OnRows = All - OnStmt - OnConn - OnDriver
	// Legacy is what drivers had before there were contexts.
	Legacy = Execer | Queryer | ColumnConverter
	// Modern is everything but Legacy.
	Modern = All &^ Legacy
)

// names is in the order of the constants.
var names = [...]string{
	"DriverContext", "ConnectorCloser",
	"Pinger", "ExecerContext", "Execer", "QueryerContext", "Queryer", "PrepareContext", "BeginTx",
	"SessionResetter", "Validator", "CheckerConn",
	"StmtExecContext", "StmtQueryContext", "CheckerStmt", "ColumnConverter",
	"NextResultSet", "ScanType", "DatabaseTypeName", "Length", "Nullable", "PrecisionScale",
}

// Has reports whether all of d are in c.
func (c Capability) Has(d Capability) bool { return c&d == d }

// Each returns the single capabilities in c, in the order of the constants.
func (c Capability) Each() []Capability {
	list := make([]Capability, 0, bits.OnesCount32(uint32(c)))
	for i := range names {
		if one := Capability(1) << i; c.Has(one) {
			list = append(list, one)
		}
	}
	return list
}

// String lists the names, joined by "|"; "None" for the empty set.
func (c Capability) String() string {
	if c == None {
		return "None"
	}
	var list []string
	for i, name := range names {
		if c.Has(1 << i) {
			list = append(list, name)
			c &^= 1 << i
		}
	}
	if c != 0 {
		list = append(list, fmt.Sprintf("%#x", uint32(c)))
	}
	return strings.Join(list, "|")
}

// Capabilities is a set with a name that is fit for a subtest.
type Capabilities struct {
	Name string
	Set  Capability
}

// Matrix returns the sets that isolate each interface: none, all, modern and
// legacy, then for each interface that one alone, all but that one, and modern
// but that one. No set comes twice.
func Matrix() []Capabilities {
	list := []Capabilities{{"none", None}, {"all", All}, {"modern", Modern}, {"legacy", Legacy}}
	for _, one := range All.Each() {
		list = append(list,
			Capabilities{"only " + one.String(), one},
			Capabilities{"all but " + one.String(), All &^ one},
			Capabilities{"modern but " + one.String(), Modern &^ one})
	}
	return withoutRepeats(list)
}

// withoutRepeats drops sets that came before under another name.
func withoutRepeats(list []Capabilities) []Capabilities {
	seen := map[Capability]bool{}
	kept := list[:0]
	for _, c := range list {
		if !seen[c.Set] {
			seen[c.Set] = true
			kept = append(kept, c)
		}
	}
	return kept
}
