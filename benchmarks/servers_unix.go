//go:build unix

package main

import (
	"github.com/cacheops/cacheops/internal/mysqltest"
	"github.com/cacheops/cacheops/internal/pgtest"
)

// startPostgres starts a PostgreSQL of its own, with settings.
func startPostgres(settings ...string) (server, error) {
	s, err := pgtest.Run(pgtest.Config{Settings: settings, OnDisk: true})
	if err != nil {
		return nil, err // and no *pgtest.Server that is nil
	}
	return s, nil
}

// startMariaDB starts a MariaDB of its own, with settings. Its tables fit into its
// memory, which those of tests need not.
func startMariaDB(settings ...string) (server, error) {
	settings = append([]string{"innodb_buffer_pool_size=256M", "innodb_log_file_size=96M"}, settings...)
	s, err := mysqltest.Run(mysqltest.Config{Settings: settings, OnDisk: true})
	if err != nil {
		return nil, err
	}
	return s, nil
}
