package rueidisstore

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/redis/rueidis"

	"github.com/cacheops/cacheops/rueidisstore/internal/envelope"
	"github.com/cacheops/cacheops/store"
)

// Store keeps entries and stamps in Redis. Make one with [New], use it from any
// number of goroutines, and end it with [Store.Close]. It implements [store.Store]
// and [store.Remote].
//
// Every error but those of a wrong call, of a context and [store.ErrClosed] wraps
// [store.ErrUnavailable].
type Store struct {
	cfg      Config
	mode     string
	option   *rueidis.ClientOption // nil where the client is the program's
	keys     keyring
	scripts  scripts
	copies   copies
	layouts  layouts
	envelope *envelope.Envelope
	space    space
	crew     *crew
	ears     ears

	reads, writes guard
	short, long   terms

	closed atomic.Bool
	close  sync.Once

	network atomic.Pointer[network]
	mu      sync.Mutex // guards joining
	joining *joining
}

var (
	_ store.Store  = (*Store)(nil)
	_ store.Remote = (*Store)(nil)
)

// joining is a network that is being made. Its err is written before done is
// closed.
type joining struct {
	done chan struct{}
	err  error
}

// New makes a store. It does not connect: the first call does, so that a program
// starts while Redis is away. [Store.Ping] tells whether it is there. The error
// names the field of the config that is wrong.
func New(config Config) (*Store, error) { return newStore(config, ModeStamps) }

func newStore(config Config, mode string) (*Store, error) {
	config = config.withDefaults()
	if err := config.validate(); err != nil {
		return nil, err
	}
	option, err := config.option()
	if err != nil {
		return nil, err
	}
	sealing, err := config.newEnvelope()
	if err != nil {
		return nil, err
	}
	config.Keys = nil // nobody needs the secrets any more
	s := &Store{
		cfg: config, mode: mode, envelope: sealing, option: option, scripts: newScripts(), crew: newCrew(),
		keys:  keyring{prefix: config.Prefix},
		reads: newGuard(readTries, readPause), writes: newGuard(writeTries, writePause),
	}
	s.short.limit, s.long.limit = config.ReadTimeout, config.WriteTimeout
	if option != nil {
		bind(s.crew.ctx, option)
	}
	if config.Client != nil {
		s.network.Store(newNetwork(config.Client, false, s.crew, &s.cfg, mode))
	}
	return s, nil
}

// join returns the network, and connects where nobody has.
func (s *Store) join(ctx context.Context) (*network, error) {
	if n := s.network.Load(); n != nil {
		return s.usable(n)
	}
	s.mu.Lock()
	j := s.joining
	if j == nil {
		j = &joining{done: make(chan struct{})}
		if !s.crew.start(func() { s.connect(j) }) {
			s.mu.Unlock()
			return nil, store.ErrClosed
		}
		s.joining = j
	}
	s.mu.Unlock()
	select {
	case <-j.done:
		if j.err != nil {
			return nil, j.err
		}
		return s.usable(s.network.Load())
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// usable refuses a Cluster in sets mode, where a script touches keys of any slot.
func (s *Store) usable(n *network) (*network, error) {
	if s.mode == ModeSets && n.single == nil {
		return nil, ErrCluster
	}
	return n, nil
}

// connect makes the client. It takes as long as the client's own time-outs let it,
// or until Close, so nobody waits for it who has less time.
func (s *Store) connect(j *joining) {
	client, err := rueidis.NewClient(*s.option)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		if client != nil {
			client.Close()
		}
		j.err = err
		if isContext(err) {
			j.err = fmt.Errorf("%w: %w", errSilent, err)
		}
	} else {
		s.network.Store(newNetwork(client, true, s.crew, &s.cfg, s.mode))
	}
	s.joining = nil
	close(j.done)
}

// Ping returns nil when Redis answers, is a master, and is new enough. The error
// says what is wrong with it.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.check(ctx); err != nil {
		return err
	}
	within, cancel := context.WithTimeout(ctx, s.cfg.WriteTimeout)
	defer cancel()
	if _, err := s.ground(within, ""); err != nil {
		return s.failed(ctx, "ping", err)
	}
	return nil
}

// Close ends the store's goroutines and connections. What is under way fails. It
// waits a second for a server that is silent. It may be called more than once, and
// returns nil.
func (s *Store) Close() error {
	s.closed.Store(true)
	s.close.Do(func() {
		s.crew.close()
		if n := s.network.Load(); n != nil {
			n.close()
		}
	})
	return nil
}

// check returns the error that every method returns before it does anything.
func (s *Store) check(ctx context.Context) error {
	if s.closed.Load() {
		return store.ErrClosed
	}
	return ctx.Err()
}

// failed turns the error of a call of Redis into the store's.
func (s *Store) failed(ctx context.Context, what string, err error) error {
	if s.closed.Load() {
		return store.ErrClosed
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return unavailable(what, err)
}

// do runs requests.
func (s *Store) do(ctx context.Context, requests ...*request) error {
	n, err := s.join(ctx)
	if err != nil {
		return err
	}
	return n.do(ctx, requests...)
}

// String names the store in logs, without what is secret.
func (s *Store) String() string { return fmt.Sprintf("redis (prefix %q)", s.cfg.Prefix) }
