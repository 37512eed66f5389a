// Package store is the contract between the cache and the place where it keeps
// entries and stamps. Package store/memory keeps them in the process, for one
// process; package rueidisstore, a module of its own, in Redis, for all that share
// it. Each has an optional interface besides: [Local] and [Remote].
//
// # Words
//
// An entry is a stored result under a [Key]. A stamp is a value kept under a
// table's epoch, under one conjunction of it, or for a whole database (the
// global epoch). A snapshot is the stamps of everything that a query depends
// on, read by [Store.Lease] before the database was asked. An entry is valid
// while every stamp of its snapshot is unchanged.
//
// A scheme is a set of columns that some query compares with values, in the
// encoded form of a [Scheme]; a conjunction is a scheme with the values. A
// table's schemes are registered by leases, and a writer asks for them in order
// to know which conjunctions a row belongs to.
//
// # The protocol
//
// A reader that misses leases, asks the database, and fills. A writer fences
// right before its transaction commits, commits, and bumps. A fence takes the
// values of what it names away and leaves a token with a deadline there: a
// fenced stamp equals no snapshot and cannot be leased. A bump takes away the
// token and any value that came in between, so that everything filled from a
// read that began before the bump is dead. A writer that dies leaves its token,
// which ends by its deadline and leaves no stamp.
//
// Four rules make this hold where keys come and go:
//
//   - A scheme that is registered while the table has live fences cannot be
//     leased before the tokens that lived at its registration are gone.
//   - Where a table's schemes are lost although its epoch exists, a lease, a
//     fence and a bump first replace the epoch's value; its tokens stay.
//   - A bump takes away the values although its own token has expired, and
//     leaves the tokens of others.
//   - An epoch's fence counts as a live fence of the table.
//
// Losing any key at any time costs hits only, as long as no writer dies in the
// same commit window. Keys that come back are another matter: a place that may go
// back to an older state, as a server does that restarts or a replica that is
// promoted, must make every snapshot of before unequal to what it answers then.
package store

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Key names an entry. It is a collision-resistant digest of everything that
// decides a result.
type Key [32]byte

// Token names one writer's transaction. It is random, so that no two are equal.
type Token [16]byte

// Scheme is the encoded form of a set of columns with their rules of
// comparison. Equal schemes have equal texts. A store does not look inside.
type Scheme string

// Conj is one conjunction of a query's dependency on a table: the scheme, and a
// key that stands for the scheme and the values together.
type Conj struct {
	Scheme Scheme
	Key    string
	// Shared is true for a key that every query with a conjunction of the scheme
	// has, so that there is one for each scheme. It is a hint on what memory it
	// takes.
	Shared bool
}

// TableDep is what a query depends on in one table: the conjunctions, and
// always the table's epoch. A query that depends on every row has the
// conjunction of the empty scheme, which every row image matches. Without any
// Conjs it depends on every row too, and is dropped by every writer of the
// table, whatever its images.
type TableDep struct {
	Table string
	Conjs []Conj
}

// Query names an entry and what it depends on.
type Query struct {
	Database string
	Key      Key
	// Deps holds each table once.
	Deps []TableDep
	// TTL is how long the result will be kept. A lease lets the stamps live at
	// least that long, so that the result does not end before. It decides nothing
	// but that; 0 leaves it to the store.
	TTL time.Duration
	// Joined says that the entry depends on whatever the snapshot that it is filled
	// with depends on, which whoever looks it up need not know: see [Joiner.Join].
	// Get and Recall do not look at Deps then.
	Joined bool
	// Decode reads a payload that [Payload.AppendBinary] wrote. Stores that keep
	// Go values do not call it. An error makes the entry a miss.
	Decode func([]byte) (Payload, error)
}

// Payload is a stored result. It is never changed once it was handed to a
// store.
type Payload interface {
	// Size is the memory it takes, in bytes, roughly.
	Size() int
	// AppendBinary appends a form of it that Query.Decode reads.
	AppendBinary(b []byte) ([]byte, error)
}

// Snapshot is the stamps of a query's dependency as a lease found them. Its
// content is the store's own.
type Snapshot interface {
	// Equal reports whether both hold the same stamps of the same things.
	Equal(Snapshot) bool
}

// Schema is the version of a database's schema: a value that changes with every
// [Store.BumpSchema]. Versions compare by ==, and by nothing else.
type Schema [16]byte

// Lease is the answer to [Store.Lease].
type Lease struct {
	// Snapshot is to be handed to Fill; nil when the lease is Fenced.
	Snapshot Snapshot
	// Fenced is true when a write is under way: the result must not be stored.
	Fenced bool
	// Schema is the schema's version when the lease was taken.
	Schema Schema
}

// Registry is the schemes of a table.
type Registry struct {
	Table string
	// Version changes whenever Schemes does, and is never used twice. The zero
	// value stands for no copy.
	Version uint64
	// Schemes must not be changed.
	Schemes []Scheme
	// Unread is true when nothing was ever leased that depends on the table, or
	// all of it was lost: no entry of it can be valid. It is a hint, true at
	// one moment: a writer still has to fence.
	Unread bool
}

// TableChange is what one transaction changes in one table.
type TableChange struct {
	Table string
	// Registry is the version of the copy that Keys were worked out from.
	Registry uint64
	// Keys are the conjunctions that the row images match, under every scheme
	// of that copy.
	Keys []string
	// Epoch says that anything in the table may have changed: Keys and Registry
	// do not matter then.
	Epoch bool
}

// Change is what one transaction changes.
type Change struct {
	Database string
	Token    Token
	// TTL is how long a fence lives when its writer dies.
	TTL    time.Duration
	Tables []TableChange
	// All says that anything in the database may have changed. Tables do not
	// matter then.
	All bool
}

// Ack is the answer to Fence and Bump.
type Ack struct {
	// Stale holds the tables whose registry is not the one the keys were worked
	// out from. Nothing was done for those tables, or not all; all others are
	// done. The caller works the keys out again and repeats the call with these
	// tables.
	Stale []Registry
	// Schema is the schema's version, read after the call began. It is zero
	// where the change has no tables and is not of all.
	Schema Schema
}

// ErrUnavailable is wrapped by every error that means that the store cannot be
// reached or refuses to work, as opposed to a wrong call.
var ErrUnavailable = errors.New("store unavailable")

// ErrClosed is returned after Close. It wraps nothing: a closed store does not
// come back.
var ErrClosed = errors.New("the store is closed: close the database handles before the cache")

// Joiner is the part of a store for results that are made of several reads.
type Joiner interface {
	// Recall is Get, and returns the snapshot besides under which the entry is
	// valid: that of its Fill, every stamp of which was unchanged at one moment
	// since the call. It is nil with a miss.
	Recall(ctx context.Context, q *Query) (Payload, Snapshot, bool, error)

	// Join returns a snapshot that holds the stamps of all that it is given, of any
	// databases: for a result that was made of several reads. It is to be filled in
	// for a query that is Joined, and the entry is valid while every stamp of every
	// part is unchanged. The parts are those of leases that were taken before the
	// reads were, and those that Recall returned; joined ones too. No
	// parts, a nil one, and two that hold different stamps of one thing have no
	// snapshot that could be valid: the result is nil then, or the entry is a miss. A store
	// that learns what an entry depends on with the entry itself may need a call
	// more for the first look at it.
	Join(parts ...Snapshot) Snapshot
}

// Store keeps entries and stamps. Its methods may be called from many
// goroutines at once; each honours its context.
type Store interface {
	Joiner

	// Get returns the entry if it is there and valid.
	Get(ctx context.Context, q *Query) (Payload, bool, error)

	// Lease registers the schemes of the query, makes the stamps that are
	// missing from fresh random values, and returns them, or that one is
	// fenced. It must be called before the database is asked.
	Lease(ctx context.Context, q *Query) (Lease, error)

	// Fill stores the result of a read that began after the lease. It makes no
	// promise to keep it. A TTL of 0 or less stores nothing.
	Fill(ctx context.Context, q *Query, s Snapshot, p Payload, ttl time.Duration) error

	// Registry returns the table's schemes, as they are in the store now.
	Registry(ctx context.Context, database, table string) (Registry, error)

	// Fence is called right before the commit of the change. Repeated with the
	// same token it renews the deadline.
	Fence(ctx context.Context, c *Change) (Ack, error)

	// Bump is called after the commit of the change, and after a commit that
	// failed. With Keep the fences stay, and only values go: for a commit whose
	// outcome is unknown. A change that was never fenced may be bumped.
	Bump(ctx context.Context, c *Change, keep Keep) (Ack, error)

	// Schema returns the version of the database's schema, and makes one where
	// there is none.
	Schema(ctx context.Context, database string) (Schema, error)

	// BumpSchema gives the database's schema a new version and returns it.
	BumpSchema(ctx context.Context, database string) (Schema, error)

	// Lock tries to take the lock of that key and does not wait: at most one
	// caller holds it until unlock or until the time is over. Unlock may be
	// called more than once and takes away the own lock only, also when the
	// context of Lock is over by then. It is a help against stampedes and no
	// promise: a lost lock costs work, not truth.
	Lock(ctx context.Context, key Key, ttl time.Duration) (unlock func(), ok bool, err error)

	// AwaitUnlock returns nil when there was a moment since the call at which
	// nobody held the lock of that key: at once where it is free, else when its
	// holder unlocks or the holder's time is over, as it is when the holder
	// died. Everybody who waits is woken then, and nobody has the lock by it:
	// call Lock. A store does not ask again and again, it waits to be told, and
	// for the end of the holder's time. Close ends the wait with ErrClosed.
	AwaitUnlock(ctx context.Context, key Key) error

	// Close ends the store's goroutines and waits for them. Further calls
	// return ErrClosed.
	Close() error
}

// Keep says what a bump does with the own fences.
type Keep bool

// The two ways to bump.
const (
	// DropFence takes the own tokens away: the outcome is known.
	DropFence Keep = false
	// KeepFence leaves them until their deadline or the next bump. It renews the
	// deadline like a fence, and puts back those that had run out.
	KeepFence Keep = true
)

// Local is what a store in the same process can do besides: answer a hit
// without being told the dependency, which it kept with the entry.
type Local interface {
	// GetLocal returns the entry if it is there and valid. It does not block
	// and does not allocate.
	GetLocal(database string, key Key) (Payload, bool)
}

// Remote is what a store outside of the process does besides, so that a call of
// it is not needed where an older answer, or a later one, will do.
type Remote interface {
	// RegistryCopy returns the registry of a table as the store's last answer
	// told it to this process, and false where none did. It does not block. The
	// copy may be old: Fence and Bump say so when it is, and each of their answers
	// brings it up to date, whatever the change was.
	RegistryCopy(database, table string) (Registry, bool)
	// FillsAside is how many fills a caller may have under way while their
	// readers go on; 0 for none.
	FillsAside() int
}

// Table returns the change of that table in the list, or nil.
func (c *Change) Table(name string) *TableChange {
	i := slices.IndexFunc(c.Tables, func(t TableChange) bool { return t.Table == name })
	if i < 0 {
		return nil
	}
	return &c.Tables[i]
}
