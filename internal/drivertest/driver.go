package drivertest

import (
	"context"
	"database/sql/driver"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// Driver is the state behind a fake driver: answers, recorded calls, and counts
// of what is open. It may be used from many goroutines. Make one with [New]; it
// is no driver.Driver itself, see [Driver.Driver].
type Driver struct {
	capabilities Capability

	mu       sync.Mutex // guards all below
	answers  map[string]Answer
	failures []Failure
	calls    []Call
	counts   map[Op]int
	conns    int // ever opened
	open     Open
}

// Open is how many things are open at the moment. All zero after a DB was
// closed, or something leaks.
type Open struct{ Conns, Stmts, Rows, Txs int }

// New returns a driver.
func New(c Config) *Driver {
	d := &Driver{
		capabilities: c.Capabilities,
		answers:      maps.Clone(c.Answers),
		failures:     slices.Clone(c.Failures),
		counts:       map[Op]int{},
	}
	if d.answers == nil {
		d.answers = map[string]Answer{}
	}
	return d
}

// Answer sets the answer to a text.
func (d *Driver) Answer(text string, a Answer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answers[text] = a
}

// Open tells what is open.
func (d *Driver) Open() Open {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.open
}

// count changes what is open.
func (d *Driver) count(change func(*Open)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(&d.open)
}

// Driver returns the driver.Driver, to register or to wrap. It has
// driver.DriverContext only with that capability.
func (d *Driver) Driver() driver.Driver {
	if d.capabilities.Has(DriverContext) {
		return contextDriver{plainDriver{d}}
	}
	return plainDriver{d}
}

// Connector returns a connector for sql.OpenDB. It is an io.Closer only with
// that capability.
func (d *Driver) Connector() driver.Connector {
	if d.capabilities.Has(ConnectorCloser) {
		return closingConnector{plainConnector{d}}
	}
	return plainConnector{d}
}

type plainDriver struct{ d *Driver }

// Open implements driver.Driver.
func (p plainDriver) Open(name string) (driver.Conn, error) {
	if err := p.d.note(context.Background(), Call{Op: OpOpen, Query: name}); err != nil {
		return nil, err
	}
	return p.d.connect()
}

type contextDriver struct{ plainDriver }

// OpenConnector implements driver.DriverContext.
func (p contextDriver) OpenConnector(name string) (driver.Connector, error) {
	if err := p.d.note(context.Background(), Call{Op: OpOpenConnector, Query: name}); err != nil {
		return nil, err
	}
	return p.d.Connector(), nil
}

type plainConnector struct{ d *Driver }

// Connect implements driver.Connector.
func (p plainConnector) Connect(ctx context.Context) (driver.Conn, error) {
	if err := p.d.note(ctx, Call{Op: OpConnect}); err != nil {
		return nil, err
	}
	return p.d.connect()
}

// Driver implements driver.Connector.
func (p plainConnector) Driver() driver.Driver { return p.d.Driver() }

type closingConnector struct{ plainConnector }

// Close implements io.Closer.
func (p closingConnector) Close() error {
	return p.d.note(context.Background(), Call{Op: OpConnectorClose})
}

func (d *Driver) connect() (driver.Conn, error) {
	c := &conn{d: d}
	wrapped := wrapConn(c, d.capabilities&OnConn)
	if wrapped == nil {
		return nil, fmt.Errorf("drivertest: no connection has exactly %v: add the set in gen, and run go generate", d.capabilities&OnConn)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.conns++
	c.number = d.conns
	d.open.Conns++
	return wrapped, nil
}
