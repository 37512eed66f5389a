package cacheops

import (
	"context"

	"github.com/cacheops/cacheops/internal/engine"
)

// Postpone calls f, and invalidates what was committed under f's context in one
// go when f has ended: after a thousand saves there is one invalidation, one
// OnInvalidate for each database, and results that many of them would have
// dropped are dropped once. It does so whether f returns, fails or panics. It
// returns f's error, joined with that of the invalidation if there is one.
//
// It collects the changes of every database of every cache. Changes of one table
// beyond Config.MaxImages become a new epoch of that table. A call under the
// context of another joins that one. The context decides with which a transaction
// was begun, or that of a statement which commits by itself or by the text
// COMMIT. A change that is committed after f has ended, by a goroutine that goes
// on, is invalidated at once by itself. So are DDL, statements that are not
// understood, Invalidate and InvalidateTx.
//
// Until f has ended others read what was cached before, and f too, outside of its
// transactions. A process that dies before leaves those results until their TTL:
// no fences are set for what is postponed. So inside of Postpone the package's
// promises do not hold.
func Postpone(ctx context.Context, f func(ctx context.Context) error) error {
	return engine.Postpone(ctx, f)
}
