package mysql

import (
	"maps"

	"github.com/sqlc-dev/marino/ast"

	"github.com/cacheops/cacheops/dialect"
)

// bodyPrefix makes a statement that the parser takes of the body of a routine.
const bodyPrefix = "CREATE TRIGGER a BEFORE INSERT ON b FOR EACH ROW "

// parseBody returns the statements that the body of a trigger, a function, a procedure or
// an event may run, in the order of the text and whatever its conditions say. What its
// expressions call stands in a KindSelect with Incomplete, which is the last one. Params
// are the names of a routine's parameters. It is nil for a body that is not understood,
// and not nil for one that runs nothing.
//
// Where a statement stands in the text is not told of any of them.
func parseBody(body string, params ...string) (list []*dialect.Statement) {
	defer func() {
		if recover() != nil { // as in parseWith
			list = nil
		}
	}()
	text := bodyPrefix + body
	toks, shape, err := tokenize(text)
	if err != nil || shape.refuse(text) != "" || len(shape.bangs) > 0 {
		return nil
	}
	toks = parseTrim(toks)
	stmts, err := parseMarino(text)
	if err != nil || len(stmts) != 1 {
		return nil
	}
	trigger, ok := stmts[0].(*ast.CreateTriggerStmt)
	if !ok || trigger.Order != nil {
		return nil
	}
	b := &bodyReader{list: []*dialect.Statement{}}
	b.converter = converter{text: text, toks: toks, st: &dialect.Statement{Kind: dialect.KindSelect, Text: text}, locals: make(map[string]bool)}
	for _, name := range params {
		b.locals[nameFold(name)] = true
	}
	if b.statement(trigger.Body); b.failed != "" {
		return nil
	}
	b.incomplete("the expressions of a routine")
	if b.calls() {
		b.list = append(b.list, b.st)
	}
	return b.list
}

// bodyReader reads the body of a routine. The converter in it is that of the expressions
// that stand in no statement.
type bodyReader struct {
	converter
	list []*dialect.Statement
}

// statements reads a list of statements.
func (b *bodyReader) statements(list []ast.StmtNode) {
	for _, n := range list {
		b.statement(n)
	}
}

// statement reads a statement of a body.
func (b *bodyReader) statement(n ast.StmtNode) {
	defer b.leave()
	if !b.enter() {
		return
	}
	switch n := n.(type) {
	case *ast.ProcedureBlock:
		b.block(n)
	case *ast.ProcedureLabelBlock:
		b.block(n.Block)
	case *ast.ProcedureLabelLoop:
		b.statement(n.Block)
	case *ast.ProcedureIfInfo:
		b.conditional(n.IfBody)
	case *ast.ProcedureElseIfBlock:
		b.conditional(n.ProcedureIfStmt)
	case *ast.ProcedureElseBlock:
		b.statements(n.ProcedureIfStmts)
	case *ast.SimpleCaseStmt:
		b.expr(n.Condition)
		for _, w := range n.WhenCases {
			b.expr(w.Expr)
			b.statements(w.ProcedureStmts)
		}
		b.statements(n.ElseCases)
	case *ast.SearchCaseStmt:
		for _, w := range n.WhenCases {
			b.expr(w.Expr)
			b.statements(w.ProcedureStmts)
		}
		b.statements(n.ElseCases)
	case *ast.ProcedureWhileStmt:
		b.expr(n.Condition)
		b.statements(n.Body)
	case *ast.ProcedureRepeatStmt:
		b.expr(n.Condition)
		b.statements(n.Body)
	case *ast.ProcedureLoopStmt:
		b.statements(n.Body)
	case *ast.ReturnStmt:
		b.expr(n.Expr)
	case *ast.ProcedureOpenCur, *ast.ProcedureCloseCur, *ast.ProcedureFetchInto, *ast.ProcedureJump:
	default:
		b.sql(n)
	}
}

// block reads a BEGIN ... END. Its variables are seen in it alone.
func (b *bodyReader) block(n *ast.ProcedureBlock) {
	outer := b.locals
	b.locals = maps.Clone(outer)
	for _, decl := range n.ProcedureVars {
		switch d := decl.(type) {
		case *ast.ProcedureDecl:
			b.expr(d.DeclDefault)
			for _, name := range d.DeclNames {
				b.locals[nameFold(name)] = true
			}
		case *ast.ProcedureCursor:
			b.statement(d.Selectstring)
		case *ast.ProcedureErrorControl:
			b.statement(d.Operate)
		case *ast.ProcedureConditionDecl:
		default:
			b.failf("a declaration is not known: %T", decl)
		}
	}
	b.statements(n.ProcedureProcStmts)
	b.locals = outer
}

// conditional reads an IF with what follows it.
func (b *bodyReader) conditional(n *ast.ProcedureIfBlock) {
	b.expr(n.IfExpr)
	b.statements(n.ProcedureIfStmts)
	if n.ProcedureElseStmt != nil {
		b.statement(n.ProcedureElseStmt)
	}
}

// sql converts a statement that could stand alone. One that sets variables of the routine
// or of the row says nothing.
func (b *bodyReader) sql(n ast.StmtNode) {
	inner := converter{text: b.text, toks: b.toks, st: &dialect.Statement{Text: b.text}, locals: b.locals, depth: b.depth, noPlaces: true}
	inner.statement(n)
	if inner.failed != "" {
		b.failf("%s", inner.failed)
		return
	}
	if st := inner.st; st.Kind != dialect.KindSession || st.Taint != 0 || st.Commits || st.Autocommit != dialect.AutocommitKept {
		b.list = append(b.list, st)
	}
}
