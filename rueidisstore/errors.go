package rueidisstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/rueidis"

	"github.com/cacheops/cacheops/store"
)

// ErrOld is wrapped by the error for a server that is older than Redis 6.2. It
// wraps [store.ErrUnavailable] itself.
var ErrOld = fmt.Errorf("%w: the server is older than Redis 6.2: use 6.2 or newer, or Valkey", store.ErrUnavailable)

// Errors of sets mode. Each wraps [store.ErrUnavailable].
var (
	// ErrCluster is wrapped by the error for a Cluster.
	ErrCluster = fmt.Errorf("%w: sets mode is for a single server, and this is a Cluster: use rueidisstore.New, or a server that is no node of a Cluster", store.ErrUnavailable)

	// ErrEvicts is wrapped by the error for a server that evicts keys.
	ErrEvicts = fmt.Errorf("%w: sets mode needs maxmemory-policy noeviction: a server that evicts a set leaves results that no write finds: set it, or use rueidisstore.New", store.ErrUnavailable)
)

// ErrMode is wrapped by the error for a prefix that is used in the other mode. It
// wraps [store.ErrUnavailable].
var ErrMode = fmt.Errorf("%w: the prefix is used in another mode", store.ErrUnavailable)

// evicts is the error for an eviction policy.
func evicts(policy string) error { return fmt.Errorf("%w: it is %q", ErrEvicts, policy) }

// otherMode is the error for a mode that was noted, or that could not be.
func (a *admission) otherMode(noted string, err error) error {
	if err != nil {
		return err
	}
	return fmt.Errorf("%w: key %s is %q, and this program wants %q: have all programs use one mode; to change it, end them and delete all keys of the prefix", ErrMode, a.mark, noted, a.mode)
}

var (
	errToken    = errors.New("cacheops: rueidisstore: Change.Token is zero: set it to 16 random bytes, new for each transaction")
	errTTL      = errors.New("cacheops: rueidisstore: Change.TTL must be at least a millisecond: set it to the time that a fence outlives its writer, for example 30s")
	errLockTTL  = errors.New("cacheops: rueidisstore: Lock needs a time of at least a millisecond; give it the longest time that the work may take")
	errSnapshot = errors.New("cacheops: rueidisstore: Fill got a snapshot of another store; use the one that Lease returned for this query")

	errSilent      = errors.New("there is no answer on a new connection: look at the address, and whether the server wants TLS")
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
	return fmt.Errorf("cacheops: redis: %s: %w: %w%s", what, store.ErrUnavailable, err, advice(err))
}

// advice says what to do about an error that does not go away by itself.
func advice(err error) string {
	var answer *rueidis.RedisError
	if errors.As(err, &answer) {
		text := answer.Error()
		for _, x := range advices {
			if strings.Contains(text, x.word) {
				return ": " + x.advice
			}
		}
	}
	if errors.Is(err, errNotMaster) {
		return ": name the master, or the Sentinels that know it"
	}
	return ""
}

// advices are for errors with a word in their text.
var advices = []struct{ word, advice string }{
	{"WRONGPASS", "look at the user and the password that the client logs in with"},
	{"NOAUTH", "give the client a user and a password"},
	{"without any password configured", "leave the password out, or give the server one"},
	{"NOPERM", "give the user the commands, keys and channels that the documentation of package rueidisstore lists"},
	{"DB index is out of range", "use a database number that the server has"},
	{"SELECT is not allowed in cluster mode", "a Cluster has the database number 0 only"},
	{"MOVED", "the server is a node of a Cluster: leave out what makes the client one for a single server, and let the user call CLUSTER SLOTS"},
	{"No such master", "look at the name of the master set"},
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

// isReadOnly reports whether the server is a replica, by its answer to a write.
func isReadOnly(e *rueidis.RedisError) bool { return hasPrefix(e, "READONLY") }

// hasPrefix tells the kind of an error, which is its first word.
func hasPrefix(e *rueidis.RedisError, kind string) bool {
	text := e.Error()
	return len(text) >= len(kind) && text[:len(kind)] == kind
}

// isContext reports whether an error is the end of a context.
func isContext(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
