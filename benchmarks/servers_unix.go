//go:build unix

package main

import "github.com/cacheops/cacheops/internal/pgtest"

// startPostgres starts a PostgreSQL of its own, with settings.
func startPostgres(settings ...string) (postgresServer, error) {
	s, err := pgtest.Run(pgtest.Config{Settings: settings, OnDisk: true})
	if err != nil {
		return nil, err // and no *pgtest.Server that is nil
	}
	return s, nil
}
