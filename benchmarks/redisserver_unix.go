//go:build unix

package main

import "github.com/cacheops/cacheops/internal/redistest"

// startServer starts a Redis of its own, which never writes to the disk.
func startServer() (redisServer, error) {
	s, err := redistest.Run(redistest.Config{Settings: []string{"save ''", "appendonly no"}})
	if err != nil {
		return nil, err // and no *redistest.Server that is nil
	}
	return s, nil
}
