//go:build unix

// Package testprocess is what packages redistest and pgtest share: processes that end
// with the one that started them, ports that are theirs alone, waits that have a limit
// and say what they waited for, and tests that fail by what goes wrong in a server.
package testprocess
