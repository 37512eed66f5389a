package mysql

import (
	"testing"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/mysqltest"
)

// TestSessionReplica: a server that is not to be written may be behind another one.
func TestSessionReplica(t *testing.T) {
	t.Parallel()
	own := mysqltest.Start(t)
	c := openCatalogConn(t, own.NewDatabase(t))
	if got := c.session(t); got.Taint != 0 {
		t.Errorf("%+v", got)
	}
	settings := c.session(t).Settings
	c.exec(t, "SET GLOBAL read_only = ON")
	if got := c.session(t); got.Taint != dialect.TaintReads || got.Settings != settings {
		t.Errorf("%+v", got)
	}
}
