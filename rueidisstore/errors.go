package rueidisstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/rueidis"

	"github.com/cacheops/cacheops/store"
)

// ErrOld is wrapped by the error for a server that is older than Redis 6.2. It
// wraps [store.ErrUnavailable] itself.
var ErrOld = fmt.Errorf("%w: the server is older than Redis 6.2: use 6.2 or newer, or Valkey", store.ErrUnavailable)

var (
	errToken    = errors.New("cacheops: rueidisstore: Change.Token is zero: set it to 16 random bytes, new for each transaction")
	errTTL      = errors.New("cacheops: rueidisstore: Change.TTL must be at least a millisecond: set it to the time that a fence outlives its writer, for example 30s")
	errLockTTL  = errors.New("cacheops: rueidisstore: Lock needs a time of at least a millisecond; give it the longest time that the work may take")
	errSnapshot = errors.New("cacheops: rueidisstore: Fill got a snapshot of another store; use the one that Lease returned for this query")

	errNotMaster   = errors.New("the server is no master")
	errOtherServer = errors.New("the connection leads to another server than before")
	errOpen        = errors.New("it failed several times in a row, and is tried again in a moment")
	errReply       = errors.New("the reply has another form than that of this version")
	errRedirected  = errors.New("the Cluster sends the call from node to node")
	errNoNode      = errors.New("no node of the Cluster is known to have the slot")
)

// unavailable wraps what a call of Redis failed with.
func unavailable(what string, err error) error {
	if errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrClosed) {
		return err
	}
	return fmt.Errorf("cacheops: redis: %s: %w: %w", what, store.ErrUnavailable, err)
}

// isReply reports whether an error is an answer of the server, as opposed to a
// failure of the connection.
func isReply(err error) bool {
	_, ok := rueidis.IsRedisErr(err)
	return ok || rueidis.IsRedisNil(err)
}

// isWrongType reports whether a key holds what is not ours.
func isWrongType(err error) bool {
	e, ok := rueidis.IsRedisErr(err)
	return ok && hasPrefix(e, "WRONGTYPE")
}

// isContext reports whether an error is the end of a context.
func isContext(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
