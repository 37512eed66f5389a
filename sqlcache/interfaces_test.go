package sqlcache_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/internal/drivertest"
)

// class says how the matrix treats an interface of database/sql/driver.
type class struct {
	// covered are the capabilities that stand for it: the matrix has it present
	// and absent.
	covered drivertest.Capability
	// required is true for one that every driver has.
	required bool
	// reason says why an interface is neither.
	reason string
}

// classes names every interface type of database/sql/driver. A release of Go
// with a new one fails TestEveryDriverInterfaceIsClassified: the wrapper has to
// pass it through, drivertest needs a capability for it, and the programs of
// the matrix something that shows it.
var classes = map[string]class{
	"Conn":      {required: true},
	"Connector": {required: true}, // sql.Open makes one where the driver does not
	"Driver":    {required: true},
	"Result":    {required: true},
	"Rows":      {required: true},
	"Stmt":      {required: true},
	"Tx":        {required: true},

	"DriverContext":                  {covered: drivertest.DriverContext},
	"Pinger":                         {covered: drivertest.Pinger},
	"ExecerContext":                  {covered: drivertest.ExecerContext},
	"Execer":                         {covered: drivertest.Execer},
	"QueryerContext":                 {covered: drivertest.QueryerContext},
	"Queryer":                        {covered: drivertest.Queryer},
	"ConnPrepareContext":             {covered: drivertest.PrepareContext},
	"ConnBeginTx":                    {covered: drivertest.BeginTx},
	"SessionResetter":                {covered: drivertest.SessionResetter},
	"Validator":                      {covered: drivertest.Validator},
	"NamedValueChecker":              {covered: drivertest.CheckerConn | drivertest.CheckerStmt},
	"StmtExecContext":                {covered: drivertest.StmtExecContext},
	"StmtQueryContext":               {covered: drivertest.StmtQueryContext},
	"ColumnConverter":                {covered: drivertest.ColumnConverter},
	"RowsNextResultSet":              {covered: drivertest.NextResultSet},
	"RowsColumnTypeScanType":         {covered: drivertest.ScanType},
	"RowsColumnTypeDatabaseTypeName": {covered: drivertest.DatabaseTypeName},
	"RowsColumnTypeLength":           {covered: drivertest.Length},
	"RowsColumnTypeNullable":         {covered: drivertest.Nullable},
	"RowsColumnTypePrecisionScale":   {covered: drivertest.PrecisionScale},

	"Valuer":         {reason: "arguments of the program have it, and database/sql resolves it before the driver is asked"},
	"ValueConverter": {reason: "it is what a ColumnConverter returns, and is not asked for by a type assertion on the driver's types"},
}

// fromElsewhere are the capabilities for interfaces that are not declared in
// database/sql/driver, although its documentation asks for them: a Connector
// may be an io.Closer.
const fromElsewhere = drivertest.ConnectorCloser

// TestEveryDriverInterfaceIsClassified reads the source of database/sql/driver
// of the Go at hand.
func TestEveryDriverInterfaceIsClassified(t *testing.T) {
	t.Parallel()
	found := driverInterfaces(t)
	if len(found) < 25 {
		t.Fatalf("found only %d interfaces in database/sql/driver: %v", len(found), found)
	}
	for _, name := range found {
		if _, ok := classes[name]; !ok {
			t.Errorf("driver.%s is not in the table: wrap it in package sqlcache, give drivertest a capability for it, and add it", name)
		}
	}
	for name := range classes {
		if !slices.Contains(found, name) {
			t.Errorf("driver.%s is in the table, but not in database/sql/driver", name)
		}
	}
}

// TestEveryCapabilityIsInTheMatrix requires that the matrix has each capability
// of the table both present and absent, among all others and alone, and that
// the table names each capability.
func TestEveryCapabilityIsInTheMatrix(t *testing.T) {
	t.Parallel()
	named := fromElsewhere
	for name, c := range classes {
		ways := 0
		for _, is := range []bool{c.covered != 0, c.required, c.reason != ""} {
			if is {
				ways++
			}
		}
		if ways != 1 {
			t.Errorf("driver.%s must be exactly one of covered, required and not applicable with a reason", name)
		}
		named |= c.covered
	}
	if named != drivertest.All {
		t.Errorf("no interface stands for %v", drivertest.All&^named)
	}
	for _, one := range drivertest.All.Each() {
		alone, without := false, false
		for _, c := range drivertest.Matrix() {
			alone = alone || c.Set == one
			without = without || c.Set == drivertest.All&^one
		}
		if !alone || !without {
			t.Errorf("%v: in the matrix alone: %v, all but it: %v", one, alone, without)
		}
	}
}

// driverInterfaces returns the names of the exported interface types of package
// database/sql/driver, sorted.
func driverInterfaces(t *testing.T) []string {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatalf("go env GOROOT: %v", err)
	}
	dir := filepath.Join(strings.TrimSpace(string(root)), "src", "database", "sql", "driver")
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, f := range files {
		if filepath.Ext(f.Name()) != ".go" || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, f.Name()), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range tree.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, s := range g.Specs {
				ts, ok := s.(*ast.TypeSpec)
				if !ok || !ts.Name.IsExported() {
					continue
				}
				if _, ok := ts.Type.(*ast.InterfaceType); ok {
					names[ts.Name.Name] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}
