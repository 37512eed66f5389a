package mysql

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"

	mysqldriver "github.com/go-sql-driver/mysql"
)

// cutter stands between the driver and the server, and cuts connections so that the
// server does not notice before it has something to say.
type cutter struct {
	listener net.Listener
	server   string
	wait     sync.WaitGroup

	mu      sync.Mutex // guards what follows
	clients map[net.Conn]struct{}
	servers map[net.Conn]struct{}
}

// newCutter returns a cutter before the server of a DSN, and the DSN through it.
func newCutter(t *testing.T, dsn string) (*cutter, string) {
	t.Helper()
	cfg, err := mysqldriver.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{listener: l, server: cfg.Addr, clients: map[net.Conn]struct{}{}, servers: map[net.Conn]struct{}{}}
	cfg.Addr = l.Addr().String()
	c.wait.Go(c.accept)
	t.Cleanup(func() {
		_ = l.Close()
		c.cut()
		c.mu.Lock()
		for s := range c.servers {
			_ = s.Close()
		}
		c.mu.Unlock()
		c.wait.Wait()
	})
	return c, cfg.FormatDSN()
}

func (c *cutter) accept() {
	for {
		client, err := c.listener.Accept()
		if err != nil {
			return
		}
		c.wait.Go(func() { c.pass(client) })
	}
}

// pass carries one connection's bytes.
func (c *cutter) pass(client net.Conn) {
	defer client.Close()
	server, err := new(net.Dialer).DialContext(context.Background(), "tcp", c.server)
	if err != nil {
		return
	}
	c.mu.Lock()
	c.clients[client], c.servers[server] = struct{}{}, struct{}{}
	c.mu.Unlock()
	c.wait.Go(func() {
		_, _ = io.Copy(client, server)
		_ = server.Close() // the server is done, or found nobody
		_ = client.Close()
	})
	_, _ = io.Copy(server, client)
	c.mu.Lock()
	_, hungUp := c.clients[client]
	c.mu.Unlock()
	if hungUp { // by the driver, and was not cut
		_ = server.Close()
	}
}

// cut cuts all connections of the driver. Those to the server stay.
func (c *cutter) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for client := range c.clients {
		delete(c.clients, client)
		_ = client.Close()
	}
}
