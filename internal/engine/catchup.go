package engine

import (
	"context"
	"time"

	"github.com/cacheops/cacheops/dialect"
)

// catchUpLimit is how long the schema may take to be read behind everybody's back.
const catchUpLimit = time.Minute

// catchUp does over a connection of its own, while nobody waits for it, what somebody's
// context ended too soon for. Where every call has less time than the schema takes to be
// read it would never be known else: each would begin anew, and end in vain. One goroutine
// does so at a time; it ends with the engine. A database that has a version of its schema
// reads it in no time, and may be one that other connections do not see.
func (h *Handle) catchUp(do func(context.Context, dialect.Queryer) error) {
	if h.apart == nil || !h.dialect.Transactions().Concurrent || !h.behind.CompareAndSwap(false, true) {
		return
	}
	started := h.engine.background.run(func() {
		defer h.behind.Store(false)
		ctx, cancel := context.WithTimeout(h.engine.background.closing, catchUpLimit)
		defer cancel()
		err := h.apart(ctx, func(db dialect.Queryer) error { return do(ctx, db) })
		if err != nil && h.engine.background.closing.Err() == nil {
			h.engine.cfg.Logger.DebugContext(ctx, "cacheops: read the schema behind a call that had too little time", "database", h.database, "error", err)
		}
	})
	if !started {
		h.behind.Store(false)
	}
}
