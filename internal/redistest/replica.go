//go:build unix

package redistest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/cacheops/cacheops/internal/testprocess"
)

// StartReplica starts a replica of a server and waits until it has all its data.
// Password, TLS and Binary are those of the master; its settings are its own.
func StartReplica(t T, master *Server, options ...Option) *Server {
	t.Helper()
	s, err := runReplica(master, options...)
	if err != nil {
		t.Fatalf("%v", err)
	}
	s.owned(t)
	_ = s.WaitSynced() // fails the test
	return s
}

// RunReplica is StartReplica for a program, as [Run] is [Start].
func RunReplica(master *Server, options ...Option) (*Server, error) {
	s, err := runReplica(master, options...)
	if err != nil {
		return nil, err
	}
	if err := s.WaitSynced(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func runReplica(master *Server, options ...Option) (*Server, error) {
	config := Config{Password: master.config.Password, TLS: master.config.TLS, Binary: master.config.Binary}
	config.Settings = []string{fmt.Sprintf("replicaof 127.0.0.1 %d", master.port.Number)}
	return Run(config.apply(options))
}

// WaitSynced waits until a replica is connected with its master, whichever that
// is by now, the master counts it, and it has all that the master had written when it was asked.
func (s *Server) WaitSynced() error {
	return s.owner.Check(testprocess.Await("the replica "+s.Addr()+" to have its master's data", s.synced))
}

// synced is nil when the replica has what its master has.
func (s *Server) synced(ctx context.Context) error {
	info, err := s.info(ctx, "replication")
	if err != nil {
		return err
	}
	if info["role"] != "slave" {
		return errors.New("it is a master")
	}
	number, err := strconv.Atoi(info["master_port"])
	if err != nil {
		return fmt.Errorf("its master is %q", net.JoinHostPort(info["master_host"], info["master_port"]))
	}
	master := &Server{config: s.config, port: &testprocess.Port{Number: number}}
	want, err := master.info(ctx, "replication")
	if err != nil {
		return err
	}
	// Asked after the master was.
	if info, err = s.info(ctx, "replication"); err != nil {
		return err
	}
	behind, err := offset(want, "master_repl_offset")
	if err != nil {
		return err
	}
	has, err := offset(info, "slave_repl_offset")
	if err != nil {
		return err
	}
	switch {
	case info["master_link_status"] != "up":
		return errors.New("it is not connected with " + master.Addr())
	case info["master_replid"] != want["master_replid"]:
		return errors.New("it follows another history than " + master.Addr())
	case has < behind:
		return fmt.Errorf("it has %d of %d bytes", has, behind)
	case !counts(want, s.port.Number):
		return errors.New("it does not count yet for " + master.Addr())
	}
	return nil
}

// counts reports whether a master takes the replica with that port for connected. It
// does so a moment after the replica does.
func counts(master map[string]string, port int) bool {
	for i := 0; ; i++ {
		replica, ok := master["slave"+strconv.Itoa(i)]
		if !ok {
			return false
		}
		fields := strings.Split(replica, ",")
		if slices.Contains(fields, "port="+strconv.Itoa(port)) {
			return slices.Contains(fields, "state=online")
		}
	}
}

func offset(info map[string]string, name string) (int64, error) {
	n, err := strconv.ParseInt(info[name], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s is %q", name, info[name])
	}
	return n, nil
}
