package sqlcache

import (
	"context"
	"database/sql/driver"

	"github.com/cacheops/cacheops/internal/engine"
)

// bothTries is how often a statement is tried in the form that returns both
// images. Where it changed nothing the first time because somebody else changed the
// row meanwhile, that row is locked by now, and nobody does so again.
const bothTries = 2

// both runs the statement in the form that returns the images before and after
// it. Where it changes nothing, no row matches, or somebody else changed the row
// meanwhile: in the end the program's own statement finds out which.
func (im *imaged) both(ctx context.Context) (outcome, error) {
	n := len(im.columns)
	var ran written
	var err error
	for try := 0; try < bothTries && err == nil && ran.count == 0; try++ {
		ran, err = im.run(ctx, im.queries.Both, 2*n)
	}
	switch {
	case err != nil:
		return outcome{}, err
	case ran.count == 0:
		return im.bare(ctx)
	case ran.over:
		im.changes.AddEpochs(im.write.Target)
		im.addKeys(nil, nil, false)
	default:
		before, after := make([][]driver.Value, len(ran.rows)), make([][]driver.Value, len(ran.rows))
		for i, row := range ran.rows {
			before[i], after[i] = row[:n:n], row[n:]
		}
		if im.unread {
			im.changes.AddEpochs(im.write.Target)
		} else {
			im.changes.AddImages(im.write.Target, im.columns, before, engine.Before)
			im.changes.AddImages(im.write.Target, im.columns, after, engine.After)
		}
		im.addKeys(before, after, true)
	}
	for i := range im.write.Cascades { // to tables that nobody reads
		im.changes.AddEpochs(im.write.Cascades[i].Child)
	}
	im.changes.AddEpochs(im.epochs...)
	return ran.outcome, nil
}

// bare runs the program's own statement, of which no row is known that it
// changes. Where it changes one all the same, it may be any.
func (im *imaged) bare(ctx context.Context) (outcome, error) {
	out, affected, err := im.conn.whole(ctx, im.real, im.call, im.wantRows)
	switch {
	case !im.concurrent: // nobody comes between
	case affected != 0:
		im.changes.AddWrite(im.write)
	case err == nil:
		im.changes.AddEpochs(im.write.Epochs...) // triggers run for no row, too
	}
	return out, err
}
