package mysqltest

import (
	"bytes"
	"net"
	"sync"
)

// Commits is a connection to MySQL or MariaDB on which something happens around each
// COMMIT that a driver sends as a query in text, as go-sql-driver/mysql does. Put it
// around the connection that a driver dials. It knows nothing of TLS.
//
// The functions may be nil. They are called by the goroutine that writes to the
// connection, or that reads from it.
type Commits struct {
	net.Conn

	// Before is called when a COMMIT is about to be sent. An error closes the
	// connection, and the server never sees the COMMIT.
	Before func() error
	// Sent is called when it was sent. An error closes the connection, and nobody
	// sees the answer.
	Sent func() error
	// Committed is called when the server has said that it has committed, before the
	// driver hears of it. An error closes the connection, and it does not.
	Committed func() error

	mu      sync.Mutex // guards waiting
	waiting bool       // for the answer to a COMMIT
}

// Write implements [net.Conn].
func (c *Commits) Write(b []byte) (int, error) {
	if !isCommit(b) {
		return c.Conn.Write(b)
	}
	if err := c.then(c.Before); err != nil {
		return 0, err
	}
	c.mu.Lock()
	c.waiting = true
	c.mu.Unlock()
	n, err := c.Conn.Write(b)
	if err != nil {
		return n, err
	}
	return n, c.then(c.Sent)
}

// Read implements [net.Conn].
func (c *Commits) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.mu.Lock()
	committed := c.waiting && n > packetHead && b[packetHead] == okHead
	if n > 0 {
		c.waiting = false
	}
	c.mu.Unlock()
	if committed {
		if err := c.then(c.Committed); err != nil {
			return 0, err
		}
	}
	return n, err
}

// then calls a function, and closes the connection where that fails.
func (c *Commits) then(f func() error) error {
	if f == nil {
		return nil
	}
	err := f()
	if err != nil {
		_ = c.Conn.Close() // it is to be cut, whatever that says
	}
	return err
}

const (
	packetHead = 4    // the length in three bytes, and a number
	okHead     = 0x00 // the first byte of an answer that is no error
	queryHead  = 0x03 // the first byte of a query in text
)

// isCommit reports whether a packet is the query COMMIT.
func isCommit(b []byte) bool {
	return len(b) > packetHead && b[packetHead] == queryHead && bytes.EqualFold(bytes.TrimSpace(bytes.TrimRight(b[packetHead+1:], ";")), []byte("commit"))
}
