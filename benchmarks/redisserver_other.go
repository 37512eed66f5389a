//go:build !unix

package main

import "errors"

// startServer says that there is no Redis on this system.
func startServer() (redisServer, error) {
	return nil, errors.New("Redis is not started on this system: run the benchmarks on Linux or macOS")
}
