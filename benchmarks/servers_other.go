//go:build !unix

package main

import "errors"

// startPostgres says that there is no PostgreSQL on this system.
func startPostgres(...string) (postgresServer, error) {
	return nil, errors.New("PostgreSQL is not started on this system: run the benchmarks on Linux or macOS")
}
