package sqlcache

import (
	"context"
	"database/sql/driver"
	"errors"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/engine"
	"github.com/cacheops/cacheops/internal/result"
)

// readAhead makes the reads that follow a commit, for [cacheops.Profile.CacheOnSave].
// It uses the connection that committed, so that nobody waits for a second one: there
// may be no other. What goes wrong is not the program's business, whose write is done.
func (c *conn) readAhead() {
	list := c.ahead
	if c.ahead = nil; len(list) == 0 {
		return
	}
	h := c.connector.handle
	deadline := time.Now().Add(h.Engine().LockTTL())
	for i := range list {
		ctx, cancel := context.WithDeadline(list[i].Context, deadline)
		err := c.readSoftly(ctx, &list[i])
		cancel()
		if err != nil {
			h.AheadFailed()
			list[i].Drop()
			return
		}
	}
}

// errPanicked stands for a panic of the driver.
var errPanicked = errors.New("the driver panicked")

// readSoftly makes one of them, and keeps a panic of the driver from the program.
func (c *conn) readSoftly(ctx context.Context, a *engine.Ahead) (err error) {
	defer func() {
		if r := recover(); r != nil {
			c.broken, err = true, errPanicked // the driver was in the middle of something
			c.connector.handle.Engine().Logger().LogAttrs(context.Background(), slog.LevelError, "cacheops: the driver panicked in a read after a commit",
				slog.Any("panic", r), slog.String("stack", string(debug.Stack())))
		}
	}()
	return c.readOneAhead(ctx, a)
}

// readAhead is [conn.readAhead] where no connection is at hand. The program may hold
// all that there may be, so none is waited for.
func (c *connector) readAhead(list []engine.Ahead) {
	if limit := c.cfg.MaxOpenConns; len(list) == 0 || limit > 0 && int(c.parking.used.Load()+c.parking.waiting.Load()) >= limit {
		return
	}
	v := c.newConn()
	ctx, cancel := context.WithTimeout(context.Background(), c.handle.Engine().LockTTL())
	defer cancel()
	if _, err := v.acquire(ctx); err != nil {
		return
	}
	v.sticky, v.ahead = true, list
	v.readAhead()
	if v.broken {
		v.giveBack(driver.ErrBadConn)
	}
	v.giveBack(nil)
}

// readOneAhead makes one of them. An error ends the rest.
func (c *conn) readOneAhead(ctx context.Context, a *engine.Ahead) error {
	h := c.connector.handle
	if c.real == nil || c.tx != nil || c.streaming > 0 || c.broken {
		return nil
	}
	if !c.sure(ctx, c.real) {
		return nil
	}
	p := h.Plan(a.Text)
	if p.Statement.Kind != dialect.KindSelect || p.Write != nil || p.Statement.Taint != 0 {
		return nil
	}
	if reason, _ := c.uncacheable(p); reason != "" {
		return nil
	}
	k := call{text: a.Text, args: a.Args, prepared: a.Prepared, since: a.Since}
	rc, reason := c.prepareRead(ctx, p, &k)
	if reason != "" || !h.Admitted(ctx, &rc) {
		return nil
	}
	err := h.ReadAhead(ctx, &rc, func(ctx context.Context) (*result.Result, driver.Rows, error) {
		return c.load(ctx, k, p, true, new(string))
	})
	if errors.Is(err, engine.ErrPlanVoid) {
		return nil // the schema changed: the program's own statements will see to that
	}
	return err
}
