package rueidisstore

import (
	"context"
	"crypto/tls"
	"net"

	"github.com/redis/rueidis"
)

// bind has the connections that a client is making end with the context. The
// client makes them without one, and waits for a server's first answer for as long
// as for a connection, so that a Close would wait with it. From that answer on a
// connection is the client's to end.
func bind(ctx context.Context, opt *rueidis.ClientOption) {
	dial := dialler(opt)
	opt.DialCtxFn = func(within context.Context, addr string, d *net.Dialer, c *tls.Config) (net.Conn, error) {
		within, cancel := context.WithCancel(within)
		defer cancel()
		defer context.AfterFunc(ctx, cancel)()
		conn, err := dial(within, addr, d, c)
		if err != nil {
			return nil, err
		}
		if tcp, ok := conn.(*net.TCPConn); ok && opt.DisableTCPNoDelay {
			_ = tcp.SetNoDelay(false) // the client does not see it any more; it only saves packets
		}
		return &boundConn{Conn: conn, stop: context.AfterFunc(ctx, func() { _ = conn.Close() })}, nil
	}
}

// dialler returns the option's way to connect.
func dialler(opt *rueidis.ClientOption) func(context.Context, string, *net.Dialer, *tls.Config) (net.Conn, error) {
	switch {
	case opt.DialCtxFn != nil:
		return opt.DialCtxFn
	case opt.DialFn != nil:
		dial := opt.DialFn
		return func(_ context.Context, addr string, d *net.Dialer, c *tls.Config) (net.Conn, error) {
			return dial(addr, d, c)
		}
	}
	return func(ctx context.Context, addr string, d *net.Dialer, c *tls.Config) (net.Conn, error) {
		if c == nil {
			return d.DialContext(ctx, "tcp", addr)
		}
		return (&tls.Dialer{NetDialer: d, Config: c}).DialContext(ctx, "tcp", addr)
	}
}

// boundConn is a connection that ends with a context, until it is answered.
type boundConn struct {
	net.Conn
	stop func() bool

	answered bool // of the one who reads
}

// Read reads what the server sends.
func (c *boundConn) Read(b []byte) (n int, err error) {
	n, err = c.Conn.Read(b)
	if n > 0 && !c.answered {
		c.answered = true
		c.stop()
	}
	return n, err
}

// Close ends the connection, and leaves the context.
func (c *boundConn) Close() error {
	c.stop()
	return c.Conn.Close()
}
