package sqlcache

import (
	"context"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/internal/engine"
)

// moved is the reach of a statement whose arguments are not where they seem.
var moved = &analysis.Write{All: true, AllWhy: "an argument tells the driver how to run the statement"}

// planCall analyses the text of a call. Where an argument is no value of a
// parameter but for the driver, the others are not at their places, and the driver
// may even run another text.
func (c *conn) planCall(ctx context.Context, k *call) *engine.Plan {
	option := dialect.OptionNone
	if checker := c.connector.options; checker != nil {
		for i := range k.args {
			option = max(option, checker.Option(k.args[i].Value))
		}
	}
	p := c.plan(ctx, k.text)
	if option == dialect.OptionNone {
		return p
	}
	k.option = true
	if option == dialect.OptionRewrite {
		unknown := &dialect.Statement{Kind: dialect.KindUnknown, Text: k.text, End: len(k.text)}
		return &engine.Plan{Plan: &analysis.Plan{Statement: unknown}}
	}
	switch p.Statement.Kind {
	case dialect.KindBegin, dialect.KindCommit, dialect.KindRollback, dialect.KindSavepoint, dialect.KindRelease,
		dialect.KindRollbackTo, dialect.KindSession, dialect.KindUtility:
		return p // none of these has parameters
	case dialect.KindSelect:
		if p.Write == nil {
			return p
		}
	default: // what may change rows
	}
	return &engine.Plan{Plan: &analysis.Plan{Statement: p.Statement, Catalog: p.Catalog, Write: moved}}
}
