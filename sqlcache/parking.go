package sqlcache

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync/atomic"
)

// defaultIdle is how many idle connections database/sql keeps.
const defaultIdle = 2

// maxParked bounds the slots, which are gone through one by one.
const maxParked = 16

// leased is a real connection that is kept out of its pool.
type leased struct {
	lease *sql.Conn
	real  *realConn
}

// parking keeps idle real connections at hand: to give one back to the pool and
// to lease it anew takes several times as long as to leave it here. Parked ones
// count as idle. Whoever waits for the pool comes first: nothing is parked as long
// as somebody does.
//
// It may be used by many goroutines.
type parking struct {
	slots []atomic.Pointer[leased]
	idle  int // how many connections may be idle, here and in the pool

	open    atomic.Int32 // real connections
	used    atomic.Int32 // those that a virtual connection holds
	waiting atomic.Int32 // those who ask the pool
	closed  atomic.Bool
}

// newParking returns a parking for a pool with these settings. Where connections
// have a life time the pool has to look after all of them, and nothing is parked.
func newParking(cfg *Config) *parking {
	p := &parking{idle: defaultIdle}
	if cfg.MaxIdleConns != 0 {
		p.idle = cfg.MaxIdleConns
	}
	if p.idle > 0 && cfg.ConnMaxLifetime <= 0 && cfg.ConnMaxIdleTime <= 0 {
		p.slots = make([]atomic.Pointer[leased], min(p.idle, maxParked))
	}
	return p
}

// take returns a connection that is ready for use, or nil where none is parked.
// What the pool does to a connection before it hands it out is done here.
func (p *parking) take(ctx context.Context) *leased {
	for i := range p.slots {
		if p.slots[i].Load() == nil {
			continue
		}
		l := p.slots[i].Swap(nil)
		if l == nil {
			continue
		}
		if err := l.real.ResetSession(ctx); !errors.Is(err, driver.ErrBadConn) {
			return l
		}
		l.discard()
	}
	return nil
}

// put parks a connection. False means that it has to go back to the pool.
func (p *parking) put(l *leased) bool {
	if p.waiting.Load() > 0 || p.closed.Load() {
		return false
	}
	if len(p.slots) > 0 && p.unused() > p.idle {
		l.discard() // the pool would count only its own
		return true
	}
	for i := range p.slots {
		if p.slots[i].Load() != nil {
			continue
		}
		if !l.real.IsValid() { // asked once, here or by the pool
			l.discard()
			return true
		}
		if !p.slots[i].CompareAndSwap(nil, l) {
			return false
		}
		// Whoever came to wait before the slot was full may not have seen it; who
		// comes now does. If somebody took it meanwhile all is well.
		if p.waiting.Load() > 0 || p.closed.Load() {
			return !p.slots[i].CompareAndSwap(l, nil)
		}
		return true
	}
	return false
}

// unused returns how many real connections are idle, here and in the pool.
func (p *parking) unused() int { return int(p.open.Load() - p.used.Load()) }

// close closes what is parked. Nothing is parked any more.
func (p *parking) close() {
	p.closed.Store(true)
	for i := range p.slots {
		if l := p.slots[i].Swap(nil); l != nil {
			l.discard()
		}
	}
}

// lease takes a connection out of the pool, waiting by the context.
func (c *connector) lease(ctx context.Context) (*leased, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if l := c.parking.take(ctx); l != nil {
		c.parking.used.Add(1)
		return l, nil
	}
	c.parking.waiting.Add(1)
	defer c.parking.waiting.Add(-1)
	// Again: one may have been parked before it was known that somebody waits.
	if l := c.parking.take(ctx); l != nil {
		c.parking.used.Add(1)
		return l, nil
	}
	conn, err := c.pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	l := &leased{lease: conn}
	// While the lease is held the pool lets nobody else use the connection, and
	// touches it no more itself: so it may be used outside Raw, which rows that
	// outlive a call need.
	err = conn.Raw(func(dc any) (err error) {
		l.real, err = asReal(dc)
		return err
	})
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	c.parking.used.Add(1)
	return l, nil
}

// giveBack ends a lease. The cause driver.ErrBadConn has the connection closed.
func (c *connector) giveBack(l *leased, cause error) {
	c.parking.used.Add(-1)
	switch {
	case errors.Is(cause, driver.ErrBadConn):
		l.discard()
	case l.real.spent && l.real.taints[fromSettings]|l.real.taints[fromState]|l.real.taints[fromCode] == 0 && !l.real.unsure:
		// The pool would hand it out first, and nothing that is read over it is stored.
		// Nobody misses it: its session has nothing that another one has not.
		l.discard()
	case !c.parking.put(l):
		_ = l.lease.Close() // reports only that it was closed before
	}
}

// discard has the pool close the connection.
func (l *leased) discard() {
	_ = l.lease.Raw(func(any) error { return driver.ErrBadConn })
	_ = l.lease.Close()
}
