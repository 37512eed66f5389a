package integration

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
)

// The lock against stampedes among processes that share a Redis. What it does in all
// cases is tested in a bubble, with the store in process.

// redisPair is two caches, each with a store of its own on one Redis, as two
// processes have them, and a count of the queries that reach the database.
type redisPair struct {
	pair
	client rueidis.Client
	// The keys of the lock of the names of kind 1 and of the mark that somebody waits
	// for it, and the channel on which its end is told.
	lock, wanted, channel string
}

// newRedisPair is a pair with a cold result, the names of kind 1.
func newRedisPair(t *testing.T, lock bool, life time.Duration) *redisPair {
	t.Helper()
	set := func(c *cacheops.Config, _ *sqlcache.Config) {
		c.Profiles = cacheops.Profiles{everyTable: {Ops: cacheops.OpAll, TTL: time.Hour, Lock: lock}}
		c.LockTTL = life
	}
	server, apps := newApps(t, set, set)
	p := &redisPair{client: rawClient(t, server)}
	copy(p.peers[:], apps)
	exec(t, apps[0].cached, createItems, insertItems)
	for _, s := range apps { // the schema, and all scripts
		s.read(t, namesOfKind, 1)
	}
	keys, err := p.client.Do(t.Context(), p.client.B().Keys().Pattern("*").Build()).AsStrSlice()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		if !strings.Contains(key, "{") {
			prefix, digest, _ := strings.Cut(key, ":")
			p.lock, p.wanted, p.channel = prefix+":{"+digest+"}:lock", prefix+":{"+digest+"}:wanted", prefix+":unlocked"
		}
	}
	if p.lock == "" {
		t.Fatal("there is no entry")
	}
	if err := apps[0].cache.Database("main").Invalidate(t.Context(), cacheops.Table("items")); err != nil {
		t.Fatal(err)
	}
	for _, s := range apps {
		s.gate.set(p.before, p.after)
	}
	return p
}

// start starts n readers over the peers in turn.
func (p *redisPair) start(ctx context.Context, n int, peers ...int) *readers {
	r := &readers{n, make(chan answer, n)}
	for i := range n {
		db := p.peers[peers[i%len(peers)]].cached
		go func() {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			rows, err := names(context.WithValue(ctx, canceller{}, cancel), db)
			r.answers <- answer{rows, err}
		}()
	}
	return r
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	limit, tick := time.NewTimer(time.Minute), time.NewTicker(time.Millisecond)
	defer limit.Stop()
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-limit.C:
			t.Fatalf("waited a minute in vain: %s", what)
		}
	}
}

// awaitListeners waits until that many processes listen for the end of the lock.
func (p *redisPair) awaitListeners(t *testing.T, n int64) {
	t.Helper()
	eventually(t, "somebody waits for the lock", func() bool {
		m, err := p.client.Do(t.Context(), p.client.B().PubsubNumsub().Channel(p.channel).Build()).AsIntMap()
		if err != nil {
			t.Fatal(err)
		}
		marked, err := p.client.Do(t.Context(), p.client.B().Exists().Key(p.wanted).Build()).AsInt64()
		if err != nil {
			t.Fatal(err)
		}
		return m[p.channel] == n && marked == 1
	})
}

// awaitAsked waits until that many queries have reached the database.
func (p *redisPair) awaitAsked(t *testing.T, n int) {
	t.Helper()
	eventually(t, "the database is asked", func() bool { at, _ := p.asked(); return len(at) >= n })
}

// wantFree wants nobody to have the lock.
func (p *redisPair) wantFree(t *testing.T) {
	t.Helper()
	if n, err := p.client.Do(t.Context(), p.client.B().Exists().Key(p.lock).Build()).AsInt64(); n != 0 || err != nil {
		t.Errorf("the lock is still held, error %v", err)
	}
}

// long is a time that no test lives: what ends before was woken.
const long = 10 * time.Minute

// Of 50 who miss at once in two processes one asks the database, and its unlock
// wakes the other process.
func TestRedisLockLetsOneAsk(t *testing.T) {
	t.Parallel()
	p := newRedisPair(t, true, long)
	resume := make(chan struct{})
	p.onAsk(func(context.Context, int) error { <-resume; return nil }, nil)
	r := p.start(t.Context(), 50, 0, 1)
	p.awaitAsked(t, 1)
	p.awaitListeners(t, 1)
	close(resume)
	r.want(t, "one,two", 0, nil)
	p.want(t, "one,two", 0)
	p.want(t, "one,two", 1)
	p.wantAsked(t, 1)
	p.wantFree(t)
}

// Without the lock each process asks.
func TestRedisWithoutLock(t *testing.T) {
	t.Parallel()
	p := newRedisPair(t, false, long)
	resume := make(chan struct{})
	p.onAsk(func(context.Context, int) error { <-resume; return nil }, nil)
	r := p.start(t.Context(), 50, 0, 1)
	p.awaitAsked(t, 2)
	close(resume)
	r.want(t, "one,two", 0, nil)
}

// What goes wrong for the one who asks is its own. The next one has the lock at
// once.
func TestRedisLockFailureStaysWithItsCaller(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	for name, fails := range map[string]struct {
		way  func(ctx context.Context) error
		want error
	}{
		"error": {func(context.Context) error { return boom }, boom},
		"panic": {func(context.Context) error { panic(boom) }, errPanic},
		"context": {func(ctx context.Context) error {
			ctx.Value(canceller{}).(context.CancelFunc)()
			return ctx.Err()
		}, context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newRedisPair(t, true, long)
			resume := make(chan struct{})
			p.onAsk(func(ctx context.Context, n int) error {
				if n == 1 {
					<-resume
					return fails.way(ctx)
				}
				return nil
			}, nil)
			r := p.start(t.Context(), 20, 0, 1)
			p.awaitListeners(t, 1)
			close(resume)
			r.want(t, "one,two", 1, fails.want)
			p.wantAsked(t, 2)
			if _, most := p.asked(); most != 1 {
				t.Errorf("%d asked at once", most)
			}
			p.wantFree(t)
		})
	}
}

// When the process that has the lock dies the others go on when its time is over,
// one of them for all.
func TestRedisLockEndsWhenItsHolderDies(t *testing.T) {
	t.Parallel()
	p := newRedisPair(t, true, long)
	// Somebody else's lock, of which nothing is heard any more.
	held := p.client.B().Set().Key(p.lock).Value("a dead process").Px(long).Build()
	if err := p.client.Do(t.Context(), held).Error(); err != nil {
		t.Fatal(err)
	}
	r := p.start(t.Context(), 50, 0, 1)
	p.awaitListeners(t, 2)
	r.waiting(t)
	p.wantAsked(t, 0)
	// Its time is cut, and the clients have seen the old one. So they have to be told.
	if err := p.client.Do(t.Context(), p.client.B().Del().Key(p.lock).Build()).Error(); err != nil {
		t.Fatal(err)
	}
	if n, err := p.client.Do(t.Context(), p.client.B().Publish().Channel(p.channel).Message(p.lock).Build()).AsInt64(); n != 2 || err != nil {
		t.Fatalf("%d heard it, error %v", n, err)
	}
	r.want(t, "one,two", 0, nil)
	p.wantAsked(t, 1)
	p.wantFree(t)
}

// A holder that died is waited for until its time is over, and nobody has to tell.
func TestRedisLockEndsByItself(t *testing.T) {
	t.Parallel()
	p := newRedisPair(t, true, long)
	const left = 300 * time.Millisecond
	if err := p.client.Do(t.Context(), p.client.B().Set().Key(p.lock).Value("a dead process").Px(left).Build()).Error(); err != nil {
		t.Fatal(err)
	}
	p.onAsk(func(context.Context, int) error {
		owner, err := p.client.Do(context.Background(), p.client.B().Get().Key(p.lock).Build()).ToString()
		if err != nil || owner == "a dead process" {
			t.Errorf("the database is asked while %q has the lock, error %v", owner, err)
		}
		return nil
	}, nil)
	p.start(t.Context(), 20, 0, 1).want(t, "one,two", 0, nil)
	p.wantAsked(t, 1)
	p.wantFree(t)
}

// When a query takes longer than Config.LockTTL the next process sends one, and not
// more. The slow one ends as it likes, and does not take away the lock of the other.
func TestRedisLockEndsWhenItsHolderIsSlow(t *testing.T) {
	t.Parallel()
	p := newRedisPair(t, true, 300*time.Millisecond)
	resume := make(chan struct{})
	p.onAsk(until(1, resume), nil)
	slow := p.start(t.Context(), 1, 0)
	p.awaitAsked(t, 1)
	others := p.start(t.Context(), 30, 1)
	others.want(t, "one,two", 0, nil)
	slow.waiting(t)
	close(resume)
	slow.want(t, "one,two", 0, nil)
	p.want(t, "one,two", 0)
	p.wantAsked(t, 2)
}

// A wait ends with its context, and nobody else's with it.
func TestRedisLockWaitEndsWithTheContext(t *testing.T) {
	t.Parallel()
	p := newRedisPair(t, true, long)
	resume := make(chan struct{})
	p.onAsk(until(1, resume), nil)
	asking := p.start(t.Context(), 1, 0)
	p.awaitAsked(t, 1)
	short, cancel := context.WithCancel(t.Context())
	impatient := p.start(short, 1, 1) // waits for the lock
	p.awaitListeners(t, 1)
	patient := p.start(t.Context(), 5, 1) // waits for the impatient one, or in its place
	cancel()
	impatient.want(t, "", 1, context.Canceled)
	p.awaitListeners(t, 1)
	patient.waiting(t)
	asking.waiting(t)
	close(resume)
	patient.want(t, "one,two", 0, nil)
	asking.want(t, "one,two", 0, nil)
	p.wantAsked(t, 1)
}

// A write in the middle of a wait is seen by all who read after it.
func TestRedisLockWithAWriteInTheMiddle(t *testing.T) {
	t.Parallel()
	p := newRedisPair(t, true, long)
	resume := make(chan struct{})
	p.onAsk(nil, until(1, resume)) // it has the old rows
	before := p.start(t.Context(), 1, 0)
	p.awaitAsked(t, 1)
	waiting := p.start(t.Context(), 10, 1)
	p.awaitListeners(t, 1)
	exec(t, p.peers[1].cached, "UPDATE items SET name = 'new' WHERE id = 1")
	after := p.start(t.Context(), 10, 0, 1)
	close(resume)
	before.want(t, "one,two", 0, nil)
	after.want(t, "new,two", 0, nil)
	for range waiting.n {
		// They began before the write, so either is right.
		if a := <-waiting.answers; a.err != nil || a.rows != "new,two" && a.rows != "one,two" {
			t.Errorf("a reader got %q, error %v", a.rows, a.err)
		}
	}
	p.want(t, "new,two", 0)
	p.want(t, "new,two", 1)
}
