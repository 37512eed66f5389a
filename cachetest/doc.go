// Package cachetest and the packages below it test the cache and what is built
// on it. They may be imported by tests only.
package cachetest
