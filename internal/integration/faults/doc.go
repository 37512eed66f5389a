// Package faults shows what becomes of a cache in Redis when something happens to
// Redis: servers that stop, die, come back with old data, are full, refuse, fail
// over to a replica that lags, or move their slots, and networks that are slow or
// cut. And when something happens to PostgreSQL under it: servers that end in the
// middle of transactions, crash, stand still, throw their clients out or fail over,
// and connections that are cut around a COMMIT.
//
// Its tests run a load: several caches, as several processes would have them, read
// and write one database, before, during and after each fault. Every value that is
// read is compared with the writes that were acknowledged before the read began.
// None may be older, at any time. When the fault is over the caches must recover by
// themselves, and at last every cached answer is compared with the database's. Faults
// of Redis are tried over SQLite, and with -faults.database=postgres over PostgreSQL.
// What fails with PostgreSQL away is not compared; whether a write whose COMMIT had no
// answer has happened the database is asked when it is back.
//
// The servers are real ones, see packages redistest and pgtest. There are tests only.
package faults
