//go:build unix

// Package testprocess runs the servers that tests need: processes that end with the
// one that started them, ports that are theirs alone, and waits that have a limit
// and say what they waited for.
package testprocess
