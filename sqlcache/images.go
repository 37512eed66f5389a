package sqlcache

import (
	"context"
	"database/sql/driver"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/internal/engine"
)

// imageQueries are the queries for the images of one write and one set of
// columns, kept with the plan.
type imageQueries struct {
	columns []int
	queries *dialect.Images // nil: there are no images
}

// imagesOf returns the queries that collect the images of these columns.
func (c *conn) imagesOf(p *engine.Plan, t *dialect.Table, columns []int) *dialect.Images {
	if kept := p.Extra.Load(); kept != nil {
		if q, ok := (*kept).(*imageQueries); ok && slices.Equal(q.columns, columns) {
			return q.queries
		}
	}
	queries, reason := c.connector.cfg.Dialect.Images(p.Statement, t, columns)
	if reason != "" {
		queries = nil
	}
	var kept any = &imageQueries{columns: columns, queries: queries}
	p.Extra.Store(&kept)
	return queries
}

// collectImages runs an INSERT, UPDATE or DELETE and collects the images of the
// rows it changes. It runs inside a transaction that holds the write lock, so
// nothing comes between the images and the statement. Done is false when there
// can be no images and the statement was not run.
func (c *conn) collectImages(ctx context.Context, real *realConn, p *engine.Plan, w *analysis.Write, changes *engine.Changes, k call) (out outcome, done bool, err error) {
	t := w.Target
	columns, unread, ok, err := c.connector.handle.Schemes(ctx, t)
	if err != nil || !ok || unread {
		return outcome{}, false, err
	}
	queries := c.imagesOf(p, t, columns)
	if queries == nil {
		return outcome{}, false, nil
	}
	room := changes.Room(t)
	if queries.Before != "" {
		args, ok := bindParams(queries.BeforeParams, p.Statement, k.args)
		if !ok {
			return outcome{}, false, nil // the database will say what is wrong
		}
		before, err := real.collect(ctx, queries.Before, args, room+1)
		if err != nil {
			// The statement holds the same condition, and meets the same error.
			return outcome{}, false, nil //nolint:nilerr // told by the statement
		}
		if len(before) == 0 {
			res, err := c.bareExec(ctx, real, k) // no row matches, but let it run
			return outcome{result: res}, true, err
		}
		if 2*len(before) > room {
			return outcome{}, false, nil
		}
		changes.AddImages(t, columns, before)
	}
	images, over, err := c.returned(ctx, real, call{text: queries.Write, args: k.args}, len(columns), room)
	if err != nil {
		return outcome{}, true, err
	}
	res, err := c.writeResult(ctx, real, queries.Result)
	if err != nil {
		return outcome{}, true, err
	}
	if over {
		changes.AddEpochs(t)
	} else {
		changes.AddImages(t, columns, images)
	}
	changes.AddEpochs(w.Epochs...)
	return outcome{result: res}, true, nil
}

// returned runs a statement that returns images and reads them all, but keeps
// no more than limit.
func (c *conn) returned(ctx context.Context, real *realConn, k call, width, limit int) (images [][]driver.Value, over bool, err error) {
	s, err := real.stmts.take(ctx, real, k.text)
	if err != nil {
		return nil, false, err
	}
	rows, err := s.query(ctx, k.args)
	if err != nil {
		s.discard()
		return nil, false, err
	}
	defer func() {
		if cerr := rows.Close(); cerr != nil && err == nil {
			err = cerr
		}
		if err != nil {
			s.discard()
			return
		}
		real.stmts.put(s)
	}()
	if got := len(rows.Columns()); got != width {
		return nil, false, fmt.Errorf("cacheops: the images of a write have %d columns instead of %d", got, width)
	}
	spare := make([]driver.Value, width)
	for {
		row := spare
		if !over {
			row = make([]driver.Value, width)
		}
		if err := rows.Next(row); err == io.EOF {
			return images, over, nil
		} else if err != nil {
			return nil, false, err
		}
		if over = over || len(images) >= limit; over {
			images = nil
			continue
		}
		for i, v := range row {
			if b, ok := v.([]byte); ok {
				row[i] = append([]byte{}, b...)
			}
		}
		images = append(images, row)
	}
}

// writeResult asks for what database/sql wants to know of a statement.
func (c *conn) writeResult(ctx context.Context, real *realConn, query string) (driver.Result, error) {
	rows, err := real.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	if len(rows) == 1 && len(rows[0]) == 2 {
		affected, ok1 := rows[0][0].(int64)
		id, ok2 := rows[0][1].(int64)
		if ok1 && ok2 {
			return writeResult{affected: affected, id: id}, nil
		}
	}
	return nil, fmt.Errorf("cacheops: unexpected answer to %q", query)
}

// writeResult implements driver.Result.
type writeResult struct{ affected, id int64 }

func (r writeResult) LastInsertId() (int64, error) { return r.id, nil }
func (r writeResult) RowsAffected() (int64, error) { return r.affected, nil }

// bindParams picks a statement's arguments for some of its parameters. False
// means that the arguments do not fit.
func bindParams(params []dialect.Param, st *dialect.Statement, args []driver.NamedValue) ([]driver.NamedValue, bool) {
	out := make([]driver.NamedValue, len(params))
	for i, p := range params {
		v, ok := argument(p, st, args)
		if !ok {
			return nil, false
		}
		out[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	// A statement with too few or too many arguments may be refused by the
	// database although the ones looked at are there.
	return out, st.NamedParams || len(args) == st.Params
}

// argument returns the value of a parameter.
func argument(p dialect.Param, st *dialect.Statement, args []driver.NamedValue) (driver.Value, bool) {
	for _, a := range args {
		if p.Name != "" {
			if a.Name != "" && strings.TrimLeft(a.Name, ":@$") == p.Name {
				return a.Value, true
			}
			continue
		}
		if a.Name == "" && a.Ordinal == p.Index && !st.NamedParams {
			return a.Value, true
		}
	}
	return nil, false
}
