package faults

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cacheops/cacheops/internal/redistest"
)

// A router that forgot its connections, or a server that lost its power, leaves
// connections on which nothing is said any more, and no end either. New ones work.
func TestSilentConnections(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t, unsaved)
	var r router
	l := startLoadOf(t, usualPadding, r.dial, three(s.URL())...)
	l.under(func() {
		r.forget()
		l.wait(*lasts)
	})
}

// router is between clients and servers.
type router struct {
	mu    sync.Mutex // guards conns
	conns []*routed
}

func (r *router) dial(ctx context.Context, addr string, d *net.Dialer, _ *tls.Config) (net.Conn, error) {
	inner, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	c := &routed{Conn: inner}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conns = append(r.conns, c)
	return c, nil
}

// forget has no connection that there is carry anything any more.
func (r *router) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.conns {
		c.silent.Store(true)
	}
}

// routed is a connection.
type routed struct {
	net.Conn
	silent, closed atomic.Bool
}

func (c *routed) Close() error {
	c.closed.Store(true)
	return c.Conn.Close()
}

func (c *routed) Read(b []byte) (int, error) {
	for {
		n, err := c.Conn.Read(b)
		if err != nil || !c.silent.Load() {
			return n, err
		}
	}
}

func (c *routed) Write(b []byte) (int, error) {
	if c.silent.Load() && !c.closed.Load() {
		return len(b), nil
	}
	return c.Conn.Write(b)
}
