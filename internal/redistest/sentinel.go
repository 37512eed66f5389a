//go:build unix

package redistest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cacheops/cacheops/internal/testprocess"
)

// MasterSet is the name that Sentinels of this package have for their master.
const MasterSet = "cacheops"

// Sentinel is a master with one replica, watched by three Sentinels. A master that
// does not answer for two seconds is taken for failed, and the replica takes over a
// second or two later.
//
// A method that cannot do what it says fails the test, as those of [Server] do.
type Sentinel struct {
	owner     testprocess.Owner
	data      []*Server
	sentinels []*Server
}

// StartSentinel starts the servers and the Sentinels, and waits until all know each
// other. The options are those of the master and the replica. The Sentinels have no
// password, and TLS where the servers have.
func StartSentinel(t T, options ...Option) *Sentinel {
	t.Helper()
	s, err := RunSentinel(Config{}.apply(options))
	if err != nil {
		t.Fatalf("%v", err)
	}
	s.owner = testprocess.OwnedBy(t)
	for _, server := range s.Servers() {
		server.owned(t)
	}
	return s
}

// RunSentinel is StartSentinel for a program, as [Run] is [Start].
func RunSentinel(config Config) (_ *Sentinel, err error) {
	s := new(Sentinel)
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	master, err := Run(config)
	if err != nil {
		return s, err
	}
	s.data = append(s.data, master)
	replica, err := RunReplica(master, WithSettings(config.Settings...))
	if err != nil {
		return s, err
	}
	s.data = append(s.data, replica)

	watch := Config{TLS: config.TLS, Binary: config.Binary, sentinel: true, Settings: []string{
		fmt.Sprintf("sentinel monitor %s 127.0.0.1 %d 2", MasterSet, master.port.Number),
		// A Sentinel asks once a second, at first a second after it has a new
		// master. With less than two it takes one that is well for failed.
		"sentinel down-after-milliseconds " + MasterSet + " 2000",
		"sentinel failover-timeout " + MasterSet + " 3000",
	}}
	if config.Password != "" {
		watch.Settings = append(watch.Settings, "sentinel auth-pass "+MasterSet+" "+strconv.Quote(config.Password))
	}
	for range 3 {
		sentinel, err := Run(watch)
		if err != nil {
			return s, err
		}
		s.sentinels = append(s.sentinels, sentinel)
		// They tell each other what they know, and look at the servers, more often
		// than they do in earnest, so that a test need not wait half a minute.
		// Before Redis 7 this cannot be said, and takes its time.
		_, err = sentinel.do(context.Background(), "SENTINEL", "DEBUG", "INFO-PERIOD", "1000", "PUBLISH-PERIOD", "500")
		if answered := Error(""); err != nil && !errors.As(err, &answered) {
			return s, err
		}
	}
	return s, testprocess.Await("the Sentinels to know each other and the replica", s.complete)
}

// complete is nil when every Sentinel knows all others and finds them well.
func (s *Sentinel) complete(ctx context.Context) error {
	for _, sentinel := range s.answering() {
		master, err := sentinel.pairs(ctx, "SENTINEL", "MASTER", MasterSet)
		if err != nil {
			return err
		}
		if master["flags"] != "master" || master["num-slaves"] != "1" || master["num-other-sentinels"] != "2" {
			return fmt.Errorf("%s says the master is %s with %s replicas, and there are %s other Sentinels",
				sentinel.Addr(), master["flags"], master["num-slaves"], master["num-other-sentinels"])
		}
		replica, err := sentinel.pairs(ctx, "SENTINEL", "REPLICAS", MasterSet)
		if err != nil {
			return err
		}
		if replica["flags"] != "slave" || replica["master-link-status"] != "ok" {
			return fmt.Errorf("%s says the replica is %s, and its link %s", sentinel.Addr(), replica["flags"], replica["master-link-status"])
		}
	}
	return nil
}

// pairs asks for names and values, one after the other.
func (s *Server) pairs(ctx context.Context, args ...string) (map[string]string, error) {
	answer, err := s.call(ctx, args...)
	if err != nil {
		return nil, err
	}
	pairs := make(map[string]string)
	for pair := range slices.Chunk(flatten(answer), 2) {
		if len(pair) == 2 {
			pairs[pair[0]] = pair[1]
		}
	}
	return pairs, nil
}

// Close kills all servers and Sentinels and removes their folders.
func (s *Sentinel) Close() error {
	return testprocess.Together(s.Servers(), func(_ int, server *Server) error { return server.Close() })
}

// Servers returns all: the two that hold data, then the Sentinels.
func (s *Sentinel) Servers() []*Server { return slices.Concat(s.data, s.sentinels) }

// Sentinels returns the three Sentinels, up or down.
func (s *Sentinel) Sentinels() []*Server { return slices.Clone(s.sentinels) }

// URL names the Sentinels, the password of the servers they watch, and the name of
// the master: redis://:password@host:port?addr=host:port&...&master_set=cacheops
func (s *Sentinel) URL() string {
	u, err := url.Parse(joinURL(s.sentinels, url.Values{"master_set": {MasterSet}}))
	if err != nil {
		return "" // it is ours
	}
	if password := s.data[0].config.Password; password != "" {
		u.User = url.UserPassword("", password)
	}
	return u.String()
}

// Master returns the server that the Sentinels that answer say is the master. It
// waits until they agree.
func (s *Sentinel) Master() *Server {
	master, err := s.agreed()
	_ = s.owner.Check(err)
	return master
}

// Replica returns the server that is not the master, even if it does not follow the
// master yet. It waits until the Sentinels agree who the master is.
func (s *Sentinel) Replica() *Server {
	master, err := s.agreed()
	_ = s.owner.Check(err)
	for _, server := range s.data {
		if err == nil && server != master {
			return server
		}
	}
	return nil
}

func (s *Sentinel) agreed() (master *Server, err error) {
	err = testprocess.Await("the Sentinels to agree about the master", func(ctx context.Context) (err error) {
		master, err = s.master(ctx)
		return err
	})
	return master, err
}

func (s *Sentinel) master(ctx context.Context) (*Server, error) {
	var agreed string
	for _, sentinel := range s.answering() {
		answer, err := sentinel.do(ctx, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", MasterSet)
		if err != nil {
			return nil, err
		}
		if agreed != "" && agreed != answer {
			return nil, fmt.Errorf("redistest: the Sentinels do not agree about the master: %q and %q", agreed, answer)
		}
		agreed = answer
	}
	for _, server := range s.data {
		if agreed == strings.Replace(server.Addr(), ":", "\n", 1) {
			return server, nil
		}
	}
	return nil, fmt.Errorf("redistest: the Sentinels say the master is %q", agreed)
}

// answering returns the Sentinels that are up and not paused.
func (s *Sentinel) answering() []*Server {
	return slices.DeleteFunc(slices.Clone(s.sentinels), func(s *Server) bool { return !s.answering() })
}

// Failover makes the replica the master (SENTINEL FAILOVER), and waits until all
// Sentinels that answer say so. The old master goes on as a master, and takes what
// clients write, until the Sentinels make it a replica some seconds later:
// [Sentinel.WaitReplica].
func (s *Sentinel) Failover() error {
	replica := s.Replica()
	if replica == nil {
		return s.owner.Check(errors.New("redistest: the Sentinels do not say who the replica is"))
	}
	ask := testprocess.EveryOnce(15*time.Second, func() error {
		up := s.answering()
		if len(up) == 0 {
			return testprocess.FatalError{Err: errors.New("no Sentinel is up")}
		}
		// Refused while an older failover is not over, or the replica not
		// known.
		_, err := up[0].do(context.Background(), "SENTINEL", "FAILOVER", MasterSet)
		return err
	})
	return s.owner.Check(testprocess.Await(replica.Addr()+" to become the master", func(ctx context.Context) error {
		err := s.isMaster(ctx, replica)
		if err == nil {
			return nil
		}
		if refused := ask(); refused != nil {
			return refused
		}
		return err
	}))
}

// WaitMaster waits until all Sentinels that answer say that a server is the
// master, and it says so too.
func (s *Sentinel) WaitMaster(server *Server) error {
	return s.owner.Check(testprocess.Await(server.Addr()+" to become the master", func(ctx context.Context) error {
		return s.isMaster(ctx, server)
	}))
}

func (s *Sentinel) isMaster(ctx context.Context, server *Server) error {
	master, err := s.master(ctx)
	if err != nil {
		return err
	}
	if master != server {
		return errors.New("it is " + master.Addr())
	}
	info, err := server.info(ctx, "replication")
	if err != nil {
		return err
	}
	if info["role"] != "master" {
		return errors.New("it says that it is a replica")
	}
	return nil
}

// WaitReplica waits until the server that is not the master follows the master
// and has its data, and all Sentinels that answer find everything in order. An old
// master comes to that some seconds after a failover.
func (s *Sentinel) WaitReplica() error {
	return s.owner.Check(testprocess.Await("the old master to become a replica", func(ctx context.Context) error {
		master, err := s.master(ctx)
		if err != nil {
			return err
		}
		for _, server := range s.data {
			if server == master {
				continue
			}
			if err := server.synced(ctx); err != nil {
				return err
			}
		}
		return s.complete(ctx)
	}))
}
