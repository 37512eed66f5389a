//go:build unix

package redistest

import (
	"testing"
)

func TestReplicaFollowsItsMaster(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]Option{
		"plain": nil, "TLS and password": {WithTLS(), WithPassword(`p "q"`)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			master := Start(t, options...)
			do(t, master, "OK", "SET", "k", "1")
			replica := StartReplica(t, master, WithSettings("save ''"))
			do(t, replica, "1", "GET", "k")
			do(t, master, "OK", "SET", "k", "2")
			replica.WaitSynced()
			do(t, replica, "2", "GET", "k")
			if _, err := replica.Do("SET", "k", "3"); err == nil {
				t.Error("the replica took a write")
			}

			do(t, replica, "OK", "REPLICAOF", "NO", "ONE")
			do(t, replica, "OK", "SET", "k", "3")
			do(t, master, "2", "GET", "k")
		})
	}
}

func TestRunReplica(t *testing.T) {
	t.Parallel()
	master := must[*Server](t)(Run(Config{}))
	defer master.Close()
	replica := must[*Server](t)(RunReplica(master))
	defer replica.Close()
	if role := replica.Info("replication")["role"]; role != "slave" {
		t.Errorf("its role is %s", role)
	}
}
