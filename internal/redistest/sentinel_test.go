//go:build unix

package redistest

import (
	"net/url"
	"testing"
)

func TestSentinel(t *testing.T) {
	t.Parallel()
	s := StartSentinel(t, WithPassword("p"))
	master, replica := s.Master(), s.Replica()
	if master == replica || master.Info("replication")["role"] != "master" || replica.Info("replication")["role"] != "slave" {
		t.Fatalf("the master is %s, the replica %s", master.Addr(), replica.Addr())
	}
	u := must[*url.URL](t)(url.Parse(s.URL()))
	password, _ := u.User.Password()
	if u.Host != s.Sentinels()[0].Addr() || len(u.Query()["addr"]) != 2 || u.Query().Get("master_set") != MasterSet || password != "p" {
		t.Errorf("the URL is %v", u)
	}
	do(t, master, "OK", "SET", "k", "1")
	replica.WaitSynced()
	old := masterID(t, master)

	s.Failover()
	if got := s.Master(); got != replica {
		t.Errorf("after the failover the master is %s, want %s", got.Addr(), replica.Addr())
	}
	do(t, replica, "1", "GET", "k")
	if id := masterID(t, replica); id == old {
		t.Error("the new master has the id of the old one")
	}
}

func TestSentinelNoticesADeadMaster(t *testing.T) {
	t.Parallel()
	s := must[*Sentinel](t)(RunSentinel(Config{TLS: true}))
	defer s.Close()
	master, replica := s.Master(), s.Replica()
	master.Kill()
	if err := s.WaitMaster(replica); err != nil {
		t.Fatal(err)
	}
	master.Restart()
	if err := s.WaitReplica(); err != nil {
		t.Fatal(err)
	}
	if got := s.Replica(); got != master {
		t.Errorf("the replica is %s, want %s", got.Addr(), master.Addr())
	}
}
