// Package faults shows what becomes of a cache in Redis when something happens to
// Redis: servers that stop, die, come back with old data, are full, refuse, fail
// over to a replica that lags, or move their slots, and networks that are slow or
// cut.
//
// Its tests run a load: several caches, as several processes would have them, read
// and write one database, before, during and after each fault. Every value that is
// read is compared with the writes that were acknowledged before the read began.
// None may be older, at any time. When the fault is over the caches must recover by
// themselves, and at last every cached answer is compared with the database's.
//
// The servers are real ones, see package redistest. There are tests only.
package faults
