//go:build !unix

package main

import "errors"

// startPostgres says that there is no PostgreSQL on this system.
func startPostgres(...string) (server, error) {
	return nil, errors.New("PostgreSQL is not started on this system: run the benchmarks on Linux or macOS")
}

// startMariaDB says that there is no MariaDB on this system.
func startMariaDB(...string) (server, error) {
	return nil, errors.New("MariaDB is not started on this system: run the benchmarks on Linux or macOS")
}
