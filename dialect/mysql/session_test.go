package mysql

import (
	"maps"
	"testing"

	"github.com/cacheops/cacheops/dialect"
)

// TestSessionBehind: which variables make a server one that may be behind another. Those of
// a cluster or a group can be set on no server that stands alone.
func TestSessionBehind(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		variables map[string]string
		behind    bool
	}{
		{nil, false},
		{map[string]string{"read_only": "ON"}, true},
		{map[string]string{"read_only": "NO_LOCK"}, true},
		{map[string]string{"super_read_only": "ON"}, true},
		{map[string]string{"innodb_read_only": "1"}, true},
		{map[string]string{"wsrep_on": "OFF", "wsrep_sync_wait": "0", "wsrep_dirty_reads": "ON"}, false},
		{map[string]string{"wsrep_on": "ON", "wsrep_sync_wait": "0"}, true},
		{map[string]string{"wsrep_on": "ON", "wsrep_sync_wait": "1", "wsrep_dirty_reads": "OFF"}, false},
		{map[string]string{"wsrep_on": "ON", "wsrep_sync_wait": "15", "wsrep_dirty_reads": "ON"}, true},
		{map[string]string{"group_replication_single_primary_mode": "ON", "group_replication_consistency": "EVENTUAL"}, false},
		{map[string]string{"group_replication_single_primary_mode": "OFF", "group_replication_consistency": "EVENTUAL"}, true},
		{map[string]string{"group_replication_single_primary_mode": "OFF", "group_replication_consistency": "BEFORE"}, false},
	} {
		s := &sessionState{version: sessionOldestMySQL, variables: map[string]string{
			"version": "8.0.40", "transaction_isolation": "REPEATABLE-READ", "autocommit": "ON", "unique_checks": "ON", "sql_select_limit": sessionUnlimited,
			"character_set_client": "utf8mb4", "character_set_connection": "utf8mb4", "character_set_results": "utf8mb4",
		}}
		maps.Copy(s.variables, test.variables)
		got := s.session()
		if got.Behind != test.behind || (got.Taint == dialect.TaintReads) != test.behind || !test.behind && got.Taint != 0 || !got.Watched {
			t.Errorf("%v: %+v", test.variables, got)
		}
	}
}
