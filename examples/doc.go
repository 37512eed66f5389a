// Package examples holds a quick start for each of the libraries that programs
// talk SQL with, in a folder named after the library. Each Example runs against
// a real SQLite file, and the snippets of the README are taken from them.
//
// Beside each Example the library goes through the suite of
// internal/conformance: every kind of read and write, in and outside of
// transactions, compared with the library on a database without a cache.
//
// In redis is a program of two processes that share one cache in Redis. In shop is a
// web application whose pages are cached.
package examples
